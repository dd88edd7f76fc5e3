//! The flag by which a parked driver learns that it was woken.
//!
//! The park token that `std` gives each thread is not enough. It is shared by
//! everything that parks the thread: a nested `.get()`, `mpsc::recv`,
//! `thread::scope`. Running sync code inside polls is what this crate is for, so
//! the token that says "your future was woken" may be eaten by such code before
//! the driver gets to park; the driver would then sleep for ever. (pollster had
//! the token alone up to its version 1.0.1, and hung in just this way.)
//!
//! The protocol, for one level of driving:
//!
//! | state of `woken` | who changes it | how |
//! |---|---|---|
//! | `false` → `true` | any thread that holds the waker | `raise`: sets the flag, *then* hands out a park token |
//! | `true` → `false` | the driver's thread only | `take`: before each poll |
//!
//! The driver parks only after it has seen `false`, and nothing of anybody else's
//! runs between that look and the park. A wake-up that comes before the look is
//! seen by the look; one that comes after it leaves a token that only this park
//! can take. The flag is set with `Release` and taken with `Acquire`, so that the
//! poll sees what the waking thread wrote.

use crate::sync::{Arc, AtomicBool, Ordering, Thread, current, park};

/// The flag of one level of driving, and the thread that it belongs to.
#[derive(Debug)]
pub(crate) struct Signal {
    /// Whether there was a wake-up since the driver last looked.
    woken: AtomicBool,
    /// The thread that drives.
    thread: Thread,
}

impl Signal {
    /// Makes a signal for the current thread.
    pub(crate) fn new() -> Self {
        Signal {
            woken: AtomicBool::new(false),
            thread: current(),
        }
    }

    /// Says that the future should be polled again.
    pub(crate) fn wake(&self) {
        if let Some(thread) = self.raise() {
            thread.unpark();
        }
    }

    /// Says that the future should be polled again, and lets go of the waker.
    ///
    /// It lets go of it first, since the thread is told by an `unpark`, and looks: one that is
    /// held by others when the next call begins can't be used again.
    pub(crate) fn wake_last(signal: Arc<Self>) {
        let thread = signal.raise().cloned();
        drop(signal);
        if let Some(thread) = thread {
            thread.unpark();
        }
    }

    /// Raises the flag, and says which thread is to be handed a token.
    fn raise(&self) -> Option<&Thread> {
        // While the flag is up the driver is not going to park, or the one who
        // raised it has yet to hand out the token: one token is enough.
        (!self.woken.swap(true, Ordering::AcqRel)).then_some(&self.thread)
    }

    /// Says whether the flag is up.
    #[inline]
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Relaxed)
    }

    /// Takes the flag down and says whether it was up.
    #[inline]
    pub(crate) fn take(&self) -> bool {
        // The load alone is for the usual case, in which there was no wake-up.
        self.is_woken() && self.woken.swap(false, Ordering::Acquire)
    }

    /// Blocks the thread until there is a wake-up, and takes it.
    pub(crate) fn park(&self) {
        // Park tokens may be left over from anything that ran on this thread.
        while !self.take() {
            park();
        }
    }

    /// Hands a park token to whoever parks this thread next.
    ///
    /// A driver that has parked may have eaten a token meant for a foreign driver
    /// above it, one that has nothing but the token to go by. A spurious wake-up is
    /// allowed, a lost one is not.
    pub(crate) fn pass_token_on(&self) {
        self.thread.unpark();
    }
}
