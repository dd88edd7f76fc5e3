//! `#[smartcall::test]`: one body, and a test for each caller.

use std::env;
use std::io;
use std::process::Command;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use smartcall::context::{self, Place};
use smartcall::smart;

#[smart]
async fn five() -> u32 {
    5
}

#[smart]
fn six() -> u32 {
    6
}

#[smartcall::test]
async fn an_async_body() {
    assert_eq!(five().await, 5);
    assert_eq!(six().await, 6);
    assert_eq!(six().get(), 6);
}

#[smartcall::test]
fn a_sync_body() {
    assert_eq!(five().get(), 5);
    assert_eq!(six().get(), 6);
}

/// Each caller is where its name says.
#[smartcall::test(sync)]
async fn the_sync_caller() {
    assert_eq!(context::current(), Place::Driving);
}

#[cfg(feature = "executor")]
#[smartcall::test(shim)]
async fn the_shim() {
    assert_eq!(context::current(), Place::Inside);
}

#[cfg(feature = "executor")]
#[smartcall::test(shim)]
fn the_shim_of_a_sync_body() {
    assert_eq!(context::current(), Place::Inside);
}

#[smartcall::test(foreign)]
async fn the_foreign_executor() {
    assert_eq!(context::current(), Place::Outside);
}

#[smartcall::test(foreign, sync)]
fn the_sync_callers_of_a_sync_body() {
    assert_eq!(context::current(), Place::Outside);
}

#[cfg(feature = "tokio")]
#[smartcall::test(tokio)]
async fn a_task_of_tokio() {
    assert!(tokio::runtime::Handle::try_current().is_ok());
    assert!(tokio::task::try_id().is_some());
    assert_eq!(five().get(), 5);
}

#[smartcall::test]
async fn a_result() -> Result<(), Box<dyn std::error::Error>> {
    let five: u32 = "5".parse()?;
    assert_eq!(five, five_again(five).await?);
    Ok(())
}

async fn five_again(five: u32) -> io::Result<u32> {
    Ok(five)
}

#[smartcall::test]
#[should_panic(expected = "not five but 6")]
async fn a_panic() {
    let six = six().await;
    panic!("not five but {six}");
}

#[smartcall::test]
#[should_panic]
#[allow(clippy::unused_unit, reason = "it is returned explicitly")]
fn a_panic_of_a_sync_body() -> () {
    panic!("oh no");
}

#[smartcall::test]
#[ignore = "it fails, and must not be run"]
async fn an_ignored_test() {
    panic!("it was run");
}

#[smartcall::test]
#[cfg_attr(all(), ignore)]
#[allow(
    clippy::unused_unit,
    reason = "other attributes stay with the function"
)]
async fn an_ignored_test_by_cfg() -> () {
    panic!("it was run");
}

#[cfg(any())]
#[smartcall::test]
async fn left_out() {
    does_not_exist();
}

/// A body that is not `Send` has the callers that need no threads.
#[smartcall::test(sync, foreign)]
async fn a_body_that_is_not_send() {
    let five = Rc::new(5);
    six().await;
    assert_eq!(*five, 5);
}

/// Longer than a test may take.
const LONG: Duration = Duration::from_secs(20);

#[smartcall::test(timeout = "200ms")]
#[should_panic(expected = "` has not ended within 200ms")]
async fn an_async_body_that_takes_too_long() {
    smartcall::sleep(LONG).await;
}

/// It says who waits.
#[cfg(all(feature = "diagnose", feature = "executor"))]
#[smartcall::test(sync, shim, timeout = "200ms")]
#[should_panic(expected = "/test_attr.rs:")]
async fn a_body_that_waits() {
    smartcall::sleep(LONG).await;
}

#[smartcall::test(timeout = "1s")]
#[should_panic(expected = "::a_sync_body_that_takes_too_long::")]
fn a_sync_body_that_takes_too_long() {
    thread::sleep(LONG);
}

/// What a body prints and panics with names its test.
#[smartcall::test(sync, timeout = "5min")]
fn a_body_that_has_enough_time() {
    let thread = thread::current();
    let name = thread.name().expect("it has the test's name");
    // With one thread for all tests, that of the runner is the main one.
    assert!(name.ends_with("a_body_that_has_enough_time::sync") || name == "main");
}

#[smartcall::test]
#[ignore = "it fails, and is run by the test below"]
async fn an_error() -> Result<(), Box<dyn std::error::Error>> {
    Err("an error of the test's".into())
}

/// Runs this file's tests anew, with other arguments.
fn run(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env::current_exe().expect("the test's own path"))
        .args(arguments)
        .output()
        .expect("the child starts");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

/// The callers that there are.
fn callers() -> Vec<&'static str> {
    let mut callers = vec!["foreign", "sync"];
    callers.extend(cfg!(feature = "executor").then_some("shim"));
    callers.extend(cfg!(feature = "tokio").then_some("tokio"));
    callers.sort_unstable();
    callers
}

/// The tests have the names of the callers, all that there are.
#[test]
fn the_names() {
    let (_, list) = run(&["--list"]);
    let mut names: Vec<_> = list
        .lines()
        .filter_map(|line| line.split_once("an_async_body::")?.1.strip_suffix(": test"))
        .collect();
    names.sort_unstable();
    assert_eq!(names, callers());
    assert!(!list.contains("left_out"));
}

/// A panic and an error fail the test under each caller, and are what the runner shows.
#[test]
fn a_failure_is_told_under_each_caller() {
    for (name, words) in [
        ("an_ignored_test::", "it was run"),
        ("an_error::", "an error of the test's"),
    ] {
        let (success, output) = run(&["--ignored", name]);
        let failed = format!("0 passed; {} failed", callers().len());
        assert!(!success && output.contains(&failed), "{output}");
        assert_eq!(output.matches(words).count(), callers().len(), "{output}");
    }
}

/// A client in a `static` is used by one test after the other: its tasks live in a runtime that is kept.
#[cfg(feature = "tokio")]
mod static_client {
    use std::sync::OnceLock;

    use tokio::sync::{mpsc, oneshot};

    type Requests = mpsc::Sender<oneshot::Sender<u32>>;

    async fn ask() -> u32 {
        static REQUESTS: OnceLock<Requests> = OnceLock::new();

        let requests = REQUESTS.get_or_init(|| {
            let (requests, mut taken) = mpsc::channel::<oneshot::Sender<u32>>(1);
            tokio::spawn(async move {
                while let Some(answer) = taken.recv().await {
                    answer.send(5).expect("it waits");
                }
            });
            requests
        });
        let (answer, answered) = oneshot::channel();
        requests.send(answer).await.expect("it is served");
        answered.await.expect("it is answered")
    }

    #[smartcall::test(foreign, tokio)]
    async fn first() {
        assert_eq!(ask().await, 5);
    }

    #[smartcall::test(foreign, tokio)]
    async fn second() {
        assert_eq!(ask().await, 5);
    }
}

/// As in `#[tokio::test]`: handles are awaited, and a `.get()` is refused.
#[cfg(feature = "tokio")]
#[smartcall::test(current_thread)]
async fn the_current_thread_runtime() {
    let here = Rc::new(thread::current().id());
    assert_eq!(five().await, 5);
    assert_eq!(six().await, 6);
    tokio::task::yield_now().await;
    assert_eq!(*here, thread::current().id());
    assert!(context::can_block().is_err());
    assert!(five().try_get().is_err());
}
