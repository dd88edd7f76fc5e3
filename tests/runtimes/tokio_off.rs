//! tokio, where the feature that detects it is off.

use std::io;
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use smartcall::{Dual, sleep};

use crate::common::{assert_contains, in_child_until, panic_of};

/// A get that waits for long on one of tokio's threads names the feature.
#[test]
fn long_wait_in_a_task_names_the_feature() {
    let names_the_feature = "smartcall: a `.get()` has waited for 5 seconds: a thread of tokio waits, and the feature \
                             `tokio` of smartcall is off";
    in_child_until(names_the_feature, || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).build().expect("it starts");
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || {
            let mut line = String::new();
            io::stdin().read_line(&mut line).expect("it is told");
            sender.send(5)
        });
        let gets = runtime.spawn(async { Dual::future(receiver).get() });
        assert_eq!(runtime.block_on(gets).expect("it ends"), Ok(5));
    });
}

/// What begins the line that names it where tokio misses a runtime.
const MISSING: &str =
    "smartcall: a `.get()` ran code that needs tokio, and the feature `tokio` of smartcall is off";

async fn needs_tokio() {
    tokio::time::sleep(Duration::ZERO).await;
}

/// tokio's panic arrives unchanged.
fn assert_missing<R>(code: impl FnOnce() -> R) {
    assert_contains(&panic_of(code), "there is no reactor running");
}

/// A line names the feature where the first poll misses a runtime.
#[test]
fn first_poll_misses_a_runtime() {
    in_child_until(MISSING, || {
        assert_missing(|| Dual::future(needs_tokio()).get());
    });
}

#[test]
fn later_poll_misses_a_runtime() {
    in_child_until(MISSING, || {
        let later = async {
            sleep(Duration::from_millis(1)).await;
            needs_tokio().await;
        };
        assert_missing(|| Dual::future(later).get());
    });
}

#[test]
fn now_or_later_misses_a_runtime() {
    in_child_until(MISSING, || {
        assert_missing(|| drop(Dual::future(needs_tokio()).now_or_later()));
    });
}
