//! What the driver's protocol is built on.
//!
//! `signal.rs` names nothing but `crate::sync`, so that a model checker can
//! include that very file beside a `sync` module of its own.

pub(crate) use std::sync::atomic::{AtomicBool, Ordering, fence};
pub(crate) use std::thread::{Thread, current, park};
