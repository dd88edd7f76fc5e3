//! Executors of other crates: which are detected, what works on their threads, and what is refused.

#[path = "../common/mod.rs"]
mod common;

#[cfg(feature = "futures-executor")]
mod futures;
#[cfg(feature = "executor")]
mod hang_matrix;
mod stalls;
#[cfg(feature = "tokio")]
mod tokio_get;
#[cfg(feature = "tokio")]
mod tokio_in_runtime;
#[cfg(feature = "tokio")]
mod tokio_nested;
#[cfg(not(feature = "tokio"))]
mod tokio_off;
#[cfg(feature = "tokio")]
mod tokio_own;
#[cfg(feature = "tokio")]
mod tokio_pool;
#[cfg(feature = "tokio")]
mod tokio_shutdown;
#[cfg(feature = "tokio")]
mod tokio_support;
#[cfg(feature = "tokio")]
mod tokio_time;
#[cfg(feature = "tokio")]
mod tokio_turned;
#[cfg(not(feature = "futures-executor"))]
mod undetected;
