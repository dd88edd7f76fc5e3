//! What the models of smartcall's protocols are built on; the models are in `tests`.

#![allow(missing_docs)]

mod executor;
pub mod loom_sync;
pub mod shuttle_sync;

pub use async_task::Task;
pub use executor::{Executor, StaticExecutor};

/// As in the crate's own `sync.rs`.
pub fn ignore_poison<T>(lock: Result<T, std::sync::PoisonError<T>>) -> T {
    lock.unwrap_or_else(std::sync::PoisonError::into_inner)
}
