//! A slot for one item, between one side that fills it and one that empties it. Neither of them takes a lock.
//!
//! It is a ring buffer with room for one item. Each side stores what only it changes, and loads what the other one has stored: what
//! one side has done before it fills or empties the slot is seen by the other side after it has found that.
//!
//! What is left in the slot is dropped when both sides are.
//!
//! The sides are used through `&mut`, so their locks are never taken. They only make the sides `Sync`, as what holds them was before.

use std::sync::Mutex;

use rtrb::{Consumer, Producer, PushError, RingBuffer};

use crate::sync::ignore_poison;

/// Makes the two sides of an empty slot.
pub(crate) fn slot<T>() -> (Filler<T>, Emptier<T>) {
    let (filler, emptier) = RingBuffer::new(1);
    (Filler(Mutex::new(filler)), Emptier(Mutex::new(emptier)))
}

/// The side that fills the slot.
pub(crate) struct Filler<T>(Mutex<Producer<T>>);

impl<T> Filler<T> {
    /// Puts an item into the slot, or returns it if there is one.
    #[inline]
    pub(crate) fn fill(&mut self, item: T) -> Result<(), T> {
        let filled = ignore_poison(self.0.get_mut()).push(item);
        filled.map_err(|PushError::Full(item)| item)
    }

    /// Returns whether the item was not taken yet.
    #[inline]
    pub(crate) fn is_full(&mut self) -> bool {
        ignore_poison(self.0.get_mut()).is_full()
    }
}

/// The side that empties the slot.
pub(crate) struct Emptier<T>(Mutex<Consumer<T>>);

impl<T> Emptier<T> {
    /// Takes the item.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<T> {
        ignore_poison(self.0.get_mut()).pop().ok()
    }
}
