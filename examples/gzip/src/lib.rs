//! Two gzips, for sync and async callers, each over a transport of the other side.
//!
//! [`connection`] is a sync gzip (flate2) over an async connection, and [`file`] an async gzip (async-compression) over a
//! blocking file. [`copy`] uses both.

#![forbid(unsafe_code)]

pub mod connection;
pub mod copy;
pub mod file;
