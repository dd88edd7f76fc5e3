//! What the protocols of this crate are built on.
//!
//! `signal.rs` and `slot.rs` name nothing but `crate::sync`, so that a model checker can
//! include those very files beside a `sync` module of its own.

#[cfg(feature = "executor")]
pub(crate) use std::sync::atomic::AtomicUsize;
pub(crate) use std::sync::atomic::{AtomicBool, Ordering};
pub(crate) use std::thread::{Thread, current, park};
