//! The runtime that sync callers use.

use std::error::Error;
use std::fmt;
use std::num::NonZeroUsize;

use smartcall_context::internal as context;
use tokio::runtime::Handle;

/// Sets the runtime that a `.get()` outside of any runtime enters, instead of smartcall's own.
///
/// Call it at the start of `main`, before anything is resolved. The runtime has to run for as long as the process uses it: a
/// current-thread runtime turns only while something drives it, and a runtime that was shut down fails what needs it. It is for the
/// program. A library uses [`in_runtime`](crate::Dual::in_runtime).
///
/// # Errors
///
/// Returns an error if a runtime was set before, or if smartcall's own is in use.
///
/// # Examples
///
/// ```
/// use smartcall::Dual;
/// use tokio::runtime::{Handle, Runtime};
///
/// let runtime = Runtime::new().unwrap();
/// smartcall::tokio::set_runtime(runtime.handle().clone()).unwrap();
///
/// let id = Dual::future(async { Handle::current().id() }).get();
/// assert_eq!(id, runtime.handle().id());
/// ```
pub fn set_runtime(runtime: Handle) -> Result<(), SetRuntimeError> {
    context::set_runtime(runtime).map_err(|is_ours| SetRuntimeError { is_ours })
}

/// Returns the runtime that a `.get()` outside of any runtime enters: smartcall's own, or the one that was
/// [set](set_runtime).
///
/// Smartcall's own is made when it is first needed, and runs for as long as the process. It is a current-thread runtime: threads that wait
/// in a `.get()` turn it, and one thread of smartcall's does while none waits or many do. So a task that is spawned in it may run on a thread that
/// waits, a long poll of it delays that thread, and a `.get()` in it panics. With the environment variable `TOKIO_WORKER_THREADS` it is a
/// multi-thread runtime with so many workers, which does none of this, and takes two changes of threads for each wait.
///
/// # Panics
///
/// Panics if smartcall's own can't be started, because the system has no threads to give. A later call tries again. Panics if
/// this process is a fork of that in which the runtime runs.
///
/// # Examples
///
/// ```
/// let task = smartcall::tokio::runtime().spawn(async { 5 });
/// assert_eq!(smartcall::Dual::future(task).get().unwrap(), 5);
/// ```
#[track_caller]
pub fn runtime() -> Handle {
    context::runtime()
}

/// Sets how many `.get()`s in the tasks of a runtime may block at once, for each multi-thread runtime. It is 256 unless set.
///
/// tokio hands the tasks of a worker that blocks to one of the runtime's blocking threads. It has 512 of them, unless
/// [`max_blocking_threads`](tokio::runtime::Builder::max_blocking_threads) says otherwise, and `spawn_blocking` uses them, too. When
/// none is left, the runtime stands still for good. So a `.get()` beyond this limit panics, and `try_get` returns the handle. The limit
/// may be exceeded by as many as the runtime has workers.
///
/// A runtime that was built with fewer blocking threads needs a lower limit. Code that awaits needs no thread.
///
/// # Examples
///
/// ```
/// // For a runtime of `Builder::max_blocking_threads(100)`, half of which are for `spawn_blocking`.
/// smartcall::tokio::set_max_blocked(50.try_into().unwrap());
/// ```
pub fn set_max_blocked(n: NonZeroUsize) {
    context::set_max_blocked(n);
}

/// The error of [`set_runtime`]: there is a runtime already.
///
/// # Examples
///
/// ```
/// use tokio::runtime::Runtime;
///
/// let runtime = Runtime::new().unwrap();
/// smartcall::tokio::set_runtime(runtime.handle().clone()).unwrap();
/// let error = smartcall::tokio::set_runtime(runtime.handle().clone()).unwrap_err();
/// assert!(error.to_string().starts_with("the runtime for `.get()` was set before"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetRuntimeError {
    /// Whether the runtime that is there is smartcall's own.
    is_ours: bool,
}

impl fmt::Display for SetRuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_ours {
            "the runtime for `.get()` is in use: smartcall has made its own for an earlier call. Set it at the start of \
             `main`"
        } else {
            "the runtime for `.get()` was set before. It is set once, by the program and not by its libraries"
        })
    }
}

impl Error for SetRuntimeError {}
