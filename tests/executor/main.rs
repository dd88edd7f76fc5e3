//! `Executor`, `LocalExecutor` and `Task`.

#![cfg(feature = "executor")]

#[path = "../common/mod.rs"]
mod common;

mod adopted;
mod build;
mod closing;
mod compensation;
mod drop_races;
mod get;
mod host;
mod idle;
mod local;
mod max_spares;
mod place;
mod shutdown;
mod spare_threads;
mod stalls;
mod support;
mod task;
