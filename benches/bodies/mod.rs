//! The bodies of the benches: one function for each subject, ours and those of the peers.
//!
//! All subjects of a row run the same operation or future, and differ only in how they run it. What a subject needs
//! beforehand (a runtime, a calibrated operation) is passed to it.

#![allow(
    dead_code,
    reason = "each bench takes the subjects of its own question"
)]

#[cfg(feature = "executor")]
pub(crate) mod block;
pub(crate) mod call;
pub(crate) mod context;
pub(crate) mod facade;
pub(crate) mod io;
#[cfg(feature = "executor")]
pub(crate) mod many;
pub(crate) mod pool;
#[cfg(feature = "macros")]
pub(crate) mod smart;
#[cfg(feature = "executor")]
pub(crate) mod stream;
pub(crate) mod wake;
