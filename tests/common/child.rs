//! Tests that run as a process of their own.
//!
//! All tests of a folder share a process. A test that counts threads, or changes something
//! process-wide, runs as a child, in which it is the only test.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

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

/// Runs a test's body in a process of its own. What the child writes to stderr is read line by line, until one
/// begins like this. The child is then sent a line to its stdin, and has to end.
pub fn in_child_until(start: &str, body: impl FnOnce()) {
    let name = test_name(&body);
    if is_child(name) {
        return body();
    }
    let mut child = Command::new(env::current_exe().expect("the test's own path"));
    child
        .args([name, "--exact", "--nocapture"])
        .env(CHILD, name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (said, output) = limit_named(name, || {
        let mut child = child.spawn().expect("the child starts");
        let stderr = child.stderr.take().expect("it is piped");
        let mut said = String::new();
        for line in BufReader::new(stderr).lines() {
            said += &line.expect("it is text");
            said.push('\n');
            if said.lines().any(|line| line.starts_with(start)) {
                break;
            }
        }
        let mut stdin = child.stdin.take().expect("it is piped");
        // A child that has failed reads no more.
        let _ = stdin.write_all(b"\n");
        (said, child.wait_with_output().expect("the child ends"))
    });
    assert!(
        output.status.success() && said.lines().any(|line| line.starts_with(start)),
        "the child of `{name}` failed: {}\n{said}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
    );
}

/// Takes the memory of the process, so that there is no room for a stack until it is dropped.
#[cfg(target_os = "linux")]
pub fn no_room_for_a_stack(stack: usize) -> Vec<Vec<u8>> {
    let room = std::iter::repeat_with(|| {
        let mut room = Vec::new();
        room.try_reserve_exact(stack).map(|()| room)
    });
    room.map_while(Result::ok).collect()
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
