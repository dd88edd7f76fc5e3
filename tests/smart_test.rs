//! `#[smartcall::test]`: one body, and a test for each caller.

#![cfg(feature = "macros")]

use std::io;
use std::rc::Rc;

use smartcall::context::{self, Place};
use smartcall::{Dual, smart};

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
#[allow(clippy::unused_unit, reason = "it is returned in words")]
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
    let five = Rc::new(Dual::ready(5));
    six().await;
    assert_eq!(**five, 5);
}

/// The tests have the names of the callers, all that there are.
#[test]
fn the_names() {
    let list = std::process::Command::new(std::env::current_exe().expect("it is there"))
        .arg("--list")
        .output()
        .expect("it is there");
    let list = String::from_utf8(list.stdout).expect("it is there");
    let mut names: Vec<_> = list
        .lines()
        .filter_map(|line| line.split_once("an_async_body::")?.1.strip_suffix(": test"))
        .collect();
    names.sort_unstable();
    let mut expected = vec!["foreign", "sync"];
    expected.extend(cfg!(feature = "executor").then_some("shim"));
    expected.extend(cfg!(feature = "tokio").then_some("tokio"));
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert!(!list.contains("left_out"));
}
