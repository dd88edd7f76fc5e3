//! Runtimes of other crates, as they can be detected on their own threads.
//!
//! Each stands in a file of its own, behind its feature. This folder detects, and knows nothing of ours: what
//! a runtime means for a blocking call is said in `runtime_host.rs`. It is asked only where a thread is
//! about to block.

pub(crate) mod detect;
pub(crate) mod entered;
#[cfg(feature = "futures-executor")]
pub(crate) mod futures;
mod missing;
