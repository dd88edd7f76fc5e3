//! The time limit of a test.

use std::convert::Infallible;
use std::panic;
use std::process::{ExitCode, Termination};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::system::HAS_THREADS;
#[cfg(all(feature = "diagnose", feature = "executor"))]
use crate::waits::tasks;

/// Runs a test on a thread of its own, and fails if the test has not ended within the limit.
///
/// The thread has the name of the test, as the test runner's has. If the test fails by its limit, the thread goes on until the
/// process ends. Without threads there is no limit.
#[track_caller]
pub fn within<T: Termination>(
    limit: Duration,
    test: impl FnOnce() -> T + Send + 'static,
) -> ExitCode {
    if !HAS_THREADS {
        return test().report();
    }
    #[cfg(all(feature = "diagnose", feature = "executor"))]
    tasks::watch();
    let current = thread::current();
    let name = current.name().unwrap_or("a test");
    let (runs, ended) = mpsc::channel::<Infallible>();
    let thread = thread::Builder::new().name(name.into()).spawn(|| {
        // It is dropped when the test has ended, by a panic as well.
        let _runs = runs;
        // The value itself need not be `Send`: it may be a boxed error.
        test().report()
    });
    let thread = thread.expect("a thread for the test starts");
    if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
        panic!(
            "the test `{name}` has not ended within {limit:?}. Something in it waits for what does not come, or it takes longer: \
             `#[smartcall::test(timeout = \"5min\")]` gives it more time.{}",
            who_waits()
        );
    }
    thread
        .join()
        .unwrap_or_else(|payload| panic::resume_unwind(payload))
}

/// Returns the report of all waits of the process.
#[cfg(feature = "diagnose")]
fn who_waits() -> String {
    let waits = crate::diagnose::waits();
    if waits.is_empty() {
        // An executor of another crate polls the body, or it computes.
        return String::new();
    }
    format!(" These wait, in this test and in others:\n{waits}")
}

#[cfg(not(feature = "diagnose"))]
fn who_waits() -> &'static str {
    ""
}
