//! The handle, with one file for each verb.

pub(crate) mod deref;
pub(crate) mod handle;
pub(crate) mod join_on_drop;
pub(crate) mod on;
pub(crate) mod resolve;
#[cfg(feature = "executor")]
pub(crate) mod start;
pub(crate) mod time;
