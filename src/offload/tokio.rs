//! The blocking threads of a tokio runtime, as a pool.

use std::sync::Arc;

use smartcall_context::internal::Job;
use tokio::runtime::Handle;

use crate::offload::pool::{self, Pool, ToPool};

impl Pool for Handle {
    fn offload(&self, job: Job) -> Result<(), Job> {
        // If the runtime shuts down, it drops the job, and what waits for the job panics.
        self.spawn_blocking(|| job.run());
        Ok(())
    }
}

impl pool::sealed::Sealed for Handle {}

impl ToPool for Handle {
    fn to_pool(&self) -> Arc<dyn Pool> {
        Arc::new(self.clone())
    }
}
