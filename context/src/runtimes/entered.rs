//! Runtimes that work is run in: the one that a driver enters, and the one that work was started in.

#[cfg(feature = "tokio")]
use ::tokio::runtime::{EnterGuard, Handle};

#[cfg(feature = "tokio")]
use crate::runtimes::tokio;

/// Leaves the runtime that [`enter`] has entered, if any, when dropped.
#[derive(Debug)]
#[must_use = "the runtime is left as soon as the guard is dropped"]
pub struct Entered {
    #[cfg(feature = "tokio")]
    _guard: Option<EnterGuard<'static>>,
}

/// Enters a runtime of ours, unless there is one on this thread.
#[inline]
pub fn enter() -> Entered {
    Entered {
        #[cfg(feature = "tokio")]
        _guard: tokio::enter(),
    }
}

/// The runtime that work was started in, if it was started in one.
#[derive(Debug)]
pub struct StartedIn {
    #[cfg(feature = "tokio")]
    handle: Option<Handle>,
}

impl StartedIn {
    /// Takes the runtime of this thread.
    pub fn capture() -> Self {
        StartedIn {
            #[cfg(feature = "tokio")]
            handle: Handle::try_current().ok(),
        }
    }

    /// No runtime: the work finds the one that its driver enters.
    pub fn none() -> Self {
        StartedIn {
            #[cfg(feature = "tokio")]
            handle: None,
        }
    }

    /// Runs code with the runtime entered, so that its timers and sockets belong to it.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tokio")]
        let _entered = self.handle.as_ref().map(|handle| handle.enter());
        f()
    }
}
