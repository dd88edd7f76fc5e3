//! Runtimes that work is run in: the one that a driver enters, and the one that work belongs to.

use std::panic::{self, AssertUnwindSafe};

#[cfg(feature = "tokio")]
use ::tokio::runtime::{EnterGuard, Handle};

#[cfg(feature = "tokio")]
use crate::refusal::panic_forked;
use crate::runtimes::missing;
#[cfg(feature = "tokio")]
use crate::tokio::{ours, run_in::run_in, turns};

/// Leaves the runtime that [`enter`] has entered, if any, when dropped.
#[derive(Debug)]
#[must_use = "the runtime is left as soon as the guard is dropped"]
pub struct Entered {
    #[cfg(feature = "tokio")]
    _guard: Option<EnterGuard<'static>>,
}

/// Enters the default runtime, unless there is one on this thread.
#[inline]
pub fn enter() -> Entered {
    Entered {
        #[cfg(feature = "tokio")]
        _guard: ours::enter(),
    }
}

/// [`enter`], unless the runtime of ours has no thread in this process.
///
/// It is for a thread that waits for tasks, which need not have anything to do with a runtime.
#[inline]
pub fn enter_if_alive() -> Entered {
    Entered {
        #[cfg(feature = "tokio")]
        _guard: ours::is_alive().then(ours::enter).flatten(),
    }
}

/// Runs code of others where [`enter`] has been called. If tokio misses a runtime in it, a line on stderr says why. The panic goes on
/// unchanged.
#[inline]
pub fn naming_tokio<R>(f: impl FnOnce() -> R) -> R {
    match panic::catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => value,
        Err(panic) => missing::pass_on(panic),
    }
}

/// Panics if the default runtime is entered and has no thread in this process.
#[inline]
pub fn check() {
    #[cfg(feature = "tokio")]
    if ours::is_of_parent() {
        panic_forked(ours::NAME);
    }
}

/// Waits: turns the default runtime until a future is ready, if this thread has entered it and may turn it, or parks.
#[inline]
pub fn wait_in_runtime(until: impl Future<Output = ()>, park: impl FnOnce()) {
    #[cfg(feature = "tokio")]
    return ours::wait(until, park);
    #[cfg(not(feature = "tokio"))]
    {
        drop(until);
        park();
    }
}

/// Runs code that sets a thread-local which tasks of others must not see: a wait in it polls none of them.
#[inline]
pub fn without_turns<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(feature = "tokio")]
    return turns::without(f);
    #[cfg(not(feature = "tokio"))]
    f()
}

/// The runtime that code runs in, whatever thread polls it, if there is one.
#[derive(Clone, Debug)]
pub struct InRuntime {
    #[cfg(feature = "tokio")]
    handle: Option<Handle>,
}

impl InRuntime {
    /// This runtime.
    ///
    /// # Panics
    ///
    /// Panics if it is the default one, and its threads are those of another process, which was forked.
    #[cfg(feature = "tokio")]
    #[track_caller]
    pub fn new(handle: Handle) -> Self {
        ours::check(&handle);
        InRuntime {
            handle: Some(handle),
        }
    }

    /// The runtime of this thread.
    pub fn capture() -> Self {
        InRuntime {
            #[cfg(feature = "tokio")]
            handle: Handle::try_current().ok(),
        }
    }

    /// No runtime: the code finds the one that its driver enters.
    pub fn none() -> Self {
        InRuntime {
            #[cfg(feature = "tokio")]
            handle: None,
        }
    }

    /// Runs code with the runtime entered, so that its timers and sockets belong to it.
    #[inline]
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tokio")]
        if let Some(handle) = &self.handle {
            return run_in(handle, f);
        }
        f()
    }
}
