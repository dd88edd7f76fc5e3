use std::error::Error;
use std::fmt;

/// Why a thread must not block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A task is being polled, and there is no host to ask for help.
    NoHost,
    /// A task is being polled, and its host can't help.
    HostCannot,
    /// A job runs on a thread of a pool that can't go on without it.
    Held,
    /// A task is being polled, and a deref is no place to wait in one.
    Task,
    /// A task is being polled, and all spare threads of its executor stand in for others.
    #[cfg(feature = "executor")]
    NoSpare,
    /// An executor of the `futures` crate is running.
    #[cfg(feature = "futures-executor")]
    Futures,
    /// A current-thread runtime of tokio is running.
    #[cfg(feature = "tokio")]
    TokioCurrentThread,
}

/// What happened, as a clause without a full stop.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::NoHost | Refusal::Task => "this thread is polling a task of an executor",
            Refusal::HostCannot => {
                "this thread is polling a task of an executor that can't go on without it"
            }
            Refusal::Held => {
                "this thread is one of a pool's, which can't go on without it: a `SingleThread`, \
                 or a thread of rayon's"
            }
            #[cfg(feature = "executor")]
            Refusal::NoSpare => {
                "this thread is polling a task of an executor, and none of the spare threads that \
                 `Builder::max_spares` allows for is left to stand in for it"
            }
            #[cfg(feature = "futures-executor")]
            Refusal::Futures => "this thread is running an executor of the `futures` crate",
            #[cfg(feature = "tokio")]
            Refusal::TokioCurrentThread => {
                "this thread is running a current-thread runtime of tokio"
            }
        })
    }
}

impl Refusal {
    /// Panics, at the line of whoever called the public function.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(crate) fn panic(self) -> ! {
        if self == Refusal::Held {
            panic!(
                "cannot block here: {self}. This happens because `.get()` or `block_on` was called \
                 in a job of the pool. What it waits for may need this very \
                 thread. Wait where the job is waited for instead, after it or before; or call \
                 `context::blocking_region` around it, if no job of the pool is needed."
            )
        }
        let other = match self {
            #[cfg(feature = "tokio")]
            Refusal::TokioCurrentThread => " In a multi-thread runtime it would go through.",
            _ => "",
        };
        panic!(
            "cannot block here: {self}. This happens because `.get()` or `block_on` was called \
             from async code. While it waits, the executor's other tasks \
             stand still, and the value may have to come from one of them. Use `.await` here; \
             or `try_get`, which gives the handle back; or move the sync code that calls this \
             into `Dual::blocking(..).await`.{other}"
        )
    }
}

impl Refusal {
    /// Panics, at the line of a deref.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(crate) fn panic_at_deref(self) -> ! {
        if self == Refusal::Held {
            // It is sync code that is at it.
            self.panic()
        }
        panic!(
            "cannot block here: {self}. This happens because a boxed `Dual` was used like a reference to its \
             value in async code, which would wait for the value without a word. Was an `.await` forgotten? Write \
             `dual.await` here; or `dual.get()`, where the wait is meant."
        )
    }
}

/// The error of [`Dual::try_get`] and [`can_block`](crate::context::can_block): blocking here would stall an executor.
///
/// That of `try_get` holds the handle, which has not run and still works: [`into_handle`](Self::into_handle) gives it
/// back. Where the error is to be passed on, [`discard`](Self::discard) drops the handle and keeps the reason:
/// `dual.try_get().map_err(CannotBlock::discard)?`.
///
/// [`Dual::try_get`]: crate::Dual::try_get
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
    pub(crate) fn new(handle: D, refusal: Refusal) -> Self {
        CannotBlock { handle, refusal }
    }

    /// Gives back the handle, for another try or an `.await`.
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

    /// Drops the handle, unrun, and keeps the reason.
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
