//! rayon's pools, for code that computes.

use std::sync::Arc;

use smartcall_context::internal::{self as context, Job};

use crate::offload::pool::{self, Pool, ToPool};

/// rayon's pool: the pool of the current thread if that is a rayon thread, or else the global pool.
///
/// An `Arc<rayon::ThreadPool>` is a pool as well.
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
        rayon_core::spawn(|| context::run_dedicated(job));
        Ok(())
    }

    fn is_current(&self) -> bool {
        rayon_core::current_thread_index().is_some()
    }
}

impl Pool for rayon_core::ThreadPool {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.spawn(|| context::run_dedicated(job));
        Ok(())
    }

    fn is_current(&self) -> bool {
        self.current_thread_index().is_some()
    }
}
