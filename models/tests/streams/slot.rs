//! The slot, as `slot.rs` has it by a ring buffer of another crate: each side stores what only it changes, and loads what the other
//! one has stored.

use std::sync::{Arc, Mutex};

use crate::sync::{AtomicUsize, Ordering, ignore_poison};

struct Slot<T> {
    /// It is not part of the protocol: one side has it at a time.
    item: Mutex<Option<T>>,
    filled: AtomicUsize,
    emptied: AtomicUsize,
}

pub(crate) fn slot<T>() -> (Filler<T>, Emptier<T>) {
    let slot = Arc::new(Slot {
        item: Mutex::new(None),
        filled: AtomicUsize::new(0),
        emptied: AtomicUsize::new(0),
    });
    (Filler(Arc::clone(&slot)), Emptier(slot))
}

pub(crate) struct Filler<T>(Arc<Slot<T>>);

impl<T> Filler<T> {
    pub(crate) fn fill(&mut self, item: T) -> Result<(), T> {
        if self.is_full() {
            return Err(item);
        }
        *ignore_poison(self.0.item.lock()) = Some(item);
        let filled = self.0.filled.load(Ordering::Relaxed);
        self.0.filled.store(filled + 1, Ordering::Release);
        Ok(())
    }

    pub(crate) fn is_full(&mut self) -> bool {
        let filled = self.0.filled.load(Ordering::Relaxed);
        filled != self.0.emptied.load(Ordering::Acquire)
    }
}

pub(crate) struct Emptier<T>(Arc<Slot<T>>);

impl<T> Emptier<T> {
    pub(crate) fn take(&mut self) -> Option<T> {
        let emptied = self.0.emptied.load(Ordering::Relaxed);
        if emptied == self.0.filled.load(Ordering::Acquire) {
            return None;
        }
        let item = ignore_poison(self.0.item.lock()).take();
        self.0.emptied.store(emptied + 1, Ordering::Release);
        item
    }
}
