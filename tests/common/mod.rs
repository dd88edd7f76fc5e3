//! What the tests share. Each test file includes it and uses some of it.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::any;
use std::env;
use std::future::Future;
use std::io::{self, Write};
use std::pin::Pin;
use std::process::{self, Command};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use smartcall::{Dual, DualOf, SmartCallRef, Work};

/// How long a test may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(120);

/// The environment variable that tells a test process which test it is the child of.
const CHILD: &str = "SMARTCALL_TEST_CHILD";

/// Runs a test's body. If it hangs, names the test and ends the process.
pub fn limit<R>(body: impl FnOnce() -> R) -> R {
    limit_named(test_name(&body), body)
}

fn limit_named<R>(name: &'static str, body: impl FnOnce() -> R) -> R {
    let (done, ended) = mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            // Not by `eprintln!`, which the harness keeps to itself: it would be lost.
            let _ = writeln!(io::stderr(), "test `{name}` hangs: no end after {LIMIT:?}");
            process::abort();
        }
    });
    let result = body();
    drop(done);
    watchdog.join().expect("the watchdog does not panic");
    result
}

/// A handle that was polled once, so that its code is on its way to the pool.
pub fn polled<T, W: Work<Output = T>>(dual: Dual<T, W>) -> Pin<Box<impl Future<Output = T>>> {
    let mut future = Box::pin(dual);
    let poll = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending(), "it has something to wait for");
    future
}

/// Counts those that a predicate, which is lent each of them, is true of.
pub fn count<T, K>(
    items: Vec<T>,
    is_wanted: impl for<'a> SmartCallRef<bool, K, (&'a T,)>,
) -> DualOf<impl Work<Output = usize>> {
    Dual::future(async move {
        let mut count = 0;
        for item in &items {
            count += usize::from(is_wanted.invoke_ref_with((item,)).await);
        }
        count
    })
}

/// Waits for something that is to become true without telling.
pub fn wait_until(so: impl Fn() -> bool) {
    while !so() {
        thread::sleep(Duration::from_micros(100));
    }
}

/// Runs a test's body in a process of its own, under the limit.
///
/// For tests that count threads or change something process-wide: `cargo test` runs the
/// tests of a file in one process.
pub fn in_child(body: impl FnOnce()) {
    in_child_with(&[], body);
}

/// The same, with environment variables.
pub fn in_child_with(variables: &[(&str, &str)], body: impl FnOnce()) {
    let name = test_name(&body);
    if env::var(CHILD).is_ok_and(|child| child == name) {
        return body();
    }
    let output = limit_named(name, || {
        Command::new(env::current_exe().expect("the test's own path"))
            .args([name, "--exact", "--nocapture"])
            .env(CHILD, name)
            .envs(variables.iter().copied())
            .output()
            .expect("the child starts")
    });
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

/// The name of the test that a closure stands in, as the test runner knows it.
///
/// The thread's name would not do: with `--test-threads=1` it is "main".
fn test_name<F>(_body: &F) -> &'static str {
    let path = any::type_name::<F>();
    let path = path.split("::{{closure}}").next().unwrap_or(path);
    path.split_once("::").map_or(path, |(_crate, name)| name)
}

/// The number of threads of this process.
#[cfg(target_os = "linux")]
pub fn threads() -> usize {
    std::fs::read_dir("/proc/self/task")
        .expect("proc is mounted")
        .count()
}

/// The compiler whose words the snapshots hold: another one puts them differently.
const RUSTC_OF_SNAPSHOTS: &str = "rustc 1.95.";

/// Whether this is the compiler whose words the snapshots hold. It says so if it is not.
pub fn is_compiler_of_snapshots() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("-V").output();
    let version = version.map_or_else(
        |error| error.to_string(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    let is = version.starts_with(RUSTC_OF_SNAPSHOTS);
    if !is {
        println!("skipped: the snapshots are of {RUSTC_OF_SNAPSHOTS}*, and this is {version}");
    }
    is
}
