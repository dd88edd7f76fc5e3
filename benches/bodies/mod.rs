//! What the benches measure: one function a subject, ours and each peer's.
//!
//! All subjects of a question run the same operation or future, and differ in nothing but
//! how they run it. What a subject needs beforehand (a runtime, a calibrated operation) is
//! handed to it.

#![allow(
    dead_code,
    reason = "each bench takes the subjects of its own question"
)]

#[cfg(feature = "executor")]
pub(crate) mod block;
pub(crate) mod call;
pub(crate) mod context;
pub(crate) mod facade;
#[cfg(feature = "executor")]
pub(crate) mod many;
pub(crate) mod pool;
#[cfg(feature = "macros")]
pub(crate) mod smart;
pub(crate) mod wake;
