//! The flag by which a parked driver learns that it was woken.
//!
//! The park token that `std` gives each thread is not enough. All that parks the thread shares it: a nested
//! `.get()`, `mpsc::recv`, `thread::scope`. This crate runs sync code inside polls, and such code may
//! take the token that says "your future was woken" before the driver parks. The driver would then
//! sleep for ever. (pollster had the token alone up to its version 1.0.1, and hung in just this way.)
//!
//! The protocol, for one level of driving:
//!
//! | state of `notified` | who changes it | how |
//! |---|---|---|
//! | `false` → `true` | any thread that holds the waker | `notify`: sets the flag, *then* hands out a park token |
//! | `true` → `false` | the driver's thread only | `take_notification`: before each poll |
//!
//! A thread that turns a runtime while it waits (`context/src/tokio/turns.rs`) sleeps where only the runtime's waker reaches it. So
//! there is a slot for that waker, under a lock:
//!
//! | state of `turn` | who changes it | how |
//! |---|---|---|
//! | → a waker | the driver's thread | in `notified`: puts the waker in, *then* looks at the flag |
//! | → `None` | the thread that sets the flag | after it has set the flag; it uses what it finds |
//!
//! If the look sees `false`, the flag is set after it, and whoever sets it finds the waker. A waker that stays in the slot is one of a
//! runtime that is not turned here any more: to use it does nothing.
//!
//! The driver parks only after it has seen `false`, and no other code runs between that look and the park. A
//! wake-up that comes before the look is seen by it. A wake-up that comes after it leaves a token that only this
//! park can take. The flag is set with `Release` and taken with `Acquire`, so that the poll sees what the
//! waking thread wrote.

use std::future::{Future, poll_fn};
use std::task::{Poll, Waker};

use crate::sync::{
    Arc, AtomicBool, Mutex, MutexGuard, Ordering, Thread, current, ignore_poison, park,
};
use crate::waits::threads::Level;

/// The flag of one level of driving, and the thread that it belongs to.
#[derive(Debug)]
pub(crate) struct Parker {
    /// Whether there was a wake-up since the driver last looked.
    notified: AtomicBool,
    /// The thread that drives.
    thread: Thread,
    /// What wakes it while it turns a runtime instead of parking.
    turn: Mutex<Option<Waker>>,
}

impl Parker {
    /// Makes a parker for the current thread.
    pub(crate) fn new() -> Self {
        Parker {
            notified: AtomicBool::new(false),
            thread: current(),
            turn: Mutex::new(None),
        }
    }

    /// Notes that the future should be polled again, and unparks the driver.
    pub(crate) fn notify(&self) {
        if let Some(unpark) = self.set_flag() {
            unpark.unpark();
        }
    }

    /// Sets the flag, and returns the thread that needs a token.
    fn set_flag(&self) -> Option<Unpark> {
        // While the flag is set the driver is not going to park, or the thread that set it has yet to hand out
        // the token: one token is enough.
        (!self.notified.swap(true, Ordering::AcqRel)).then(|| Unpark {
            thread: self.thread.clone(),
            turn: self.lock_turn().take(),
        })
    }

    fn lock_turn(&self) -> MutexGuard<'_, Option<Waker>> {
        ignore_poison(self.turn.lock())
    }

    /// Waits until there is a wake-up, and takes it, while the thread turns a runtime.
    pub(crate) fn notified(&self) -> impl Future<Output = ()> {
        poll_fn(|cx| {
            *self.lock_turn() = Some(cx.waker().clone());
            if self.take_notification() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }

    /// Returns whether the flag is set.
    #[inline]
    pub(crate) fn is_notified(&self) -> bool {
        self.notified.load(Ordering::Relaxed)
    }

    /// Clears the flag, and returns whether it was set.
    #[inline]
    pub(crate) fn take_notification(&self) -> bool {
        // The load alone is for the usual case, in which there was no wake-up.
        self.is_notified() && self.notified.swap(false, Ordering::Acquire)
    }

    /// Blocks the thread until there is a wake-up, and takes it.
    pub(crate) fn park(&self) {
        // Anything that ran on this thread may have left park tokens.
        while !self.take_notification() {
            park();
        }
    }

    /// Hands a park token to what parks this thread next.
    ///
    /// A driver that has parked may have taken a token that was meant for a foreign driver above it, which has
    /// nothing but the token. A spurious wake-up is allowed, a lost one is not.
    pub(crate) fn forward_token(&self) {
        self.thread.unpark();
    }
}

/// A thread that is woken.
struct Unpark {
    thread: Thread,
    turn: Option<Waker>,
}

impl Unpark {
    fn unpark(self) {
        self.thread.unpark();
        if let Some(turn) = self.turn {
            turn.wake();
        }
    }
}

/// What the wakers of one level share, so that it is known whether anything holds one.
#[derive(Debug)]
pub(crate) struct Counted(Arc<Parker>);

impl Counted {
    pub(crate) fn new(parker: Arc<Parker>) -> Self {
        Counted(parker)
    }

    /// Notifies the parker.
    pub(crate) fn notify(&self) {
        self.0.notify();
    }

    /// Does the same, and drops the waker first.
    ///
    /// The driver looks as soon as it is unparked, and uses a waker again only if no other thread holds it.
    pub(crate) fn notify_and_drop(counted: Arc<Self>) {
        let unpark = counted.0.set_flag();
        drop(counted);
        if let Some(unpark) = unpark {
            unpark.unpark();
        }
    }
}

impl Level for Counted {
    fn is_woken(&self) -> bool {
        self.0.is_notified()
    }
}
