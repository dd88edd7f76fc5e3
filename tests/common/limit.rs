//! The time limit of a test.

use std::any;
use std::io::{self, Write};
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// How long a test may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs a test's body. If it hangs, names the test and ends the process.
pub fn limit<R>(body: impl FnOnce() -> R) -> R {
    limit_named(test_name(&body), body)
}

/// The same, for a test whose name is known.
pub fn limit_named<R>(name: &'static str, body: impl FnOnce() -> R) -> R {
    let (done, ended) = mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            // The harness captures what `eprintln!` prints, and an abort would lose it.
            let _ = writeln!(io::stderr(), "test `{name}` hangs: no end after {LIMIT:?}");
            process::abort();
        }
    });
    let result = body();
    drop(done);
    watchdog.join().expect("the watchdog does not panic");
    result
}

/// The name, with its modules, of the test that a closure is written in: the name that the
/// harness uses.
///
/// The thread's name is no substitute: with `--test-threads=1` it is "main".
pub fn test_name<F>(_body: &F) -> &'static str {
    let path = any::type_name::<F>();
    let path = path.split("::{{closure}}").next().unwrap_or(path);
    path.split_once("::").map_or(path, |(_crate, name)| name)
}
