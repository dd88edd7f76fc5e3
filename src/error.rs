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
            Refusal::NoHost => "this thread is polling a task of an executor",
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
                "cannot block here: {self}. This happens because `.get()`, a deref of a `Dual` or \
                 `block_on` was called in a job of the pool. What it waits for may need this very \
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
            "cannot block here: {self}. This happens because `.get()`, a deref of a `Dual` or \
             `block_on` was called from async code. While it waits, the executor's other tasks \
             stand still, and the value may have to come from one of them. Use `.await` here; \
             or `try_get`, which gives the handle back; or move the sync code that calls this \
             into `Dual::blocking(..).await`.{other}"
        )
    }
}

/// The error of [`Dual::try_get`]: blocking here would stall an executor.
///
/// It holds the handle, which has not run and still works:
/// [`into_handle`](Self::into_handle) gives it back. So it is no more `Sync` than a handle is: to put it
/// into a `Box<dyn Error + Send + Sync>`, put its words there, `.map_err(|refused| refused.to_string())?`.
///
/// [`Dual::try_get`]: crate::Dual::try_get
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, context};
///
/// let dual = Dual::future(async { 5 });
/// let refused = context::inside_executor(|| dual.try_get().unwrap_err());
/// assert_eq!(refused.into_handle().get(), 5);
/// ```
pub struct InsideExecutor<D> {
    handle: D,
    refusal: Refusal,
}

impl<D> InsideExecutor<D> {
    pub(crate) fn new(handle: D, refusal: Refusal) -> Self {
        InsideExecutor { handle, refusal }
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
}

// The words, since `unwrap` shows this one.
impl<D> fmt::Debug for InsideExecutor<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InsideExecutor")
            .field(&format_args!("{self}"))
            .finish()
    }
}

impl<D> fmt::Display for InsideExecutor<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot block here: {}", self.refusal)
    }
}

impl<D> Error for InsideExecutor<D> {}
