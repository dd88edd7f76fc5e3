//! Facades by `#[smart]` over published async crates, for sync and for async callers.
//!
//! The crates are used as published. Each facade is one module. Its functions have the names of the functions that
//! they call.

#![forbid(unsafe_code)]

pub mod callers;
pub mod dns;
pub mod http;
pub mod kv;
pub mod servers;
