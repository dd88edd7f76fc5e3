//! What the protocols between threads are built on.
//!
//! `signal.rs`, `stay.rs`, `slot.rs`, `crew.rs` and `monitor.rs` take these from here and from nowhere
//! else, so that a model checker can include those very files beside a `sync` of its own.

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
