//! The tasks that wait for something, so that an executor can end them all.
//!
//! async-executor keeps a list of its own for that, and loses a task that another thread wakes while
//! the executor is dropped (1.14.1). The waker marks the task as scheduled, and queues it a moment
//! later. If the drop comes in between, waking all tasks does nothing to this one, the queue is
//! emptied, and only then is the task put into it, where nobody looks any more: it is never dropped,
//! and whoever awaits it waits for ever. A thread that cancels a task queues it in the same way.
//!
//! We would like to wait until nobody is in between, but wakers tell nobody when they begin or
//! end. So we end the tasks while the executor is whole: whatever is on its way to the queue gets
//! there, and is taken from there. The protocol:
//!
//! | step of [`Roll::close`] | what it is for |
//! |---|---|
//! | the roll is closed | a task that is polled from now on drops its future and completes, with `None` |
//! | each task on the roll is woken | it is in the queue now, or on its way: a waker that was there before is about to queue it |
//! | ticks, until no task is left | tasks that come late are waited for |
//! | the roll is opened | for the executor's next life, if it has one |
//!
//! Nobody else may poll tasks by then: the runners have ended, and their threads are joined or hold
//! nothing of the executor. So the flag needs no ordering of its own; nor does a task need to be on
//! the roll before it has said `Pending`, for until then it is in the queue. A task that was
//! spawned and is not yet polled is there as well: spawning borrows the executor.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use slab::Slab;

use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, PoisonError, thread};

/// How many lists a roll has, so that workers seldom meet at one.
const LISTS: usize = 16;

/// The wakers of the tasks of an executor that have said `Pending`.
pub(crate) struct Roll {
    /// Whether tasks end at their next poll.
    closed: AtomicBool,
    lists: [List; LISTS],
}

/// On a cache line of its own: the locks of others don't disturb it.
#[derive(Default)]
#[repr(align(64))]
struct List(Mutex<Slab<Waker>>);

impl Roll {
    pub(crate) fn new() -> Self {
        Roll {
            closed: AtomicBool::new(false),
            lists: Default::default(),
        }
    }

    /// Ends all tasks of an executor that nobody else runs; `try_tick` is the executor's.
    pub(crate) fn close(&self, try_tick: impl Fn() -> bool) {
        self.closed.store(true, Ordering::Relaxed);
        // Not under the locks: a waker does what it likes.
        let wakers: Vec<_> = self.lists.iter().flat_map(List::wakers).collect();
        wakers.into_iter().for_each(Waker::wake);
        loop {
            while try_tick() {}
            if self.len() == 0 {
                break;
            }
            // Somebody is about to queue a task.
            thread::yield_now();
        }
        for list in &self.lists {
            // With the memory of its fullest day.
            *list.lock() = Slab::new();
        }
        self.closed.store(false, Ordering::Relaxed);
    }

    /// How many tasks wait for something.
    pub(crate) fn len(&self) -> usize {
        self.lists.iter().map(List::len).sum()
    }

    /// Puts a task on the roll, and says where it is: on which list, and at which place.
    fn add(&self, waker: &Waker) -> usize {
        // By the address of the task, which tells nothing but is another for each.
        let list = (waker.data().addr() >> 7) % LISTS;
        let place = self.lists[list].lock().insert(waker.clone());
        place * LISTS + list
    }

    /// Takes a task off the roll.
    fn remove(&self, entry: usize) {
        let waker = self.lists[entry % LISTS].lock().try_remove(entry / LISTS);
        // Not under the lock: it may be the last that holds the task.
        drop(waker);
    }
}

impl List {
    fn wakers(&self) -> Vec<Waker> {
        self.lock().iter().map(|(_, waker)| waker.clone()).collect()
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Slab<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The entry of a task that is not on the roll.
const NOWHERE: usize = usize::MAX;

/// Makes the future of a task, which gives `None` if the roll is closed first.
pub(crate) fn enlist<F: Future, R: Deref<Target = Roll>>(future: F, roll: R) -> Enlisted<F, R> {
    Enlisted {
        future: Some(future),
        roll,
        entry: NOWHERE,
    }
}

pin_project! {
    /// The future of a task, made by [`enlist`].
    pub(crate) struct Enlisted<F, R: Deref<Target = Roll>> {
        // `None` once it was dropped in a poll.
        #[pin]
        future: Option<F>,
        roll: R,
        // What `add` gave, or `NOWHERE`.
        entry: usize,
    }

    impl<F, R: Deref<Target = Roll>> PinnedDrop for Enlisted<F, R> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if *this.entry != NOWHERE {
                this.roll.remove(*this.entry);
            }
        }
    }
}

impl<F: Future, R: Deref<Target = Roll>> Future for Enlisted<F, R> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let mut this = self.project();
        if this.roll.closed.load(Ordering::Relaxed) {
            // In the poll, so that a panic of its destructor goes to whoever awaits the task.
            this.future.set(None);
            return Poll::Ready(None);
        }
        // Only closing takes the future away.
        let Some(future) = this.future.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let poll = future.poll(cx);
        if poll.is_pending() && *this.entry == NOWHERE {
            // All wakers of a task are one: it need not be renewed.
            *this.entry = this.roll.add(cx.waker());
        }
        poll.map(Some)
    }
}
