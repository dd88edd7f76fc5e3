//! Replacements for `std` and async-executor, on which the models in `tests/` are built.

#![allow(missing_docs)]

mod executor;
pub mod loom_sync;
pub mod shuttle_sync;

pub use async_task::Task;
pub use executor::{Executor, StaticExecutor};

/// The same as in the crate's `sync.rs`.
pub fn ignore_poison<T>(lock: Result<T, std::sync::PoisonError<T>>) -> T {
    lock.unwrap_or_else(std::sync::PoisonError::into_inner)
}
