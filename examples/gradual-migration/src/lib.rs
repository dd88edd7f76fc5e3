//! A blocking repository that becomes async one method at a time, while its callers stay unchanged.
//!
//! [`blocking`] is the start, and `step1` to `step4` are the steps. [`tool`] and [`server`] are the callers, a sync
//! one and an async one, for any [`Repository`].

#![forbid(unsafe_code)]

pub mod blocking;
mod error;
pub mod http;
mod repository;
pub mod rows;
pub mod server;
mod sql;
pub mod step1;
pub mod step2;
pub mod step3;
pub mod step4;
pub mod tool;

pub use error::Error;
pub use repository::{Change, Repository};
pub use sql::this_thread;
