//! Published async crates gain sync callers by a few attribute lines, and pass their own tests.

pub mod cargo;
pub mod port;
pub mod ports;
pub mod source;
pub mod table;

/// The error of any step.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
