//! Whether a worker is in a call that may block.
//!
//! A call in a task, `.get()` or in-place code, is watched from its beginning to its end. Most calls are short, so
//! beginning and ending one must cost next to nothing. If it is long, the place of its worker must be handed off to
//! another thread exactly once. Two threads may notice: the worker itself, when it is about to park, or the monitor,
//! when it sees the same call in two ticks.
//!
//! One word holds the number of the call and two bits:
//!
//! | `BLOCKING` | `HANDED_OFF` | state | left by | how |
//! |---|---|---|---|---|
//! | 0 | 0 | no call | the worker | `begin`: a store of its own number with `BLOCKING` |
//! | 1 | 0 | in a call | the worker | `end`: an exchange for the next number |
//! | 1 | 0 | in a call | the worker or the monitor | `hand_off`: an exchange that sets `HANDED_OFF` |
//! | 1 | 1 | a spare has its place | the worker | `end`: a store of the next number |
//!
//! The exchanges expect the very call that was looked at, so of an `end` and a `hand_off` that race one fails. If the
//! `end` fails, the worker has lost its place and reclaims it, under the lock that the other thread held from before the
//! exchange until the substitute was named. That lock orders all that the two need to know of each other. The
//! word's own ordering is `AcqRel` so that the exchange is not seen outside of the lock.

use crate::sync::{AtomicUsize, Ordering};

/// Set while a call runs.
const BLOCKING: usize = 1;
/// Set once the worker's place was handed off during the call.
const HANDED_OFF: usize = 2;
/// What the number of a call is counted up by.
const NEXT: usize = 4;

/// The call that one worker is in.
#[derive(Debug)]
pub(crate) struct CallState(AtomicUsize);

/// What a look at it has shown: two differ if a call has begun, ended or been handed off between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot(usize);

impl Snapshot {
    /// Returns the call that ran, unless there was none or its place was handed off.
    pub(crate) fn current_call(self) -> Option<CallId> {
        (self.0 & (BLOCKING | HANDED_OFF) == BLOCKING).then_some(CallId(self.0))
    }
}

/// A call whose place was not handed off when it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallId(usize);

impl CallState {
    pub(crate) fn new() -> Self {
        CallState(AtomicUsize::new(0))
    }

    /// Begins a call. Only the worker's own thread may call this.
    ///
    /// Returns `None` in a call: what is nested in a call is part of it.
    #[inline]
    pub(crate) fn begin(&self) -> Option<CallId> {
        // No other thread changes the word while no call runs.
        let word = self.0.load(Ordering::Relaxed);
        if word & BLOCKING != 0 {
            return None;
        }
        let call = word | BLOCKING;
        self.0.store(call, Ordering::Release);
        Some(CallId(call))
    }

    /// Ends the call, and returns whether the place was handed off meanwhile.
    #[inline]
    pub(crate) fn end(&self, call: CallId) -> bool {
        let next = (call.0 & !BLOCKING).wrapping_add(NEXT);
        let kept = self
            .0
            .compare_exchange(call.0, next, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if !kept {
            self.0.store(next, Ordering::Release);
        }
        !kept
    }

    /// Returns the state as it is now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot(self.0.load(Ordering::Acquire))
    }

    /// Returns the call that runs, unless there is none or its place was handed off.
    pub(crate) fn current_call(&self) -> Option<CallId> {
        self.snapshot().current_call()
    }

    /// Returns whether a call runs.
    pub(crate) fn is_in_call(&self) -> bool {
        self.snapshot().0 & BLOCKING != 0
    }

    /// Returns whether the place was handed off in the call that runs.
    pub(crate) fn is_handed_off(&self) -> bool {
        self.snapshot().0 & HANDED_OFF != 0
    }

    /// Hands the place off, and returns whether that was still to be done.
    pub(crate) fn hand_off(&self, call: CallId) -> bool {
        let handed_off = call.0 | HANDED_OFF;
        self.0
            .compare_exchange(call.0, handed_off, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}
