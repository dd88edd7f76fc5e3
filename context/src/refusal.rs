//! Why a thread must not block, in words.

use std::error::Error;
use std::fmt;
use std::io;
use std::panic::Location;

/// Why a thread must not block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A task is being polled, and there is no host to ask.
    NoHost,
    /// A task is being polled, and its host needs this thread.
    HostCannot,
    /// A task is being polled, and a deref is no place to wait in one.
    Deref,
    /// A task is being polled, and all spare threads of its executor are in use. There are so many.
    NoSpare(usize),
    /// A job runs on a thread that its pool has no second one for.
    DedicatedThread,
    /// An executor of the `futures` crate runs on this thread.
    Futures,
    /// A current-thread runtime of tokio runs on this thread.
    TokioCurrentThread,
    /// smartcall's own runtime of tokio runs on this thread.
    TokioTurned,
    /// A `LocalSet` of tokio runs on this thread.
    TokioLocalSet,
    /// So many threads of this thread's tokio runtime block already.
    TokioBlocked(usize),
}

/// What happened, as a clause without a full stop.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::NoHost | Refusal::Deref => "this thread is polling a task of an executor",
            Refusal::HostCannot => {
                "this thread is polling a task of an executor that can't go on without it"
            }
            Refusal::NoSpare(n) => {
                return write!(
                    f,
                    "this thread is polling a task of an executor, and all {n} spare threads that \
                     `Builder::max_spares` allows are in use"
                );
            }
            Refusal::DedicatedThread => {
                "this thread runs a job of a pool that can't go on without it: a `SingleThread`"
            }
            Refusal::Futures => "this thread is running an executor of the `futures` crate",
            Refusal::TokioCurrentThread => {
                "this thread is running a current-thread runtime of tokio"
            }
            Refusal::TokioTurned => {
                "this thread is polling a task that was spawned in smartcall's own tokio runtime, \
                 which has no workers"
            }
            Refusal::TokioLocalSet => "this thread is running a `LocalSet` of tokio",
            Refusal::TokioBlocked(n) => {
                return write!(
                    f,
                    "this thread is polling a task of a tokio runtime in which {n} threads block \
                     already, as many as `smartcall::tokio::set_max_blocked` allows"
                );
            }
        })
    }
}

impl Refusal {
    /// Panics, at the line of the public function's caller.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub fn panic(self) -> ! {
        if self == Refusal::DedicatedThread {
            panic!(
                "cannot block here: {self}. This happens because `.get()`, `block_on`, or a function that calls \
                 one of them, was called in a job of the pool. The value may have to come from this very thread. \
                 Wait outside of the job, before it or after it. If the value needs no job of the pool, call \
                 `context::blocking_region` around the wait."
            )
        }
        let more = self.what_works();
        panic!(
            "cannot block here: {self}. This happens because `.get()`, `block_on`, or a function that calls one \
             of them, was called from async code. While it waits, the executor's other tasks stand still, and \
             the value may have to come from one of them. Use `.await` here; or `try_get`, which returns the handle; or move the sync code that \
             calls this into `Dual::blocking(..).await`.{more}"
        )
    }

    /// Panics, at the line where an iterator takes an item. The iteration has begun at another one.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub fn panic_in_iteration(self, begun_at: &Location<'_>) -> ! {
        let more = self.what_works();
        panic!(
            "cannot block here: {self}. This happens because a `DualStream` was iterated over, from {begun_at} on, \
             in async code or in a job of such a pool. While the iteration waits, nothing else runs here, and the \
             item may have to come from it. Use `while let Some(item) = stream.next().await` here; or \
             `stream.next().try_get()`, which returns an error; or move the sync code that iterates into \
             `Dual::blocking(..).await`.{more}"
        )
    }

    /// Returns where the same call works, if there is such a place.
    fn what_works(self) -> &'static str {
        match self {
            Refusal::NoSpare(_) => " `Builder::max_spares` allows more spare threads.",
            Refusal::TokioCurrentThread => {
                " In a multi-thread runtime this call works: that is what `#[tokio::main]` makes, and \
                 `#[tokio::test(flavor = \"multi_thread\")]`."
            }
            Refusal::TokioTurned => {
                " In a task of a multi-thread runtime this call works: name one at the start of `main`, by \
                 `smartcall::tokio::set_runtime`."
            }
            Refusal::TokioBlocked(_) => {
                " Each that blocks holds one of the runtime's blocking threads. If it has more of them, allow \
                 more by `set_max_blocked`."
            }
            Refusal::TokioLocalSet => " In a task from `tokio::spawn` this call works.",
            _ => "",
        }
    }

    /// Panics, at the line of a deref.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub fn panic_at_deref(self) -> ! {
        if self == Refusal::DedicatedThread {
            // The deref stands in sync code.
            self.panic()
        }
        panic!(
            "cannot block here: {self}. This happens because a boxed `Dual` was used like a reference to its value \
             in async code, which would wait for the value without a word. Was an `.await` forgotten? Write \
             `dual.await` here; or `dual.get()`, if the wait is meant."
        )
    }
}

/// Panics because a thread is about to park, and no spare thread can be started.
#[cold]
pub fn panic_no_thread(error: &io::Error) -> ! {
    panic!(
        "cannot block here: the system can't start a thread to run the executor's other tasks while this one \
         blocks: {error}. Use `.await` here."
    )
}

/// Panics because something is about to wait for threads that the parent of this process has.
#[cold]
#[inline(never)]
#[track_caller]
pub fn panic_forked(what: &str) -> ! {
    panic!(
        "the threads of smartcall's {what} are not in this process. This happens because the process was forked after \
         smartcall had started them, as by gunicorn, celery or Python's `multiprocessing`: a fork has only the thread that \
         forks. Fork first, and use smartcall afterwards; or start new processes instead of forking."
    )
}

/// What a parked `.get()` panics with when its executor is dropped.
pub const STOPPED: &str = "the executor was dropped before this value was ready. This \
    happens because a `.get()` was waiting on one of the executor's threads. Keep the executor \
    until its tasks are done.";

/// The error of `try_get` and [`can_block`](crate::can_block): blocking here would stall an executor.
///
/// The error of `try_get` holds the handle, which has not run and still works: [`into_handle`](Self::into_handle)
/// returns it. To pass the error on, [`discard`](Self::discard) drops the handle and keeps the reason:
/// `dual.try_get().map_err(CannotBlock::discard)?`.
///
/// # Examples
///
/// ```
/// use smartcall::{CannotBlock, Dual, context};
///
/// let dual = Dual::future(async { 5 });
/// let refused: CannotBlock<_> = context::inside_executor(|| dual.try_get().unwrap_err());
/// assert_eq!(refused.into_handle().get(), 5);
/// ```
pub struct CannotBlock<D = ()> {
    handle: D,
    refusal: Refusal,
}

impl<D> CannotBlock<D> {
    #[doc(hidden)]
    pub fn new(handle: D, refusal: Refusal) -> Self {
        CannotBlock { handle, refusal }
    }

    /// Returns the handle, for another try or an `.await`.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, context};
    ///
    /// let dual = Dual::blocking(|| 5);
    /// let refused = context::inside_executor(|| dual.try_get().unwrap_err());
    /// let dual = refused.into_handle();
    /// assert_eq!(dual.get(), 5);
    /// ```
    pub fn into_handle(self) -> D {
        self.handle
    }

    /// Drops the handle, which does not run, and keeps the reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{CannotBlock, Dual, context};
    ///
    /// fn load() -> Result<u32, CannotBlock> {
    ///     Dual::blocking(|| 5).try_get().map_err(CannotBlock::discard)
    /// }
    ///
    /// let error = context::inside_executor(|| load().unwrap_err());
    /// assert!(error.to_string().starts_with("cannot block here"));
    /// ```
    pub fn discard(self) -> CannotBlock {
        CannotBlock::new((), self.refusal)
    }
}

// The words, since `unwrap` shows this one.
impl<D> fmt::Debug for CannotBlock<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CannotBlock")
            .field(&format_args!("{self}"))
            .finish()
    }
}

impl<D> fmt::Display for CannotBlock<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot block here: {}", self.refusal)
    }
}

impl<D> Error for CannotBlock<D> {}
