//! `is_cancelled`: blocking code whose handle is dropped while it runs.

use std::sync::mpsc;

use smartcall::{Dual, offload};

use crate::common::{limit, polled, wait_until};

/// `is_cancelled` is true once the handle is dropped, and not before.
#[test]
fn is_cancelled_once_the_handle_is_dropped() {
    limit(|| {
        let (begun, begins) = mpsc::channel();
        let (sender, receiver) = mpsc::channel();
        let waits = polled(Dual::blocking(move || {
            begun.send(offload::is_cancelled()).expect("it waits");
            wait_until(offload::is_cancelled);
            sender.send(()).expect("it waits");
        }));
        assert!(!begins.recv().expect("it begins"));
        drop(waits);
        receiver.recv().expect("it is told");
    });
}

/// `is_cancelled` is false outside of pool jobs, and where the caller waits itself.
#[test]
fn is_cancelled_where_nothing_can_cancel() {
    limit(|| {
        assert!(!offload::is_cancelled());
        assert!(!Dual::blocking(offload::is_cancelled).get());
        assert!(!pollster::block_on(Dual::blocking(offload::is_cancelled)));
        // A thread that runs one job after another tells them apart.
        for _ in 0..100 {
            drop(polled(Dual::blocking(|| wait_until(offload::is_cancelled))));
            let fresh = Dual::blocking(offload::is_cancelled);
            assert!(!pollster::block_on(fresh));
        }
    });
}
