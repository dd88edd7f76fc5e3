//! Runtimes that work is run in: the one that a driver enters, and the one that work was started in.

#[cfg(feature = "tokio")]
use ::tokio::runtime::{EnterGuard, Handle};

#[cfg(feature = "tokio")]
use crate::refusal::panic_forked;
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

/// [`enter`], unless the runtime of ours has no thread in this process.
///
/// It is for a thread that waits for tasks, which need not have anything to do with a runtime.
#[inline]
pub fn enter_if_alive() -> Entered {
    Entered {
        #[cfg(feature = "tokio")]
        _guard: tokio::is_alive().then(tokio::enter).flatten(),
    }
}

/// Panics if the runtime of ours that is entered has no thread in this process.
#[inline]
pub fn check() {
    #[cfg(feature = "tokio")]
    if tokio::is_of_parent() {
        panic_forked("tokio runtime");
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
