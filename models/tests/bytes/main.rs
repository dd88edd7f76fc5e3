//! What a handle writes while a job writes, under loom: `pipe.rs`.

mod sync {
    pub(crate) use smartcall_models::loom_sync::*;
    pub(crate) use std::sync::Arc;
}

#[path = "../../../src/io/pipe.rs"]
#[allow(dead_code)]
pub(crate) mod pipe;
pub(crate) mod scenarios;
pub(crate) mod spawn_blocking;

// The crate's folders, and a module for each fault.
include!(concat!(env!("OUT_DIR"), "/bytes.rs"));

/// Every byte is written once and in order, by one job or by several.
#[test]
fn each_byte_once() {
    scenarios::each_byte_once();
}

/// A writer that fails: the handle is told, and no later job writes what was lost.
#[test]
fn writer_fails() {
    scenarios::writer_fails();
}

/// A job that panics or never runs: the handle is told.
#[test]
fn job_is_dropped() {
    scenarios::job_is_dropped();
}

/// A call that waits for the writer: the job ends after the bytes that it has.
#[test]
fn pipe_is_sealed() {
    scenarios::pipe_is_sealed();
}

/// A flush that comes while a job writes is made by it, after all that was written before, or by the handle.
#[test]
fn flush_joins_the_job() {
    scenarios::flush_joins_the_job();
}

/// A job whose turn ends writes what it has taken, and no more.
#[test]
fn turn_ends() {
    scenarios::turn_ends();
}

/// What was taken is written though the handle is dropped, and its waker is dropped with it.
#[test]
fn handle_is_dropped() {
    scenarios::handle_is_dropped();
}

/// A pipe that is full takes nothing, and no more than there is room for is ever in it.
#[test]
fn full_pipe() {
    scenarios::full_pipe();
}
