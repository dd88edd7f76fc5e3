//! A limit for tests that may hang, for all the crates beside it.

use std::io::{self, Write};
use std::panic::Location;
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// How long a test may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// Lets a test go on, until it is dropped or the time is over.
///
/// It is a value, for tests that are async.
#[must_use = "the limit ends as soon as it is dropped"]
pub struct Limit {
    _running: Sender<()>,
}

/// Names the caller's place and ends the process if a test hangs.
#[track_caller]
pub fn limit() -> Limit {
    let place = Location::caller();
    let (running, ended) = mpsc::channel();
    // The thread of a test has the test's name, unless the test is called from elsewhere.
    let test = thread::current().name().unwrap_or_default().to_owned();
    thread::spawn(move || {
        if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            // Not by `eprintln!`, which the harness keeps to itself: it would be lost.
            let _ = writeln!(
                io::stderr(),
                "the test at {place} ({test}) hangs: no end after {LIMIT:?}"
            );
            process::abort();
        }
    });
    Limit { _running: running }
}
