//! Workers, spares and the monitor, `crew.rs`, `slot.rs` and `monitor.rs`, under loom: what is
//! passed on by the ordering of memory and not by a lock. The `crew` model has the whole.

mod sync {
    pub(crate) use smartcall_models::loom_sync::*;
    pub(crate) use std::sync::Arc;
}

#[path = "../../../src/crew.rs"]
#[allow(dead_code)]
mod crew;
#[path = "../../../src/monitor.rs"]
mod monitor;
mod runner;
mod scenarios;
#[path = "../../../src/slot.rs"]
mod slot;
mod tasks;

// A module for each fault.
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
