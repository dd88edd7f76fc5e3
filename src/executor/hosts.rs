//! What the threads of an executor ask before they block, one host for each way in which a thread can run tasks.

use std::cell::Cell;
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use smartcall_context::internal::{
    self as context, Host, HostRef, InternalHost, Refusal, Token, scoped,
};

use crate::executor::call_state::CallId;
use crate::executor::record;
use crate::executor::roster::Worker;
use crate::executor::stalls::Relieve;
use crate::executor::workers::{NoSpare, Workers};
use crate::sync::panicking;

/// A worker, as the host of its thread.
pub(crate) struct WorkerHost {
    workers: Arc<Workers>,
    worker: Arc<Worker>,
}

thread_local! {
    /// The worker whose thread this is.
    static CURRENT: Cell<Option<Rc<WorkerHost>>> = const { Cell::new(None) };

    /// The executor whose spare runs tasks while this thread blocks, if the thread is not one of its workers. It is
    /// compared, and never followed.
    static COVERED_BY: Cell<*const Workers> = const { Cell::new(ptr::null()) };
}

/// Returns the worker whose thread this is.
#[inline]
fn current() -> Option<Rc<WorkerHost>> {
    scoped::cloned(&CURRENT)
}

/// Takes the place of this thread's worker back, after a poll in which it was relieved.
#[cold]
fn take_back() {
    if let Some(current) = current() {
        current.workers.take_back(&current.worker);
    }
}

/// The host of all workers' threads: it passes everything on to the worker whose thread it is.
///
/// It finds that worker by a thread-local. The host is looked up by each call in a task, and an `Arc` of it would be
/// counted up and down each time.
pub(crate) struct CurrentWorker;

impl Host for CurrentWorker {
    fn can_block(&self) -> bool {
        current().is_some_and(|current| current.can_block())
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        match current() {
            Some(current) => current.block_in_place(block),
            None => block(),
        }
    }

    fn park(&self, park: &mut dyn FnMut()) {
        match current() {
            Some(current) => current.park(park),
            None => park(),
        }
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        current().map_or(Poll::Pending, |current| current.poll_stopped(cx))
    }
}

impl InternalHost for CurrentWorker {
    fn refusal(&self, _: Token) -> Option<Refusal> {
        current().map(|current| all_in_use(&current.workers))
    }

    fn detects_below(&self, _: Token) -> bool {
        true
    }

    fn park_in_region(&self, park: &mut dyn FnMut(), _: Token) {
        match current() {
            Some(current) => current.park_in_region(park),
            None => park(),
        }
    }
}

/// The refusal of an executor whose spares are all in use.
fn all_in_use(workers: &Workers) -> Refusal {
    Refusal::NoSpare(workers.max_spares())
}

/// Panics because a thread is about to park, and there is no spare.
///
/// In a destructor that runs while a panic unwinds, that would end the program. There it returns: the worker stays occupied.
#[cold]
fn refuse_without_spare(workers: &Workers, none: &NoSpare) {
    if panicking() {
        return;
    }
    match none {
        NoSpare::AllInUse => all_in_use(workers).panic(),
        NoSpare::NoThread(error) => context::panic_no_thread(error),
    }
}

impl WorkerHost {
    pub(crate) fn new(workers: &Arc<Workers>, worker: &Arc<Worker>) -> Self {
        WorkerHost {
            workers: Arc::clone(workers),
            worker: Arc::clone(worker),
        }
    }

    /// Makes it the current thread's own while a closure runs.
    pub(crate) fn enter<R>(self, f: impl FnOnce() -> R) -> R {
        let host = Rc::new(self);
        let record = Rc::clone(&host);
        record::with_current(&record.worker.record, take_back, || {
            scoped::exchanged(&CURRENT, &mut Some(host), f)
        })
    }

    fn can_block(&self) -> bool {
        // A worker that a spare stands in for needs no other one.
        self.workers.has_spares()
            || self.worker.call_state.is_handed_off()
            || self.worker.record.is_relieved()
    }

    /// Runs a call that may turn out to be long: the monitor watches it.
    #[inline]
    fn block_in_place(&self, block: &mut dyn FnMut()) {
        /// Ends the call, on unwind too.
        struct End<'a>(&'a WorkerHost, CallId);

        impl Drop for End<'_> {
            #[inline]
            fn drop(&mut self) {
                if self.0.worker.call_state.end(self.1) {
                    self.0.workers.reclaim(&self.0.worker);
                }
            }
        }

        let _end = self.worker.call_state.begin().map(|call| {
            self.workers.monitor.notify();
            End(self, call)
        });
        block();
    }

    /// Parks: the place is handed off at once.
    fn park(&self, park: &mut dyn FnMut()) {
        /// Forgets the waker of the `.get()` that was parked.
        struct Forget<'a>(&'a Worker);

        impl Drop for Forget<'_> {
            fn drop(&mut self) {
                self.0.parked.take();
            }
        }

        let _forget = Forget(&self.worker);
        if let Some(call) = self.worker.call_state.current_call() {
            if let Err(none) = self.workers.hand_off(&self.worker, call) {
                refuse_without_spare(&self.workers, &none);
            }
        }
        park();
    }

    /// Parks in a `blocking_region`, which may not be in a call: the place is handed off if there is a spare.
    fn park_in_region(&self, park: &mut dyn FnMut()) {
        self.block_in_place(&mut || {
            if let Some(call) = self.worker.call_state.current_call() {
                let _no_spare = self.workers.hand_off(&self.worker, call);
            }
            park();
        });
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.worker.parked.register(cx.waker());
        if self.workers.is_closed() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// The host of a task of an adopted executor, which any thread may poll.
///
/// It does not own the executor: tasks own their host, and an executor its tasks.
pub(crate) struct AdoptedHost(pub(crate) Weak<Workers>);

impl AdoptedHost {
    /// Returns the worker whose thread this is, if it is one of the executor's own.
    fn current(&self) -> Option<Rc<WorkerHost>> {
        current().filter(|current| ptr::eq(Arc::as_ptr(&current.workers), self.0.as_ptr()))
    }

    /// Runs a closure on a thread that is not one of the workers, while a spare runs tasks. Without a spare it asks
    /// what to do.
    ///
    /// The monitor watches workers only, so a spare is activated for each call, however short.
    fn covered(&self, block: &mut dyn FnMut(), without_spare: impl FnOnce(&Workers, &NoSpare)) {
        /// Retires the spare, on unwind too.
        struct Retire(Arc<Workers>, Option<Arc<Worker>>);

        impl Drop for Retire {
            fn drop(&mut self) {
                if let Some(spare) = self.1.take() {
                    self.0.retire_spare(spare);
                }
            }
        }

        let is_covered = COVERED_BY.get() == self.0.as_ptr();
        let Some(workers) = self.0.upgrade().filter(|_| !is_covered) else {
            return block();
        };
        match workers.activate_spare() {
            Ok(spare) => {
                let _retire = Retire(workers, Some(spare));
                scoped::with(&COVERED_BY, self.0.as_ptr(), block);
            }
            Err(none) => {
                without_spare(&workers, &none);
                block();
            }
        }
    }
}

impl Host for AdoptedHost {
    fn can_block(&self) -> bool {
        match self.current() {
            Some(current) => current.can_block(),
            None => self.0.upgrade().is_some_and(|workers| workers.has_spares()),
        }
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        match self.current() {
            Some(current) => current.block_in_place(block),
            // Code that only may block runs on without a spare. If it gets to park, it asks again.
            None => self.covered(block, |_, _| ()),
        }
    }

    fn park(&self, park: &mut dyn FnMut()) {
        match self.current() {
            Some(current) => current.park(park),
            None => self.covered(park, refuse_without_spare),
        }
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        // On other threads the tasks run on when this executor is gone.
        match self.current() {
            Some(current) => current.poll_stopped(cx),
            None => Poll::Pending,
        }
    }
}

impl InternalHost for AdoptedHost {
    fn refusal(&self, _: Token) -> Option<Refusal> {
        self.0.upgrade().map(|workers| all_in_use(&workers))
    }

    fn detects_below(&self, _: Token) -> bool {
        self.current().is_some()
    }

    fn park_in_region(&self, park: &mut dyn FnMut(), _: Token) {
        match self.current() {
            Some(current) => current.park_in_region(park),
            None => self.covered(park, |_, _| ()),
        }
    }
}

/// The host of a thread that runs `block_on`: it passes everything on to the host that the thread had before, if
/// any.
pub(crate) struct BlockOnHost {
    host: Option<HostRef>,
    /// Whether `block_on` was called in a `blocking_region`.
    in_region: bool,
}

impl BlockOnHost {
    /// Makes the host of a `block_on` that is called here.
    pub(crate) fn new() -> Self {
        BlockOnHost {
            host: context::host(),
            in_region: context::in_region(),
        }
    }
}

impl Host for BlockOnHost {
    fn can_block(&self) -> bool {
        self.host.as_ref().is_none_or(|host| host.can_block())
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        match &self.host {
            Some(host) => host.block_in_place(block),
            None => block(),
        }
    }

    fn park(&self, park: &mut dyn FnMut()) {
        match &self.host {
            Some(host) => host.park(park),
            None => park(),
        }
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.host {
            Some(host) => host.poll_stopped(cx),
            None => Poll::Pending,
        }
    }
}

impl InternalHost for BlockOnHost {
    fn refusal(&self, _: Token) -> Option<Refusal> {
        self.host.as_ref().and_then(HostRef::refusal)
    }

    fn detects_below(&self, _: Token) -> bool {
        // In a runtime that was entered before, `block_on` would have been refused; unless the host that was asked then
        // stands for it.
        !self.in_region && self.host.as_ref().is_none_or(HostRef::detects_below)
    }

    fn park_in_region(&self, park: &mut dyn FnMut(), _: Token) {
        match self.host.as_ref().and_then(HostRef::in_region) {
            Some(host) => host.park(park),
            None => park(),
        }
    }
}

/// The host of an executor that has one thread, and no spare.
pub(crate) struct SingleThreadHost;

impl Host for SingleThreadHost {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }
}

impl InternalHost for SingleThreadHost {}
