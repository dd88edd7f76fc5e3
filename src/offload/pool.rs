//! The traits of pools.

use std::sync::Arc;

use smartcall_context::internal::Job;

/// A place where blocking code can run.
///
/// [`Dual::on`](crate::Dual::on) binds a handle to it, [`Builder::pool`](crate::executor::Builder::pool) an executor, and
/// [`set_pool`](crate::offload::set_pool) the process. All of them take an `Arc` of it. [`Limited`](crate::offload::Limited)
/// and [`SingleThread`](crate::offload::SingleThread) are pools of this crate.
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
    /// Takes a job, to [run](Job::run) it on a thread that may block.
    ///
    /// It must not run the job inside this call.
    ///
    /// # Errors
    ///
    /// Returns the job if the pool is closed or full. Whatever waits for the job then panics. It also panics if the job is
    /// dropped later.
    fn offload(&self, job: Job) -> Result<(), Job>;

    /// Returns whether this thread is one of the pool's, and the pool's jobs must not wait for each other.
    ///
    /// Code for the pool then runs immediately on this thread. By default it returns `false`.
    fn is_current(&self) -> bool {
        false
    }
}

/// A pool of this crate, or an `Arc` of a [`Pool`].
pub trait ToPool: sealed::Sealed {
    #[doc(hidden)]
    fn to_pool(&self) -> Arc<dyn Pool>;
}

/// Keeps other crates from implementing [`ToPool`], whose method may change. They implement [`Pool`].
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
