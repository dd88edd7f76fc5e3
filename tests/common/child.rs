//! Tests that run as a process of their own.
//!
//! All tests of a folder share a process. A test that counts threads, or changes something
//! process-wide, runs as a child, in which it is the only test.

use std::env;
use std::process::Command;

use super::limit::{limit_named, test_name};

/// The environment variable that tells a test process which test it is the child of.
const CHILD: &str = "SMARTCALL_TEST_CHILD";

/// Runs a test's body in a process of its own, under the limit.
pub fn in_child(body: impl FnOnce()) {
    in_child_with(&[], body);
}

/// The same, with environment variables.
pub fn in_child_with(variables: &[(&str, &str)], body: impl FnOnce()) {
    let name = test_name(&body);
    if is_child(name) {
        return body();
    }
    let mut child = Command::new(env::current_exe().expect("the test's own path"));
    child.envs(variables.iter().copied());
    run(name, child);
}

/// The same, where each thread has a stack of `stack` bytes, and the process a limit to its
/// memory of `memory` KiB, or "unlimited".
#[cfg(target_os = "linux")]
pub fn in_child_with_stacks(stack: usize, memory: &str, body: impl FnOnce()) {
    let name = test_name(&body);
    if is_child(name) {
        return body();
    }
    let mut child = Command::new("sh");
    child
        .args(["-c", &format!("ulimit -v {memory} && exec \"$0\" \"$@\"")])
        .arg(env::current_exe().expect("the test's own path"))
        // The one test runs on the main thread, which needs no such stack.
        .arg("--test-threads=1")
        .env("RUST_MIN_STACK", stack.to_string())
        // A backtrace takes memory, of which there may be none left. The handler of that error in
        // the standard library then waits for the lock that the backtrace holds.
        .env("RUST_BACKTRACE", "0");
    run(name, child);
}

/// Whether this process is the child of a test.
fn is_child(name: &str) -> bool {
    env::var(CHILD).is_ok_and(|child| child == name)
}

/// Runs a test as a child, and fails if the child does.
#[track_caller]
fn run(name: &'static str, mut child: Command) {
    child
        .args([name, "--exact", "--nocapture"])
        .env(CHILD, name);
    let output = limit_named(name, || child.output().expect("the child starts"));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        // A name that no test has would pass with no test run.
        output.status.success() && stdout.contains("1 passed"),
        "the child of `{name}` failed: {}\n{}\n{}",
        output.status,
        stdout,
        String::from_utf8_lossy(&output.stderr),
    );
}
