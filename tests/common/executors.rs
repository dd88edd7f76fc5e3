//! Executors, as most tests want them.

use std::sync::Arc;

use smartcall::Executor;

/// An executor with one worker thread.
pub fn one_thread() -> Executor {
    Executor::builder().threads(1).name("worker").build()
}

/// An executor that adopted a bare one of `async_executor`.
pub fn adopted() -> Executor {
    Executor::from(Arc::new(async_executor::Executor::new()))
}
