//! A time limit for tests that may hang, shared by all example crates.

use std::io::{self, Write};
use std::panic::Location;
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// How long a test may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// Lets a test run until this value is dropped or the time is over.
///
/// It is a value, so that async tests can use it.
#[must_use = "the limit ends as soon as it is dropped"]
pub struct Limit {
    _running: Sender<()>,
}

/// Starts the limit: if the test hangs, names the caller's line and ends the process.
#[track_caller]
pub fn limit() -> Limit {
    let place = Location::caller();
    let (running, ended) = mpsc::channel();
    // The thread of a test has the test's name, unless the test was called from another thread.
    let test = thread::current().name().unwrap_or_default().to_owned();
    thread::spawn(move || {
        if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            // Not with `eprintln!`: the test harness captures that, and it would be lost.
            let _ = writeln!(
                io::stderr(),
                "the test at {place} ({test}) hangs: no end after {LIMIT:?}"
            );
            process::abort();
        }
    });
    Limit { _running: running }
}
