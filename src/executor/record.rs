//! What a worker notes of itself: which poll it is in, of which task, and whether that poll has lost it its place.
//!
//! Each task is polled through [`Stamped`]. It finds the record of the thread by a thread-local, and stores into it. Only the
//! worker stores, except in `relieved`, so the stores are plain ones. The monitor reads.
//!
//! | field | written by | when | read by |
//! |---|---|---|---|
//! | `poll` | the worker | `Release`, before and after each poll: odd while a task is polled | the monitor, `Acquire` |
//! | `spawned_at`, `task`, `number` | the worker | `Relaxed`, before `poll` gets odd | the monitor, after `poll` |
//! | `relieved` | the monitor; the worker that takes its place back | under the roster's lock | the worker, `Relaxed`, after each poll |
//!
//! The monitor may set `relieved` just as the poll ends, and the worker may miss it: there is no fence between its store to
//! `poll` and its load of `relieved`, for each poll would pay for it. Then the monitor sees in its next round that the number has
//! moved on, and takes the place back itself.
//!
//! Records are never freed, but used again, so that the thread-local is a plain reference: it has no destructor, and no
//! count to change. There are as many as there were workers at one time.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::Future;
use std::ops::Deref;
use std::panic::Location;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use smartcall_context::internal::scoped;

use crate::executor::task_list;
use crate::sync::{
    AtomicBool, AtomicUsize, Instant, Mutex, OnceLock, Ordering, Shared, Thread, current,
    ignore_poison,
};
use crate::waits::tasks::{self, Number, Spawned};
use crate::waits::threads::{Polled, Workers};

/// What one worker notes of itself. It is on cache lines of its own, since it is written in each poll.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Record {
    /// Counted up when a poll begins, and when it ends.
    poll: AtomicUsize,
    /// Where the task was spawned: the address of a `Location`.
    spawned_at: AtomicUsize,
    /// Which task it is: the address in its waker, which differs from task to task.
    task: AtomicUsize,
    /// The number of the task.
    number: AtomicUsize,
    /// Whether a spare has the worker's place because of a stall.
    relieved: AtomicBool,
    /// The thread that uses it.
    thread: Mutex<Option<Thread>>,
    /// The poll that the monitor has found to hold its worker.
    stalled: Mutex<Option<Stalled>>,
    /// What the worker does once it finds that it was relieved: the workers know of records, and not the other way round.
    take_back: OnceLock<fn()>,
}

/// A poll that holds its worker for long.
#[derive(Clone, Copy, Debug)]
struct Stalled {
    poll: PollNumber,
    since: Instant,
    /// Whether its thread was blocked when it was last looked at, if that is known.
    is_blocked: Option<bool>,
}

/// The number of a poll, or of the time between two polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PollNumber(usize);

impl PollNumber {
    /// Returns whether a task is being polled.
    pub(crate) fn is_in_poll(self) -> bool {
        self.0 % 2 == 1
    }
}

impl Record {
    fn new() -> Self {
        Record {
            poll: AtomicUsize::new(0),
            spawned_at: AtomicUsize::new(0),
            task: AtomicUsize::new(0),
            number: AtomicUsize::new(0),
            relieved: AtomicBool::new(false),
            thread: Mutex::new(None),
            stalled: Mutex::new(None),
            take_back: OnceLock::new(),
        }
    }

    /// Begins a poll, and returns its number.
    #[inline]
    fn begin(&self, spawned_at: usize, task: usize, number: usize) -> usize {
        self.spawned_at.store(spawned_at, Ordering::Relaxed);
        self.task.store(task, Ordering::Relaxed);
        self.number.store(number, Ordering::Relaxed);
        // No other thread writes it.
        let poll = self.poll.load(Ordering::Relaxed) + 1;
        self.poll.store(poll, Ordering::Release);
        poll
    }

    /// Ends a poll.
    #[inline]
    fn end(&self, poll: usize) {
        self.poll.store(poll + 1, Ordering::Release);
        if self.is_relieved() {
            self.take_back();
        }
    }

    #[cold]
    fn take_back(&self) {
        if let Some(take_back) = self.take_back.get() {
            take_back();
        }
    }

    /// Returns the number of the poll that the worker is in, or has ended last.
    pub(crate) fn poll(&self) -> PollNumber {
        PollNumber(self.poll.load(Ordering::Acquire))
    }

    /// Returns where the task was spawned that is being polled.
    pub(crate) fn spawned_at(&self) -> Option<&'static Location<'static>> {
        site(self.spawned_at.load(Ordering::Relaxed))
    }

    /// Returns the address of the task that is being polled, or was last.
    pub(crate) fn task(&self) -> usize {
        self.task.load(Ordering::Relaxed)
    }

    /// Returns the number of the task that is being polled, or was last.
    fn number(&self) -> usize {
        self.number.load(Ordering::Relaxed)
    }

    /// Returns whether a spare has the worker's place because of a stall.
    #[inline]
    pub(crate) fn is_relieved(&self) -> bool {
        self.relieved.load(Ordering::Relaxed)
    }

    /// Notes that a poll holds the worker.
    pub(crate) fn note_stalled(&self, poll: PollNumber, since: Instant, is_blocked: Option<bool>) {
        let mut stalled = ignore_poison(self.stalled.lock());
        let before = stalled.filter(|before| before.poll == poll);
        *stalled = Some(Stalled {
            poll,
            since,
            // The monitor looks at a thread only until its worker is relieved.
            is_blocked: is_blocked.or(before.and_then(|before| before.is_blocked)),
        });
    }

    /// Returns the task that is being polled.
    fn polled(&self) -> Option<Polled> {
        let poll = self.poll();
        let polled = Polled {
            number: self.number(),
            spawned_at: self.spawned_at()?,
            thread: ignore_poison(self.thread.lock()).clone()?,
            long: ignore_poison(self.stalled.lock())
                .filter(|stalled| stalled.poll == poll)
                .map(|stalled| (stalled.since, stalled.is_blocked)),
        };
        (poll.is_in_poll() && self.poll() == poll).then_some(polled)
    }

    /// Notes whether a spare has it. Call it under the roster's lock.
    pub(crate) fn set_relieved(&self, relieved: bool) {
        self.relieved.store(relieved, Ordering::Relaxed);
    }
}

/// All records, used or not.
static ALL: Shared<Vec<&'static Record>> = Shared::new(Vec::new());

/// What tells of all workers.
pub(crate) const WORKERS: Workers = Workers {
    current_task,
    polled,
};

/// Returns the tasks that are being polled.
fn polled() -> Vec<Polled> {
    let records = ignore_poison(ALL.lock()).clone();
    let polled = records.into_iter().filter_map(Record::polled);
    polled.collect()
}

/// The records that no worker uses.
static FREE: Shared<Vec<&'static Record>> = Shared::new(Vec::new());

/// A record, for as long as a worker uses it.
#[derive(Debug)]
pub(crate) struct RecordRef(&'static Record);

impl RecordRef {
    /// Takes a record that is free, or makes one.
    pub(crate) fn take() -> Self {
        let free = ignore_poison(FREE.lock()).pop();
        RecordRef(free.unwrap_or_else(|| {
            let record: &'static Record = Box::leak(Box::new(Record::new()));
            ignore_poison(ALL.lock()).push(record);
            record
        }))
    }
}

impl Deref for RecordRef {
    type Target = Record;

    fn deref(&self) -> &Record {
        self.0
    }
}

impl Drop for RecordRef {
    fn drop(&mut self) {
        // The worker may have ended with its executor before it took its place back.
        self.0.set_relieved(false);
        *ignore_poison(self.0.thread.lock()) = None;
        ignore_poison(FREE.lock()).push(self.0);
    }
}

thread_local! {
    /// The record of the worker whose thread this is.
    static CURRENT: Cell<Option<&'static Record>> = const { Cell::new(None) };
}

/// Makes a record this thread's own while a closure runs. `take_back` is called on this thread.
pub(crate) fn with_current<R>(record: &RecordRef, take_back: fn(), f: impl FnOnce() -> R) -> R {
    let _ = record.take_back.set(take_back);
    *ignore_poison(record.thread.lock()) = Some(current());
    scoped::with(&CURRENT, Some(record.0), f)
}

/// Returns the number of the task that this thread polls.
fn current_task() -> Option<usize> {
    let record = CURRENT.get()?;
    record.poll().is_in_poll().then(|| record.number())
}

/// Ends a poll in a record, on unwind too.
struct InPoll {
    record: &'static Record,
    poll: usize,
}

impl Drop for InPoll {
    #[inline]
    fn drop(&mut self) {
        self.record.end(self.poll);
    }
}

pin_project! {
    /// The future of a task, whose polls are noted in the record of the thread.
    pub(crate) struct Stamped<F> {
        #[pin]
        future: F,
        // The address of the `Location` at which it was spawned.
        spawned_at: usize,
        number: Number,
    }

    impl<F> PinnedDrop for Stamped<F> {
        fn drop(this: Pin<&mut Self>) {
            tasks::forget(this.number);
        }
    }
}

impl<F> Stamped<F> {
    pub(crate) fn new(future: F, spawned: Spawned) -> Self {
        Stamped {
            future,
            spawned_at: register(spawned.at),
            number: spawned.number,
        }
    }
}

impl<F: Future> Future for Stamped<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let number = self.number;
        if number.is_watched() {
            return self.poll_watched(cx);
        }
        self.poll_noted(cx)
    }
}

impl<F: Future> Stamped<F> {
    #[inline]
    fn poll_noted(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _poll = CURRENT.get().map(|record| {
            let task = task_list::address(cx.waker());
            let poll = record.begin(*this.spawned_at, task, this.number.get());
            InPoll { record, poll }
        });
        this.future.poll(cx)
    }

    #[cold]
    fn poll_watched(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match site(self.spawned_at) {
            Some(at) => {
                let number = self.number;
                tasks::poll(Spawned { number, at }, cx, |cx| self.poll_noted(cx))
            }
            None => self.poll_noted(cx),
        }
    }
}

thread_local! {
    /// The address that this thread has registered last.
    static REGISTERED: Cell<usize> = const { Cell::new(0) };
}

/// Where tasks were spawned, by address: an atomic can hold an address, but no reference.
static SITES: Shared<BTreeMap<usize, &'static Location<'static>>> = Shared::new(BTreeMap::new());

/// Returns the place at an address.
fn site(address: usize) -> Option<&'static Location<'static>> {
    ignore_poison(SITES.lock()).get(&address).copied()
}

/// Returns the address of a place, by which [`Record::spawned_at`] finds it.
#[inline]
fn register(site: &'static Location<'static>) -> usize {
    let address = ptr::from_ref(site).addr();
    // Tasks are often spawned at one place, many in a row.
    if REGISTERED.get() != address {
        ignore_poison(SITES.lock()).insert(address, site);
        REGISTERED.set(address);
    }
    address
}
