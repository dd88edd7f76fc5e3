//! The key-value client, with every caller.

mod common;

use std::{io, thread};

use common::{IMPATIENT, assert_report, limit};
use smartcall_facades::callers;
use smartcall_facades::kv::Kv;
use smartcall_facades::servers;

const EXPECTED: [(&str, &str); 10] = [
    ("get", "None"),
    ("set", "Some(b\"one\")"),
    ("set_expires", "Some(b\"two\")"),
    ("publish", "1"),
    ("next_message", "Some(b\"three\")"),
    ("messages", "[b\"four\", b\"five\"]"),
    ("subscribe", "c, d"),
    ("unsubscribe", "d"),
    ("into_stream", "Some(b\"six\")"),
    ("set, shared", "Some(b\"seven\")"),
];

/// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in a tokio
/// task.
#[smartcall::test]
fn sync_caller() {
    let _limit = limit();
    let server = servers::kv().expect("it starts");
    let report = callers::kv::sync(server.address());
    assert_report(&report.expect("it is answered"), &EXPECTED);
}

/// Driven by one `.get()`, in a task of the `Executor`, and in a tokio task.
#[smartcall::test(sync, shim, tokio)]
async fn async_caller() {
    let _limit = limit();
    let server = servers::kv().expect("it starts");
    let report = callers::kv::asynchronous(server.address()).await;
    assert_report(&report.expect("it is answered"), &EXPECTED);
}

#[smartcall::test]
fn errors_of_a_sync_caller() {
    let _limit = limit();
    let server = servers::kv().expect("it starts");
    let address = server.address();
    let mut kv = Kv::connect(address).get().expect("it is there");
    let mut shared = Kv::connect(address)
        .get()
        .expect("it is there")
        .into_shared()
        .get();
    drop(server);
    kv.get("a").get().expect_err("the connection is closed");
    shared.get("a").get().expect_err("the connection is closed");
    let error = Kv::connect(address).get().err().expect("nobody is there");
    assert_refused(&error);
}

#[smartcall::test(sync, shim, tokio)]
async fn errors_of_an_async_caller() {
    let _limit = limit();
    let server = servers::kv().expect("it starts");
    let address = server.address();
    let mut kv = Kv::connect(address).await.expect("it is there");
    let mut shared = Kv::connect(address)
        .await
        .expect("it is there")
        .into_shared()
        .await;
    drop(server);
    kv.get("a").await.expect_err("the connection is closed");
    shared.get("a").await.expect_err("the connection is closed");
    let error = Kv::connect(address).await.err().expect("nobody is there");
    assert_refused(&error);
}

#[track_caller]
fn assert_refused(error: &mini_redis::Error) {
    let error = error.downcast_ref::<io::Error>().expect("the socket's own");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

/// A wait for a message ends when the server stops.
#[smartcall::test]
fn a_server_that_stops_meanwhile() {
    let _limit = limit();
    let server = servers::kv().expect("it starts");
    let kv = Kv::connect(server.address()).get().expect("it is there");
    let mut news = kv
        .subscribe(vec!["a".into()])
        .get()
        .expect("it is answered");
    let stopping = thread::spawn(move || {
        thread::sleep(IMPATIENT);
        drop(server);
    });
    let message = news.next_message().get();
    assert!(!matches!(message, Ok(Some(_))), "{message:?}");
    stopping.join().expect("it stops");
}
