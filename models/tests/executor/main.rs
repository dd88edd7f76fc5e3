//! The threads of an executor under shuttle, from `.get()` to the park.
//!
//! All files in between are the crate's own. async-executor, `sync` and time are modelled.

extern crate self as smartcall_context;
extern crate smartcall_models as async_executor;

macro_rules! thread_local {
    ($($locals:tt)*) => { smartcall_models::shuttle_local! { $($locals)* } };
}

/// Some panics are part of a scenario. shuttle reports every panic that calls the hook, so these must not call it.
macro_rules! panic {
    ($($message:tt)*) => { crate::scenarios::raise(format!($($message)*)) };
}

use smartcall_models::shuttle_sync as sync;

#[path = "../../../context/src/block.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod block;
#[path = "../../../src/executor/call_state.rs"]
pub(crate) mod call_state;
#[path = "../../../src/drive/cancel.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod cancel;
#[path = "../../../context/src/carry.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod carry;
#[path = "../../../src/drive/driver.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod driver;
#[path = "../../../context/src/enter.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod enter;
#[path = "../../../context/src/host.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod host;
#[path = "../../../src/executor/hosts.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod hosts;
#[path = "../../../context/src/internal.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod internal;
#[path = "../../../src/drive/job.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod job;
#[path = "../../../src/executor/monitor.rs"]
pub(crate) mod monitor;
#[path = "../../../context/src/once.rs"]
pub(crate) mod once;
#[path = "../../src/os_thread.rs"]
#[allow(unreachable_pub)]
pub(crate) mod os_thread;
#[path = "../../../src/drive/parker.rs"]
pub(crate) mod parker;
#[path = "../../../context/src/place.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod place;
#[path = "../../../context/src/placement.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub mod placement;
#[path = "../../../context/src/process.rs"]
#[allow(dead_code, unreachable_pub)]
pub(crate) mod process;
#[path = "../../../src/executor/record.rs"]
#[allow(dead_code)]
pub(crate) mod record;
#[path = "../../../context/src/refusal.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod refusal;
#[path = "../../../src/executor/roster.rs"]
pub(crate) mod roster;
#[path = "../../../context/src/runtime_host.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod runtime_host;
#[path = "../../../context/src/runtimes/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod runtimes;
pub(crate) mod scenarios;
#[path = "../../../src/executor/scheduler.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod scheduler;
#[path = "../../../context/src/scoped.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub mod scoped;
#[path = "../../../src/executor/stalls.rs"]
#[allow(dead_code, unreachable_pub)]
pub(crate) mod stalls;
#[path = "../../../src/executor/task_list.rs"]
pub(crate) mod task_list;
#[path = "../../../src/waits/mod.rs"]
pub(crate) mod waits;
#[path = "../../../src/executor/worker_loop.rs"]
pub(crate) mod worker_loop;
#[path = "../../../src/executor/workers.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
pub(crate) mod workers;

// The crate's folders, and a module for each fault.
include!(concat!(env!("OUT_DIR"), "/executor.rs"));

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
fn retired_and_blocked() {
    scenarios::retired_and_blocked();
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
fn stall() {
    scenarios::stall();
}

#[test]
fn stalled_then_parked() {
    scenarios::stalled_then_parked();
}

#[test]
fn slow_polls() {
    scenarios::slow_polls();
}

#[test]
fn stop_while_blocked() {
    scenarios::stop_while_blocked();
}

#[test]
fn stop_each_other() {
    scenarios::stop_each_other();
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
fn scheduler_dropped_as_a_thread_wakes() {
    scenarios::scheduler_dropped_as_a_thread_wakes();
}

#[test]
fn interrupted_as_it_parks() {
    scenarios::interrupted_as_it_parks();
}

#[test]
fn given_up_as_it_parks() {
    scenarios::given_up_as_it_parks();
}

#[test]
fn dropped_at_any_time() {
    scenarios::dropped_at_any_time();
}

#[test]
fn awaited_as_it_ends() {
    scenarios::awaited_as_it_ends();
}
