//! A blocking repository that becomes async a method at a time, under callers that stay as they are.
//!
//! [`blocking`] is where it begins, `step1` to `step4` are the way, and [`tool`] and [`server`]
//! are the callers: a sync one and an async one, for whatever is a [`Repository`].

#![forbid(unsafe_code)]

pub mod blocking;
mod error;
pub mod http;
mod repository;
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
