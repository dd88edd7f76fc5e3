//! The flag by which a worker says that it is in a call that may block.
//!
//! A call in a task, `.get()` or in-place code, is watched from its beginning to its end.
//! Most are short, so beginning one and ending it must cost next to nothing; and if it is long,
//! its worker's place has to go to another thread exactly once, whoever notices first: the
//! worker itself, when it is about to park, or the monitor, when the same call is there in two
//! of its rounds.
//!
//! One word holds the number of the call and two bits:
//!
//! | `CALL` | `HANDED` | | who leaves this state | how |
//! |---|---|---|---|---|
//! | 0 | 0 | no call | the worker | `begin`: a store of its own number with `CALL` |
//! | 1 | 0 | in call | the worker | `end`: an exchange for the next number |
//! | 1 | 0 | in call | the worker or the monitor | `hand_over`: an exchange that sets `HANDED` |
//! | 1 | 1 | its place is somebody else's | the worker | `end`: a store of the next number |
//!
//! The exchanges expect the very call that was looked at, so of an `end` and a `hand_over`
//! that race one fails. If the `end` fails, the worker has lost its place and takes it back,
//! under the lock that whoever handed it over held from before the exchange until the
//! successor was named. That lock orders all that the two need to know of each other; the
//! word's own ordering is `AcqRel` so that the exchange is not seen outside of the lock.

use crate::sync::{AtomicUsize, Ordering};

/// Set while a call runs.
const CALL: usize = 1;
/// Set once the worker's place was handed over during the call.
const HANDED: usize = 2;
/// What the number of a call is counted up by.
const NEXT: usize = 4;

/// The slot of one worker.
#[derive(Debug)]
pub(crate) struct Slot(AtomicUsize);

/// What a slot showed: two looks differ if a call has begun, ended or been handed over since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look(usize);

impl Look {
    /// Returns the call that ran, unless there was none or it was handed over.
    pub(crate) fn call(self) -> Option<Call> {
        (self.0 & (CALL | HANDED) == CALL).then_some(Call(self.0))
    }
}

/// What a slot showed: a call that may go on, in which nothing was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call(usize);

impl Slot {
    pub(crate) fn new() -> Self {
        Slot(AtomicUsize::new(0))
    }

    /// Begins a call. Only the slot's own thread may.
    ///
    /// Returns `None` in a call: what is nested in one is part of it.
    #[inline]
    pub(crate) fn begin(&self) -> Option<Call> {
        // Nobody else changes the word while no call runs.
        let word = self.0.load(Ordering::Relaxed);
        if word & CALL != 0 {
            return None;
        }
        let call = word | CALL;
        self.0.store(call, Ordering::Release);
        Some(Call(call))
    }

    /// Ends the call, and says whether the place was handed over meanwhile.
    #[inline]
    pub(crate) fn end(&self, call: Call) -> bool {
        let next = (call.0 & !CALL).wrapping_add(NEXT);
        let kept = self
            .0
            .compare_exchange(call.0, next, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if !kept {
            self.0.store(next, Ordering::Release);
        }
        !kept
    }

    /// Returns what the slot shows.
    pub(crate) fn look(&self) -> Look {
        Look(self.0.load(Ordering::Acquire))
    }

    /// Returns the call that runs, unless there is none or it was handed over.
    pub(crate) fn call(&self) -> Option<Call> {
        self.look().call()
    }

    /// Returns whether the place was handed over in the call that runs.
    pub(crate) fn is_handed_over(&self) -> bool {
        self.look().0 & HANDED != 0
    }

    /// Hands the place over, and says whether that was still to be done.
    pub(crate) fn hand_over(&self, call: Call) -> bool {
        self.0
            .compare_exchange(call.0, call.0 | HANDED, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}
