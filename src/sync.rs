//! What the protocols between threads are built on.
//!
//! `drive/` and `executor/` take these from here and from nowhere else, as do the protocols in
//! `offload/` and `stream/`. So a model checker can include those very files beside a `sync` of its own.

use std::sync::LazyLock;

pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
pub(crate) use std::thread::{self, Thread, current, panicking};
pub(crate) use std::time::Instant;

pub(crate) use crate::system::{HAS_THREADS, Threads, park};

#[cfg(feature = "executor")]
pub(crate) use {futures_util::task::AtomicWaker, std::sync::OnceLock, std::thread::JoinHandle};

/// What the whole process shares, made when it is first needed.
pub(crate) struct Global<T>(LazyLock<T>);

impl<T> Global<T> {
    pub(crate) const fn new(make: fn() -> T) -> Self {
        Global(LazyLock::new(make))
    }

    #[inline]
    pub(crate) fn get(&'static self) -> &'static T {
        &self.0
    }
}

/// A lock around what the whole process shares.
#[cfg(feature = "executor")]
pub(crate) type Shared<T> = Mutex<T>;

/// Takes a lock, poisoned or not: none is held around code that may panic half way through a change.
pub(crate) fn ignore_poison<T>(lock: Result<T, PoisonError<T>>) -> T {
    lock.unwrap_or_else(PoisonError::into_inner)
}
