//! Work that belongs to a runtime of tokio.

use std::fmt;

use smartcall_context::internal as context;
use tokio::runtime::Handle;

use crate::work::scoped::{Scope, sealed};

/// The scope of [`Dual::in_runtime`](crate::Dual::in_runtime): the runtime to which the work belongs.
pub struct InRuntime(context::InRuntime);

impl InRuntime {
    #[track_caller]
    pub(crate) fn new(runtime: Handle) -> Self {
        InRuntime(context::InRuntime::new(runtime))
    }
}

impl sealed::Sealed for InRuntime {}

impl Scope for InRuntime {
    #[inline]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.0.run(f)
    }
}

impl fmt::Debug for InRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InRuntime").finish_non_exhaustive()
    }
}
