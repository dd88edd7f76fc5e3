//! An HTTP client library that is written once, for sync and for async callers.
//!
//! `client.rs` is the library. Each operation has one implementation, over reqwest as published. `callers.rs` has
//! three callers, and `server.rs` the server that they call.

#![forbid(unsafe_code)]

mod body;
pub mod callers;
mod client;
mod error;
mod item;
pub mod server;

pub use body::parts;
pub use client::Client;
pub use error::Error;
pub use item::{Draft, Item, Rejection};

/// A result with the error of this library.
pub type Result<T> = std::result::Result<T, Error>;
