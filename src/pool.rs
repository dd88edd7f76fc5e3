//! Which pool blocking code goes to, and how a handle is bound to one.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::mem;
use std::sync::{Arc, OnceLock};

use crate::context::{self, HostRef};
use crate::dual::{Dual, DualOf};
use crate::foreign;
use crate::offload::Job;
use crate::within::{self, Setting, Within};
use crate::work::Work;

/// A place where blocking code can run.
///
/// A handle is bound to it by [`Dual::on`], an executor by [`Builder::pool`](crate::executor::Builder::pool), and the process by
/// [`set_pool`]; all take an `Arc` of it. [`Limited`](crate::offload::Limited) and [`SingleThread`](crate::offload::SingleThread) are at hand.
///
/// # Examples
///
/// A thread for each job:
///
/// ```
/// use std::sync::Arc;
/// use std::thread;
/// use smartcall::Dual;
/// use smartcall::offload::{Job, Pool};
///
/// struct ThreadEach;
///
/// impl Pool for ThreadEach {
///     fn offload(&self, job: Job) -> Result<(), Job> {
///         thread::spawn(|| job.run());
///         Ok(())
///     }
/// }
///
/// let main = thread::current().id();
/// let thread = Dual::blocking(|| thread::current().id()).on(&Arc::new(ThreadEach));
/// assert_ne!(thread.get(), main);
/// ```
pub trait Pool: Send + Sync + 'static {
    /// Takes a job, to [run](Job::run) it on a thread where blocking is fine.
    ///
    /// It must not run it before it returns.
    ///
    /// # Errors
    ///
    /// Gives the job back if the pool is closed, or full. Whoever waits for it panics, in words; so it does if the job is
    /// dropped later on.
    fn offload(&self, job: Job) -> Result<(), Job>;

    /// Whether this thread is one of the pool's, and its jobs must not wait for each other.
    ///
    /// Code for the pool runs right here then. It is `false` unless a pool says otherwise.
    fn is_current(&self) -> bool {
        false
    }
}

/// What can be used as a pool: one of this crate's, or an `Arc` of a [`Pool`].
pub trait ToPool: sealed::Sealed {
    #[doc(hidden)]
    fn to_pool(&self) -> Arc<dyn Pool>;
}

/// Keeps others from implementing [`ToPool`], whose method may change: they implement [`Pool`].
pub(crate) mod sealed {
    pub trait Sealed {}
}

impl<P: ?Sized> sealed::Sealed for Arc<P> {}

impl<P: Pool> ToPool for Arc<P> {
    fn to_pool(&self) -> Arc<dyn Pool> {
        Arc::<P>::clone(self)
    }
}

impl ToPool for Arc<dyn Pool> {
    fn to_pool(&self) -> Arc<dyn Pool> {
        Arc::clone(self)
    }
}

/// The pool of the process, if it was set.
static PROCESS: OnceLock<Arc<dyn Pool>> = OnceLock::new();

/// Sets the pool of the process: where blocking code goes whose handle and whose executor have none of their own.
///
/// It is for programs, not for libraries, and can be done once.
///
/// # Errors
///
/// Returns an error if it was done before.
///
/// # Examples
///
/// ```
/// use smartcall::Dual;
/// use smartcall::offload::{self, Limited};
///
/// offload::set_pool(&Limited::new(8.try_into().unwrap())).unwrap();
/// # pollster::block_on(async {
/// assert_eq!(Dual::blocking(|| 5).await, 5);
/// # });
/// ```
pub fn set_pool(pool: &impl ToPool) -> Result<(), SetPoolError> {
    PROCESS.set(pool.to_pool()).map_err(|_| SetPoolError(()))
}

/// The error of [`set_pool`]: the process has a pool already.
#[derive(Debug)]
pub struct SetPoolError(());

impl fmt::Display for SetPoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the pool of the process was set before. It can be set once, by the program: bind \
             handles to a pool by `.on(&pool)`, or an executor by `Builder::pool`, instead",
        )
    }
}

impl Error for SetPoolError {}

thread_local! {
    /// The pool of the handle that this thread is at.
    static CHOSEN: RefCell<Option<Arc<dyn Pool>>> = const { RefCell::new(None) };

    /// Whether there is one. It has no destructor, and so costs next to nothing to ask.
    static IS_CHOSEN: Cell<bool> = const { Cell::new(false) };
}

/// Runs a closure with the pool of a handle.
fn with<R>(pool: &Arc<dyn Pool>, f: impl FnOnce() -> R) -> R {
    /// Puts back what was chosen before.
    struct Before(Option<Arc<dyn Pool>>);

    impl Drop for Before {
        fn drop(&mut self) {
            exchange(self.0.take());
        }
    }

    let _before = Before(exchange(Some(Arc::clone(pool))));
    f()
}

fn exchange(pool: Option<Arc<dyn Pool>>) -> Option<Arc<dyn Pool>> {
    let is_chosen = pool.is_some();
    // In a dying thread there is none to be had any more.
    let before = CHOSEN.try_with(|chosen| mem::replace(&mut *chosen.borrow_mut(), pool));
    IS_CHOSEN.set(is_chosen && before.is_ok());
    before.ok().flatten()
}

fn chosen() -> Option<Arc<dyn Pool>> {
    CHOSEN.try_with(|chosen| chosen.borrow().clone()).ok()?
}

/// Whether the handle that this thread is at is bound to a pool, and if so, whether its code may run here.
#[inline]
pub(crate) fn is_here() -> Option<bool> {
    IS_CHOSEN.get().then(is_chosen_here)
}

/// Whether blocking code that is resolved on this thread has to go elsewhere in any case.
#[inline]
pub(crate) fn sends_away() -> bool {
    is_here() == Some(false)
}

/// Whether blocking code that is resolved on this thread may run on it in any case.
#[inline]
pub(crate) fn takes_code() -> bool {
    is_here().unwrap_or_else(context::is_held)
}

#[cold]
fn is_chosen_here() -> bool {
    chosen().is_some_and(|pool| pool.is_current())
}

/// Where blocking code goes, if it is not to the crate's own pool.
pub(crate) enum Chosen {
    /// To this pool, and nowhere else.
    Pool(Arc<dyn Pool>),
    /// To that of a host, if it takes it.
    Host(HostRef),
}

/// Looks for the pool that blocking code of this thread goes to.
#[inline]
pub(crate) fn choose() -> Option<Chosen> {
    if IS_CHOSEN.get() {
        if let Some(pool) = chosen() {
            return Some(Chosen::Pool(pool));
        }
    }
    let host = context::host();
    let is_hosted = host.is_some();
    if let Some(host) = host.filter(|host| host.has_pool()) {
        return Some(Chosen::Host(host));
    }
    if let Some(pool) = PROCESS.get() {
        return Some(Chosen::Pool(Arc::clone(pool)));
    }
    if is_hosted {
        return None;
    }
    foreign::pool().map(Chosen::Host)
}

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Binds the blocking code in the handle to a pool, for both callers.
    ///
    /// Under `.get()`, too, it runs on the pool, while the caller waits; so it does in a `.get()` that is nested in
    /// the handle. Async code in the handle stays with its
    /// caller, and so does in-place code; a [`pair`](Dual::pair) takes its async path. The nearest binding holds.
    ///
    /// # Panics
    ///
    /// Resolving it panics if the pool refuses the code, or ends before it has run it.
    ///
    /// # Blocking
    ///
    /// On a thread of the pool itself the code runs right there, if the pool's jobs can't wait for each other: see
    /// [`offload`](crate::offload#limits).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use smartcall::Dual;
    /// use smartcall::offload::SingleThread;
    ///
    /// let thread = SingleThread::new(|| ());
    /// let name = Dual::blocking(|| thread::current().name().map(String::from)).on(&thread);
    /// assert_eq!(name.get().unwrap(), "smartcall-single");
    /// ```
    pub fn on(self, pool: &impl ToPool) -> DualOf<Within<Dual<T, W>, OnPool>> {
        let setting = OnPool::new(pool.to_pool());
        Dual::new(Within::new(self, setting))
    }
}

/// A pool that work is bound to: see [`Dual::on`].
pub struct OnPool(Arc<dyn Pool>);

impl OnPool {
    pub(crate) fn new(pool: Arc<dyn Pool>) -> Self {
        OnPool(pool)
    }
}

impl within::sealed::Sealed for OnPool {}

impl Setting for OnPool {
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        with(&self.0, f)
    }
}

impl fmt::Debug for OnPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnPool").finish_non_exhaustive()
    }
}

/// rayon's pool: that of the current thread if it is one of rayon's, else the global one.
///
/// A `rayon::ThreadPool` is a [`Pool`] as well, in an `Arc`.
///
/// # Examples
///
/// ```
/// use smartcall::Dual;
/// use smartcall::offload::Rayon;
///
/// let sum = Dual::blocking(|| (1..=100).sum::<u32>()).on(&Rayon);
/// assert_eq!(sum.get(), 5050);
/// ```
#[cfg(feature = "rayon")]
#[derive(Clone, Copy, Debug)]
pub struct Rayon;

#[cfg(feature = "rayon")]
impl sealed::Sealed for Rayon {}

#[cfg(feature = "rayon")]
impl ToPool for Rayon {
    fn to_pool(&self) -> Arc<dyn Pool> {
        Arc::new(Rayon)
    }
}

#[cfg(feature = "rayon")]
impl Pool for Rayon {
    fn offload(&self, job: Job) -> Result<(), Job> {
        rayon_core::spawn(|| job.run_held());
        Ok(())
    }

    fn is_current(&self) -> bool {
        rayon_core::current_thread_index().is_some()
    }
}

#[cfg(feature = "rayon")]
impl Pool for rayon_core::ThreadPool {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.spawn(|| job.run_held());
        Ok(())
    }

    fn is_current(&self) -> bool {
        self.current_thread_index().is_some()
    }
}

#[cfg(feature = "tokio")]
impl Pool for tokio::runtime::Handle {
    fn offload(&self, job: Job) -> Result<(), Job> {
        // A runtime that shuts down drops the job, and whoever waits is told.
        self.spawn_blocking(|| job.run());
        Ok(())
    }
}

#[cfg(feature = "tokio")]
impl sealed::Sealed for tokio::runtime::Handle {}

#[cfg(feature = "tokio")]
impl ToPool for tokio::runtime::Handle {
    fn to_pool(&self) -> Arc<dyn Pool> {
        Arc::new(self.clone())
    }
}
