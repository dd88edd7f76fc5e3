//! Workers, spares and the monitor under loom: `workers.rs`, `roster.rs`, `call_state.rs` and `monitor.rs`.
//!
//! This model checks what depends on memory ordering and not on a lock. The model `executor` covers the whole.

mod sync {
    pub(crate) use smartcall_models::loom_sync::*;
    pub(crate) use std::sync::Arc;
}

#[path = "../../../src/executor/call_state.rs"]
pub(crate) mod call_state;
#[path = "../../../src/executor/monitor.rs"]
pub(crate) mod monitor;
#[path = "../../src/os_thread.rs"]
#[allow(unreachable_pub)]
pub(crate) mod os_thread;
pub(crate) mod record;
#[path = "../../../src/executor/roster.rs"]
#[allow(dead_code)]
pub(crate) mod roster;
pub(crate) mod scenarios;
pub(crate) mod scheduler;
#[path = "../../../src/executor/stalls.rs"]
#[allow(dead_code)]
pub(crate) mod stalls;
pub(crate) mod worker_loop;
#[path = "../../../src/executor/workers.rs"]
#[allow(dead_code)]
pub(crate) mod workers;

// The crate's folders, and a module for each fault.
include!(concat!(env!("OUT_DIR"), "/places.rs"));

#[test]
fn busy_worker() {
    scenarios::busy_worker();
}

#[test]
fn short_call() {
    scenarios::short_call();
}

#[test]
fn parked_call() {
    scenarios::parked_call();
}
