//! The tasks of an executor, so that it can end them all.
//!
//! async-executor keeps a list of its own for that, and loses a task that another thread wakes while the executor is
//! dropped (1.14.1). The waker marks the task as scheduled, and queues it a moment later. If the drop comes in between,
//! waking all tasks does nothing to this one, the queue is emptied, and only then is the task put into it, where
//! no thread looks any more: it is never dropped, and what awaits it waits for ever. A thread that cancels a task queues it
//! in the same way.
//!
//! We would like to wait until no thread is in between, but wakers don't report when they begin or end. So we end the
//! tasks while the executor is whole: a task on its way to the queue gets there, and is taken from there. The
//! protocol:
//!
//! | step | what it is for |
//! |---|---|
//! | [`close`](TaskList::close) sets `closed` | a task that is polled from now on drops its future and completes, with `None` |
//! | it wakes each task on the list | it is in the queue now, or on its way: a waker that was there before is about to queue it |
//! | whoever runs tasks goes on, until none [waits](TaskList::waits) | tasks that come late are waited for |
//! | [`reopen`](TaskList::reopen) clears `closed` | for the executor's next use, if it has one |
//!
//! Threads may poll tasks meanwhile. A task is put on the list after its first poll, under the lock of its part, and looks at
//! `closed` after each poll that ends with `Pending`. `closed` is set before the locks are taken. So the task is on the list when
//! it is looked through, or it sees that the list is closed, and ends in that very poll. A task that was spawned and not yet polled
//! is in a queue: spawning borrows the executor.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use slab::Slab;
use smartcall_context::internal as context;

use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, ignore_poison, thread};

/// How many parts the list has, so that workers seldom meet at one.
const PARTS: usize = 16;

/// The tasks of an executor.
pub(crate) struct TaskList {
    /// Whether tasks end at their next poll.
    closed: AtomicBool,
    parts: [Part; PARTS],
}

/// On a cache line of its own: the locks of others don't disturb it.
#[derive(Default)]
#[repr(align(64))]
struct Part(Mutex<Slab<Waker>>);

impl TaskList {
    pub(crate) fn new() -> Self {
        TaskList {
            closed: AtomicBool::new(false),
            parts: Default::default(),
        }
    }

    /// Lets each task end at its next poll, and wakes those that wait.
    pub(crate) fn close(&self) {
        // Sequentially consistent: ordered with the locks below, and with the look of a task that is not on the list yet.
        self.closed.store(true, Ordering::SeqCst);
        // Not under the locks: a waker does what it likes.
        let wakers: Vec<_> = self.parts.iter().flat_map(Part::wakers).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Returns whether a task waits for something, other than these. They are told by the address in their wakers.
    pub(crate) fn waits(&self, other_than: &[usize]) -> bool {
        let waits = |waker: &Waker| !other_than.contains(&address(waker));
        let mut parts = self.parts.iter();
        parts.any(|part| part.lock().iter().any(|(_, waker)| waits(waker)))
    }

    /// Ends the tasks of an executor that no other thread runs; `try_tick` is the executor's.
    pub(crate) fn end_all(&self, try_tick: impl Fn() -> bool) {
        self.close();
        loop {
            while try_tick() {}
            if self.len() == 0 {
                break;
            }
            // Another thread is about to queue a task.
            thread::yield_now();
        }
    }

    /// Makes it ready for the executor's next use. All tasks have ended.
    pub(crate) fn reopen(&self) {
        for part in &self.parts {
            // This frees the memory that it had when it was fullest.
            *part.lock() = Slab::new();
        }
        self.closed.store(false, Ordering::SeqCst);
    }

    /// How many tasks wait for something.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }

    /// Puts a task on the list, and returns its entry: in which part, and at which place.
    fn add(&self, waker: &Waker) -> usize {
        let part = (address(waker) >> 7) % PARTS;
        let place = self.parts[part].lock().insert(waker.clone());
        place * PARTS + part
    }

    /// Takes a task off the list.
    fn remove(&self, entry: usize) {
        let waker = self.parts[entry % PARTS].lock().try_remove(entry / PARTS);
        // Not under the lock: it may be the last that holds the task.
        drop(waker);
    }
}

/// Returns the address of a task, which differs from task to task.
#[inline]
pub(crate) fn address(waker: &Waker) -> usize {
    waker.data().addr()
}

impl Part {
    fn wakers(&self) -> Vec<Waker> {
        self.lock().iter().map(|(_, waker)| waker.clone()).collect()
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Slab<Waker>> {
        ignore_poison(self.0.lock())
    }
}

/// The entry of a task that is not on the list.
const NOWHERE: usize = usize::MAX;

/// Makes the future of a task, which returns `None` if the list is closed before it is done.
pub(crate) fn track<F: Future, L: Deref<Target = TaskList>>(future: F, list: L) -> Tracked<F, L> {
    Tracked {
        future: Some(future),
        list,
        entry: NOWHERE,
    }
}

pin_project! {
    /// The future of a task, made by [`track`].
    pub(crate) struct Tracked<F, L: Deref<Target = TaskList>> {
        // `None` once it was dropped in a poll.
        #[pin]
        future: Option<F>,
        list: L,
        // What `add` gave, or `NOWHERE`.
        entry: usize,
    }

    impl<F, L: Deref<Target = TaskList>> PinnedDrop for Tracked<F, L> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // Until then the executor waits for the task.
            this.future.set(None);
            if *this.entry != NOWHERE {
                this.list.remove(*this.entry);
            }
        }
    }
}

impl<F: Future, L: Deref<Target = TaskList>> Future for Tracked<F, L> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let mut this = self.project();
        let list = &**this.list;
        if !list.closed.load(Ordering::Relaxed) {
            // Only closing the list takes the future away.
            let Some(future) = this.future.as_mut().as_pin_mut() else {
                return Poll::Ready(None);
            };
            if let Poll::Ready(value) = future.poll(cx) {
                return Poll::Ready(Some(value));
            }
            if *this.entry == NOWHERE {
                // All wakers of a task are the same: the entry need not be renewed.
                *this.entry = list.add(cx.waker());
            }
            if !list.closed.load(Ordering::SeqCst) {
                return Poll::Pending;
            }
        }
        // In the poll, so that a panic of its destructor goes to whoever awaits the task. The executor goes on for its
        // other tasks, but not for one that blocks in its destructor.
        context::inside_executor(|| this.future.set(None));
        Poll::Ready(None)
    }
}
