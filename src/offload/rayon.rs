//! rayon's pools, for code that computes.

use std::sync::Arc;

use smartcall_context::internal::Job;

use crate::offload::pool::{self, Pool, ToPool};

/// rayon's pool: the pool of the current thread if that is a rayon thread, or else the global pool.
///
/// An `Arc<rayon::ThreadPool>` is a pool as well. Code that is bound to a pool of rayon runs inline on the threads of that pool.
///
/// # Stealing
///
/// A thread of rayon that waits in rayon's `join`, `scope` or `yield_now` runs other closures meanwhile, which may be anyone's.
/// Nothing tells them from the job that waits. So a job on rayon sets nothing that they could see:
/// [`is_cancelled`](crate::offload::is_cancelled) returns `false`, and a
/// [`CancellationToken::current`](crate::offload::CancellationToken::current) is never cancelled. To let long code end early,
/// share an `AtomicBool` with it, and set it when you drop the handle. Other closures do see what a
/// [`carry`](crate::context::carry) hook sets around a job, and its span and dispatcher of `tracing`.
///
/// # Blocking
///
/// A `.get()` in a job blocks the thread, as any blocking call does in rayon, and no spare thread takes its place. If all
/// threads of a pool wait for values that only this pool can make, they hang.
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
///
/// Code that ends early when its handle is dropped:
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use smartcall::Dual;
/// use smartcall::offload::Rayon;
///
/// struct StopOnDrop(Arc<AtomicBool>);
///
/// impl Drop for StopOnDrop {
///     fn drop(&mut self) {
///         self.0.store(true, Ordering::Relaxed);
///     }
/// }
///
/// let sum = Dual::future(async {
///     let stop = StopOnDrop(Arc::default());
///     let stopped = Arc::clone(&stop.0);
///     let numbers = (1..=100_u32).take_while(move |_| !stopped.load(Ordering::Relaxed));
///     Dual::blocking(move || numbers.sum::<u32>()).on(&Rayon).await
/// });
/// assert_eq!(sum.get(), 5050);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rayon;

impl pool::sealed::Sealed for Rayon {}

impl ToPool for Rayon {
    fn to_pool(&self) -> Arc<dyn Pool> {
        Arc::new(Rayon)
    }
}

impl Pool for Rayon {
    fn offload(&self, job: Job) -> Result<(), Job> {
        rayon_core::spawn(|| job.run());
        Ok(())
    }

    fn is_current(&self) -> bool {
        rayon_core::current_thread_index().is_some()
    }
}

impl Pool for rayon_core::ThreadPool {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.spawn(|| job.run());
        Ok(())
    }

    fn is_current(&self) -> bool {
        self.current_thread_index().is_some()
    }
}
