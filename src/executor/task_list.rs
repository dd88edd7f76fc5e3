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
//! | whoever runs tasks goes on, until none is [alive](TaskList::alive) | tasks that come late are waited for |
//! | [`reopen`](TaskList::reopen) clears `closed` | for the executor's next use, if it has one |
//!
//! Threads may poll tasks meanwhile. A task is put on the list after its first poll, under the lock of its part, and looks at
//! `closed` after each poll that ends with `Pending`. `closed` is set before the locks are taken. So the task is on the list when
//! it is looked through, or it sees that the list is closed, and ends in that very poll. A task that was spawned and not yet polled
//! is in a queue.
//!
//! A task is alive from [`track`] until its future has been dropped. Each is counted up and down on the thread that does
//! it, in a part of the list that the thread seldom shares. No task is spawned once the list is closed (spawning borrows the
//! executor), so counts only fall: a sum that is read part by part may be too high, and never too low.

use std::cell::Cell;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use slab::Slab;
use smartcall_context::internal as context;

use crate::sync::{
    AtomicBool, AtomicUsize, Mutex, MutexGuard, Ordering, Shared, ignore_poison, thread,
};

/// How many parts the list has, so that workers seldom meet at one.
const PARTS: usize = 16;

/// The tasks of an executor.
pub(crate) struct TaskList {
    /// Whether tasks end at their next poll.
    closed: AtomicBool,
    parts: [Part; PARTS],
}

/// On cache lines of its own: the locks of others don't disturb it.
#[derive(Default)]
#[repr(align(128))]
struct Part {
    /// The wakers of tasks that have returned `Pending`.
    wakers: Mutex<Slab<Waker>>,
    /// How many tasks were spawned on the threads of this part, less those that have ended there.
    alive: AtomicUsize,
}

thread_local! {
    /// Which part counts what this thread does: 0 if that is not chosen yet.
    static PART: Cell<usize> = const { Cell::new(0) };
}

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

    /// How many tasks have not ended. Once the list is closed, it is never too low.
    pub(crate) fn alive(&self) -> usize {
        let counts = self.parts.iter();
        // A task is counted up in one part, and may be counted down in another.
        counts.fold(0, |sum, part| {
            sum.wrapping_add(part.alive.load(Ordering::SeqCst))
        })
    }

    /// Ends the tasks of an executor that no other thread runs; `try_tick` is the executor's.
    pub(crate) fn end_all(&self, try_tick: impl Fn() -> bool) {
        self.close();
        loop {
            while try_tick() {}
            if self.alive() == 0 {
                break;
            }
            // Another thread is about to queue a task.
            thread::yield_now();
        }
    }

    /// Makes it ready for the executor's next use. No task is alive.
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

    /// Returns the part that counts what this thread does.
    #[inline]
    fn my_part(&self) -> &Part {
        let part = match PART.get() {
            0 => choose_part(),
            part => part,
        };
        &self.parts[part % PARTS]
    }
}

#[cold]
fn choose_part() -> usize {
    static NEXT: Shared<usize> = Shared::new(0);
    let mut next = ignore_poison(NEXT.lock());
    *next = *next % PARTS + 1;
    PART.set(*next);
    *next
}

impl Part {
    fn wakers(&self) -> Vec<Waker> {
        self.lock().iter().map(|(_, waker)| waker.clone()).collect()
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Slab<Waker>> {
        ignore_poison(self.wakers.lock())
    }
}

/// The entry of a task that is not on the list.
const NOWHERE: usize = usize::MAX;

/// Makes the future of a task, which returns `None` if the list is closed before it is done.
pub(crate) fn track<F: Future, L: Deref<Target = TaskList>>(future: F, list: L) -> Tracked<F, L> {
    list.my_part().alive.fetch_add(1, Ordering::Relaxed);
    Tracked {
        future: Some(future),
        entry: NOWHERE,
        alive: Alive(list),
    }
}

/// Counts a task down when dropped.
struct Alive<L: Deref<Target = TaskList>>(L);

impl<L: Deref<Target = TaskList>> Drop for Alive<L> {
    #[inline]
    fn drop(&mut self) {
        // Who sees that no task is left sees what the last one has done.
        self.0.my_part().alive.fetch_sub(1, Ordering::SeqCst);
    }
}

pin_project! {
    /// The future of a task, made by [`track`].
    pub(crate) struct Tracked<F, L: Deref<Target = TaskList>> {
        // `None` once it was dropped in a poll.
        #[pin]
        future: Option<F>,
        // What `add` gave, or `NOWHERE`.
        entry: usize,
        // The list. It is dropped after the future: until then the task is alive.
        alive: Alive<L>,
    }

    impl<F, L: Deref<Target = TaskList>> PinnedDrop for Tracked<F, L> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if *this.entry != NOWHERE {
                this.alive.0.remove(*this.entry);
            }
        }
    }
}

impl<F: Future, L: Deref<Target = TaskList>> Future for Tracked<F, L> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let mut this = self.project();
        let list = &*this.alive.0;
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
