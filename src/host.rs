//! What the threads of the shim turn to before they block.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use crate::context::{self, Host, HostRef, HostRefusal, Place};
use crate::crew::{Crew, Worker};
use crate::error::Refusal;
use crate::slot::Call;

/// A worker, as the host of its thread.
pub(crate) struct WorkerHost {
    crew: Arc<Crew>,
    worker: Arc<Worker>,
}

thread_local! {
    /// The worker whose thread this is.
    static OWN: RefCell<Option<Rc<WorkerHost>>> = const { RefCell::new(None) };

    /// The crew that a spare of which stands in for this thread, if it is somebody else's. It is
    /// compared, never followed.
    static RELIEVED: Cell<*const Crew> = const { Cell::new(ptr::null()) };
}

/// Returns the worker whose thread this is.
#[inline]
fn own() -> Option<Rc<WorkerHost>> {
    OWN.try_with(|own| own.borrow().clone()).ok().flatten()
}

/// What a worker's thread turns to before it blocks: the worker that it is.
///
/// It is the same for all threads, and finds its worker by a thread-local: the host is looked up
/// by each call in a task, and an `Arc` of it would be counted up and down each time.
pub(crate) struct Own;

impl Host for Own {
    fn can_block(&self) -> bool {
        own().is_some_and(|own| own.can_block())
    }

    fn refusal(&self) -> Option<HostRefusal> {
        Some(HostRefusal(Refusal::NoSpare))
    }

    fn looks_below(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        match own() {
            Some(own) => own.block_in_place(block),
            None => block(),
        }
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        own().map_or(Poll::Pending, |own| own.poll_stopped(cx))
    }

    fn has_pool(&self) -> bool {
        false
    }
}

impl WorkerHost {
    pub(crate) fn new(crew: &Arc<Crew>, worker: &Arc<Worker>) -> Self {
        WorkerHost {
            crew: Arc::clone(crew),
            worker: Arc::clone(worker),
        }
    }

    /// Makes it the current thread's own while a closure runs.
    pub(crate) fn stand<R>(self, f: impl FnOnce() -> R) -> R {
        /// Forgets it, on unwind too.
        struct Leave;

        impl Drop for Leave {
            fn drop(&mut self) {
                OWN.take();
            }
        }

        OWN.set(Some(Rc::new(self)));
        let _leave = Leave;
        f()
    }

    fn can_block(&self) -> bool {
        // Whoever has handed its place over needs no spare any more.
        self.crew.has_spares() || self.worker.slot.is_handed_over()
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        if context::current() == Place::Driving {
            self.park(block);
        } else {
            self.watch(block);
        }
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.worker.parked.register(cx.waker());
        if self.crew.is_stopped() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Runs a call that may turn out to be long.
    #[inline]
    fn watch(&self, block: &mut dyn FnMut()) {
        /// Ends the call, on unwind too.
        struct End<'a>(&'a WorkerHost, Call);

        impl Drop for End<'_> {
            #[inline]
            fn drop(&mut self) {
                if self.0.worker.slot.end(self.1) {
                    self.0.crew.take_back(&self.0.worker);
                }
            }
        }

        let _end = self.worker.slot.begin().map(|call| {
            self.crew.monitor.tell();
            End(self, call)
        });
        block();
    }

    /// Parks: the place goes to a spare at once.
    fn park(&self, block: &mut dyn FnMut()) {
        /// Forgets the waker of the `.get()` that was parked.
        struct Forget<'a>(&'a Worker);

        impl Drop for Forget<'_> {
            fn drop(&mut self) {
                self.0.parked.take();
            }
        }

        let _forget = Forget(&self.worker);
        if let Some(call) = self.worker.slot.call() {
            if let Err(none) = self.crew.hand_over(&self.worker, call) {
                none.panic();
            }
        }
        block();
    }
}

/// What a task of an executor that was adopted turns to: anybody's thread may run it.
///
/// It holds no executor: tasks hold their host, and an executor its tasks.
pub(crate) struct Guest(pub(crate) Weak<Crew>);

impl Guest {
    /// Returns the worker whose thread this is, if it is one of the executor's own.
    fn own(&self) -> Option<Rc<WorkerHost>> {
        own().filter(|own| ptr::eq(Arc::as_ptr(&own.crew), self.0.as_ptr()))
    }
}

impl Host for Guest {
    fn can_block(&self) -> bool {
        match self.own() {
            Some(own) => own.can_block(),
            None => self.0.upgrade().is_some_and(|crew| crew.has_spares()),
        }
    }

    fn refusal(&self) -> Option<HostRefusal> {
        let lives = self.0.strong_count() > 0;
        lives.then_some(HostRefusal(Refusal::NoSpare))
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        /// Dismisses the spare, on unwind too.
        struct Dismiss {
            crew: Arc<Crew>,
            spare: Option<Arc<Worker>>,
            /// `RELIEVED` before.
            previous: *const Crew,
        }

        impl Drop for Dismiss {
            fn drop(&mut self) {
                RELIEVED.set(self.previous);
                if let Some(spare) = self.spare.take() {
                    self.crew.dismiss_spare(spare);
                }
            }
        }

        if let Some(own) = self.own() {
            return own.block_in_place(block);
        }
        // There is no slot that the monitor could watch, so a spare comes for each call.
        let relieved = RELIEVED.get() == self.0.as_ptr();
        let crew = self.0.upgrade().filter(|_| !relieved);
        let _dismiss = crew.and_then(|crew| match crew.call_in_spare() {
            Ok(spare) => Some(Dismiss {
                previous: RELIEVED.replace(self.0.as_ptr()),
                crew,
                spare: Some(spare),
            }),
            // In-place code runs on without; a call that gets to park asks again.
            Err(none) if context::current() == Place::Driving => none.panic(),
            Err(_) => None,
        });
        block();
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        // On other threads the tasks run on when this executor is gone.
        match self.own() {
            Some(own) => own.poll_stopped(cx),
            None => Poll::Pending,
        }
    }

    fn has_pool(&self) -> bool {
        false
    }

    fn looks_below(&self) -> bool {
        self.own().is_some()
    }
}

/// What a thread turns to that runs `block_on`: whoever it turned to before, if anybody.
pub(crate) struct Root {
    host: Option<HostRef>,
    /// Whether it runs in a `blocking_region`.
    in_region: bool,
}

impl Root {
    /// Makes the host of a `block_on` that is called here.
    pub(crate) fn new() -> Self {
        Root {
            host: context::host(),
            in_region: context::in_region(),
        }
    }
}

impl Host for Root {
    fn can_block(&self) -> bool {
        self.host.as_ref().is_none_or(|host| host.can_block())
    }

    fn refusal(&self) -> Option<HostRefusal> {
        self.host.as_ref().and_then(|host| host.refusal())
    }

    fn looks_below(&self) -> bool {
        // `block_on` would have been refused in one that was there before; unless whoever was
        // asked then speaks for it.
        !self.in_region && self.host.as_ref().is_none_or(|host| host.looks_below())
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        match &self.host {
            Some(host) => host.block_in_place(block),
            None => block(),
        }
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.host {
            Some(host) => host.poll_stopped(cx),
            None => Poll::Pending,
        }
    }

    fn has_pool(&self) -> bool {
        false
    }
}

/// The host of a thread that nobody can stand in for.
pub(crate) struct Alone;

impl Host for Alone {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn has_pool(&self) -> bool {
        false
    }
}
