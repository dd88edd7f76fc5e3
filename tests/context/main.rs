//! Where a thread is with respect to executors, whether it may block there, and what follows work to other threads.

#[path = "../common/mod.rs"]
mod common;

#[cfg(any(feature = "executor", feature = "tokio"))]
mod borrowing;
mod carry;
mod debug;
mod host;
mod host_stops;
mod job;
mod place;
mod refusal;
mod restore;
#[cfg(feature = "tracing")]
mod tracing;
