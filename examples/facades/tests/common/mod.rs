//! What the tests share.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::time::Duration;

use smartcall_facades::callers::Report;

#[path = "../../../common/limit.rs"]
mod limit;
pub use limit::limit;

/// How long a client waits where an answer comes.
pub const PATIENT: Duration = Duration::from_secs(30);

/// How long a client waits where none comes.
pub const IMPATIENT: Duration = Duration::from_millis(200);

/// Shows that a caller got what it should from each function.
#[track_caller]
pub fn assert_report(report: &Report, expected: &[(&str, &str)]) {
    let report: Vec<(&str, &str)> = report.iter().map(|(name, got)| (*name, &**got)).collect();
    assert_eq!(report, expected);
}
