//! The queue between what makes items and what takes them, on two threads.
//!
//! One side makes items: a job that reads ahead, a job of `produce`, or a started task. The other side is the handle. All changes
//! are made under one lock:
//!
//! | `items` | `is_closed` | what the maker does | what the taker does |
//! |---|---|---|---|
//! | below its room | no | `push` adds an item | `take` moves all items to the taker |
//! | at its room | no | it waits for room (`poll_room`), or stops until it is called again | the same |
//! | empty | yes | `push` returns the item | it is gone |
//!
//! Two wakers are kept in it. The taker leaves its own if there are no items, under the lock under which it has looked. The maker
//! leaves its own if there is no room, likewise. Whoever changes what the other one waits for takes its waker out, and uses it after
//! the lock is released. So a change is either seen by the look before the wait, or it wakes.
//!
//! No lock is held while an item or a waker is dropped, or a waker is woken: these are code of the program.

use std::collections::VecDeque;
use std::mem;
use std::task::{Context, Poll, Waker};

use crate::sync::{Arc, Mutex, MutexGuard, ignore_poison};

struct State<T> {
    items: VecDeque<T>,
    /// Wakes the side that takes items.
    taker: Option<Waker>,
    /// Wakes the side that makes items.
    maker: Option<Waker>,
    /// Whether the side that takes items is gone.
    is_closed: bool,
}

struct Queue<T> {
    state: Mutex<State<T>>,
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        ignore_poison(self.state.lock())
    }
}

/// Makes the two ends of a queue.
///
/// At most `ahead` items that were made are not taken yet. The side that takes items takes all that there are at once, so
/// this counts both what is in the queue and what was taken out of it.
pub(crate) fn queue<T>() -> (Maker<T>, Taker<T>) {
    let queue = Arc::new(Queue {
        state: Mutex::new(State {
            items: VecDeque::new(),
            taker: None,
            maker: None,
            is_closed: false,
        }),
    });
    let maker = Maker {
        queue: Arc::clone(&queue),
    };
    let taken = VecDeque::new();
    (maker, Taker { queue, taken })
}

/// Returns how many items may be in the queue so that at most `ahead` are made before the next one is taken.
///
/// The taker may have as many, but for the one that it has just handed over.
pub(crate) fn room_for(ahead: usize) -> usize {
    ahead.div_ceil(2)
}

/// The side that takes items is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IsClosed;

/// The side that makes items.
pub(crate) struct Maker<T> {
    queue: Arc<Queue<T>>,
}

impl<T> Clone for Maker<T> {
    fn clone(&self) -> Self {
        Maker {
            queue: Arc::clone(&self.queue),
        }
    }
}

impl<T> Maker<T> {
    /// Adds an item. Returns whether there is room for another one, or the item if nobody takes it.
    pub(crate) fn push(&self, item: T, room: usize) -> Result<bool, T> {
        let mut state = self.queue.lock();
        if state.is_closed {
            return Err(item);
        }
        state.items.push_back(item);
        let has_room = state.items.len() < room;
        let taker = state.taker.take();
        drop(state);
        if let Some(waker) = taker {
            waker.wake();
        }
        Ok(has_room)
    }

    /// Waits until there is room.
    pub(crate) fn poll_room(
        &self,
        room: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), IsClosed>> {
        let mut state = self.queue.lock();
        if state.is_closed {
            return Poll::Ready(Err(IsClosed));
        }
        if state.items.len() < room {
            return Poll::Ready(Ok(()));
        }
        let previous = state.maker.replace(cx.waker().clone());
        drop(state);
        drop(previous);
        Poll::Pending
    }
}

/// The side that takes items. Dropping it closes the queue.
pub(crate) struct Taker<T> {
    queue: Arc<Queue<T>>,
    /// What was taken out of the queue, and not handed over yet.
    taken: VecDeque<T>,
}

/// No item is pinned in place.
impl<T> Unpin for Taker<T> {}

impl<T> Taker<T> {
    /// Returns the next item of those that were taken out before. This takes no lock.
    #[inline]
    pub(crate) fn pop_taken(&mut self) -> Option<T> {
        self.taken.pop_front()
    }

    /// Takes all items out, and returns the first one.
    pub(crate) fn pop(&mut self) -> Option<T> {
        if let Some(item) = self.pop_taken() {
            return Some(item);
        }
        let maker = {
            let mut state = self.queue.lock();
            mem::swap(&mut state.items, &mut self.taken);
            // A waker that was left here is not needed any more, and whoever counts its clones shall not find one.
            let taker = state.taker.take();
            let maker = state.maker.take();
            drop(state);
            drop(taker);
            maker
        };
        if let Some(waker) = maker {
            waker.wake();
        }
        self.pop_taken()
    }

    /// Becomes ready once there are items in the queue.
    pub(crate) fn poll_items(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.queue.lock();
        if !state.items.is_empty() {
            return Poll::Ready(());
        }
        let previous = state.taker.replace(cx.waker().clone());
        drop(state);
        drop(previous);
        Poll::Pending
    }

    /// Returns whether there is room in the queue for another item.
    pub(crate) fn has_room(&self, room: usize) -> bool {
        self.queue.lock().items.len() < room
    }

    /// Returns whether there is an item.
    pub(crate) fn has_items(&self) -> bool {
        !self.taken.is_empty() || !self.queue.lock().items.is_empty()
    }

    /// Returns how many items there are.
    pub(crate) fn len(&self) -> usize {
        self.taken.len() + self.queue.lock().items.len()
    }
}

impl<T> Drop for Taker<T> {
    fn drop(&mut self) {
        let (items, maker, taker) = {
            let mut state = self.queue.lock();
            state.is_closed = true;
            let items = mem::take(&mut state.items);
            (items, state.maker.take(), state.taker.take())
        };
        if let Some(waker) = maker {
            waker.wake();
        }
        drop((items, taker));
    }
}
