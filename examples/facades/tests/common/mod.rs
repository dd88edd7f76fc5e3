//! Shared test code.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::time::Duration;

use smartcall_facades::callers::Report;

#[path = "../../../common/limit.rs"]
mod limit;
pub use limit::limit;

/// The time limit of a client that gets an answer.
pub const PATIENT: Duration = Duration::from_secs(30);

/// The time limit of a client that gets no answer.
pub const IMPATIENT: Duration = Duration::from_millis(200);

/// Asserts that a caller got the expected value from each function.
#[track_caller]
pub fn assert_report(report: &Report, expected: &[(&str, &str)]) {
    let report: Vec<(&str, &str)> = report.iter().map(|(name, got)| (*name, &**got)).collect();
    assert_eq!(report, expected);
}
