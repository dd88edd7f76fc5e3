//! The threads of an executor, from `.get()` down to the park, under shuttle.
//!
//! All files between are the crate's own. What is a model: async-executor, `sync`, and time.

extern crate smartcall_models as async_executor;

macro_rules! thread_local {
    ($($locals:tt)*) => { smartcall_models::shuttle_local! { $($locals)* } };
}

/// Some panics are part of a scenario, and shuttle reports each that is not quiet.
macro_rules! panic {
    ($($message:tt)*) => { crate::scenarios::raise(format!($($message)*)) };
}

use smartcall_models::shuttle_sync as sync;

#[path = "../../../src/cancel.rs"]
#[allow(dead_code)]
mod cancel;
#[path = "../../../src/carry.rs"]
#[allow(dead_code)]
mod carry;
#[path = "../../../src/context.rs"]
#[allow(dead_code, unused_imports)]
mod context;
#[path = "../../../src/crew.rs"]
#[allow(dead_code)]
mod crew;
#[path = "../../../src/drive.rs"]
#[allow(dead_code)]
mod drive;
#[path = "../../../src/error.rs"]
#[allow(dead_code)]
mod error;
#[path = "../../../src/foreign.rs"]
#[allow(dead_code)]
mod foreign;
#[path = "../../../src/host.rs"]
#[allow(dead_code)]
mod host;
#[path = "../../../src/monitor.rs"]
mod monitor;
mod offload;
mod pool;
#[path = "../../../src/roll.rs"]
mod roll;
#[path = "../../../src/runner.rs"]
mod runner;
mod scenarios;
#[path = "../../../src/signal.rs"]
mod signal;
#[path = "../../../src/slot.rs"]
mod slot;
#[path = "../../../src/stay.rs"]
mod stay;
#[path = "../../../src/tasks.rs"]
#[allow(dead_code)]
mod tasks;

// A module for each fault.
include!(concat!(env!("OUT_DIR"), "/crew.rs"));

#[test]
fn tasks_in_the_queue_of_who_waits() {
    scenarios::tasks_in_the_queue_of_who_waits();
}

#[test]
fn tasks_that_spawn() {
    scenarios::tasks_that_spawn();
}

#[test]
fn chain() {
    scenarios::chain();
}

#[test]
fn chain_that_is_cut() {
    scenarios::chain_that_is_cut();
}

#[test]
fn in_place() {
    scenarios::in_place();
}

#[test]
fn short_calls() {
    scenarios::short_calls();
}

#[test]
fn slow_then_parked() {
    scenarios::slow_then_parked();
}

#[test]
fn dismissed_and_blocked() {
    scenarios::dismissed_and_blocked();
}

#[test]
fn guests() {
    scenarios::guests();
}

#[test]
fn panics() {
    scenarios::panics();
}

#[test]
fn stop_while_parked() {
    scenarios::stop_while_parked();
}

#[test]
fn stop_at_any_time() {
    scenarios::stop_at_any_time();
}

#[test]
fn stop_from_within() {
    scenarios::stop_from_within();
}

#[test]
fn stop_as_threads_wake_and_cancel() {
    scenarios::stop_as_threads_wake_and_cancel();
}

#[test]
fn cancelled_as_it_parks() {
    scenarios::cancelled_as_it_parks();
}

#[test]
fn left_at_any_time() {
    scenarios::left_at_any_time();
}
