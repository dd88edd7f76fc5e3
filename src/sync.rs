//! What the protocols between threads are built on.
//!
//! `drive/` and `executor/` take these from here and from nowhere else, as do `offload/completion.rs` and the
//! like. So a model checker can include those very files beside a `sync` of its own.

pub(crate) use std::sync::atomic::{AtomicBool, Ordering, fence};
pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
pub(crate) use std::thread::{Thread, current, park};

#[cfg(feature = "executor")]
pub(crate) use {
    futures::task::AtomicWaker,
    std::sync::OnceLock,
    std::sync::atomic::AtomicUsize,
    std::thread::{self, JoinHandle},
    std::time::Instant,
};

/// A lock around what the whole process shares.
#[cfg(feature = "executor")]
pub(crate) type Shared<T> = Mutex<T>;

/// Takes a lock, poisoned or not: none is held around code that may panic half way through a change.
pub(crate) fn ignore_poison<T>(lock: Result<T, PoisonError<T>>) -> T {
    lock.unwrap_or_else(PoisonError::into_inner)
}
