//! Clients over tokio behind `#[smart(in_runtime)]`, and the ways in which programs open and use them.

pub mod clients;
pub mod modes;
pub mod servers;
pub mod table;

/// What went wrong.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The result of what talks to a server.
pub type Result<T, E = Error> = std::result::Result<T, E>;
