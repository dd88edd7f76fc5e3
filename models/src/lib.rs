//! What the models of smartcall's protocols are built on; the models are in `tests`.

#![allow(missing_docs)]

mod executor;
pub mod loom_sync;
pub mod shuttle_sync;

pub use async_task::Task;
pub use executor::{Executor, StaticExecutor};
