//! The handle, with one file for each verb.

// The docs have the methods in this order.
pub(crate) mod handle;
pub(crate) mod resolve;

pub(crate) mod deref;
pub(crate) mod interrupt_on_drop;
pub(crate) mod join_on_drop;
pub(crate) mod on;
#[cfg(feature = "tokio")]
mod paused_clock;
#[cfg(feature = "executor")]
pub(crate) mod start;
pub(crate) mod time;
pub(crate) mod timer;
#[cfg(feature = "tokio")]
mod tokio;
