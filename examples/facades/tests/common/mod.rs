//! What the tests share.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::io::{self, Write};
use std::panic::Location;
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use smartcall_facades::callers::Report;

/// How long a test may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// How long a client waits where an answer comes.
pub const PATIENT: Duration = Duration::from_secs(30);

/// How long a client waits where none comes.
pub const IMPATIENT: Duration = Duration::from_millis(200);

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
    thread::spawn(move || {
        if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            // Not by `eprintln!`, which the harness keeps to itself: it would be lost.
            let _ = writeln!(
                io::stderr(),
                "the test at {place} hangs: no end after {LIMIT:?}"
            );
            process::abort();
        }
    });
    Limit { _running: running }
}

/// Shows that a caller got what it should from each function.
#[track_caller]
pub fn assert_report(report: &Report, expected: &[(&str, &str)]) {
    let report: Vec<(&str, &str)> = report.iter().map(|(name, got)| (*name, &**got)).collect();
    assert_eq!(report, expected);
}
