//! The tasks that wait for something, so that an executor can end them all.
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
//! | step of [`TaskList::cancel_all`] | what it is for |
//! |---|---|
//! | `cancelling` is set | a task that is polled from now on drops its future and completes, with `None` |
//! | each task on the list is woken | it is in the queue now, or on its way: a waker that was there before is about to queue it |
//! | ticks, until no task is left | tasks that come late are waited for |
//! | `cancelling` is cleared | for the executor's next use, if it has one |
//!
//! No other thread may poll tasks by then: the runners were dropped, and their threads are joined or hold nothing of the
//! executor. So the flag needs no ordering of its own; nor does a task need to be on the list before it has returned
//! `Pending`, for until then it is in the queue. A task that was spawned and is not yet polled is there as well: spawning
//! borrows the executor.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use slab::Slab;

use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, ignore_poison, thread};

/// How many parts the list has, so that workers seldom meet at one.
const PARTS: usize = 16;

/// The wakers of the tasks of an executor that have returned `Pending`.
pub(crate) struct TaskList {
    /// Whether tasks end at their next poll.
    cancelling: AtomicBool,
    parts: [Part; PARTS],
}

/// On a cache line of its own: the locks of others don't disturb it.
#[derive(Default)]
#[repr(align(64))]
struct Part(Mutex<Slab<Waker>>);

impl TaskList {
    pub(crate) fn new() -> Self {
        TaskList {
            cancelling: AtomicBool::new(false),
            parts: Default::default(),
        }
    }

    /// Ends all tasks of an executor that no other thread runs; `try_tick` is the executor's.
    pub(crate) fn cancel_all(&self, try_tick: impl Fn() -> bool) {
        self.cancelling.store(true, Ordering::Relaxed);
        // Not under the locks: a waker does what it likes.
        let wakers: Vec<_> = self.parts.iter().flat_map(Part::wakers).collect();
        wakers.into_iter().for_each(Waker::wake);
        loop {
            while try_tick() {}
            if self.len() == 0 {
                break;
            }
            // Another thread is about to queue a task.
            thread::yield_now();
        }
        for part in &self.parts {
            // This frees the memory that it had when it was fullest.
            *part.lock() = Slab::new();
        }
        self.cancelling.store(false, Ordering::Relaxed);
    }

    /// How many tasks wait for something.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }

    /// Puts a task on the list, and returns its entry: in which part, and at which place.
    fn add(&self, waker: &Waker) -> usize {
        // By the address of the task, which differs from task to task.
        let part = (waker.data().addr() >> 7) % PARTS;
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

/// Makes the future of a task, which returns `None` if all tasks are cancelled first.
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
            let this = this.project();
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
        if this.list.cancelling.load(Ordering::Relaxed) {
            // In the poll, so that a panic of its destructor goes to whoever awaits the task.
            this.future.set(None);
            return Poll::Ready(None);
        }
        // Only cancelling takes the future away.
        let Some(future) = this.future.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let poll = future.poll(cx);
        if poll.is_pending() && *this.entry == NOWHERE {
            // All wakers of a task are the same: the entry need not be renewed.
            *this.entry = this.list.add(cx.waker());
        }
        poll.map(Some)
    }
}
