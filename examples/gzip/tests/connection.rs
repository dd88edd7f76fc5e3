//! A sync gzip over an async connection.

mod common;

use std::io::ErrorKind;
use std::thread;

use common::{connection, gunzip, gzip, limit, sender, text};
use smartcall::LocalExecutor;
use smartcall_gzip::connection::{finish, reader, writer};

/// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in a tokio
/// task.
#[smartcall::test]
fn written_by_a_sync_caller() {
    use std::io::Write;

    let _limit = limit();
    let (connection, other) = connection();
    let received = thread::spawn(move || gunzip(other));
    let mut writer = writer(connection);
    writer.write_all(text().as_bytes()).expect("it is sent");
    drop(finish(writer).get().expect("it is sent"));
    let received = received.join().expect("it receives");
    assert!(received.expect("it is complete") == text());
}

/// Driven by one `.get()`, and on the three executors.
#[smartcall::test]
async fn written_by_an_async_caller() {
    use futures::io::AsyncWriteExt;

    let _limit = limit();
    let (connection, other) = connection();
    let received = thread::spawn(move || gunzip(other));
    let mut writer = writer(connection);
    let text = text();
    writer.write_all(text.as_bytes()).await.expect("it is sent");
    drop(finish(writer).await.expect("it is sent"));
    let received = received.join().expect("it receives");
    assert!(received.expect("it is complete") == text);
}

#[smartcall::test]
fn read_by_a_sync_caller() {
    use std::io::Read;

    let _limit = limit();
    let mut read = String::new();
    let mut whole = reader(sender(gzip(&text()))).get();
    whole.read_to_string(&mut read).expect("it is complete");
    assert!(read == text());

    let mut half = gzip(&text());
    half.truncate(half.len() / 2);
    let error = reader(sender(half)).get().read_to_string(&mut read);
    let error = error.expect_err("it is not complete");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

#[smartcall::test]
async fn read_by_an_async_caller() {
    use futures::io::AsyncReadExt;

    let _limit = limit();
    let mut read = String::new();
    let mut whole = reader(sender(gzip(&text()))).await;
    let count = whole.read_to_string(&mut read).await;
    count.expect("it is complete");
    assert!(read == text());

    let mut half = gzip(&text());
    half.truncate(half.len() / 2);
    let error = reader(sender(half)).await.read_to_string(&mut read).await;
    let error = error.expect_err("it is not complete");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

/// An encoder writes the end when it is dropped, too: on a pool, since a task must not wait for the connection.
#[test]
fn dropped_by_an_async_caller() {
    use futures::io::AsyncWriteExt;

    let _limit = limit();
    let (connection, other) = connection();
    LocalExecutor::new().block_on(async {
        let mut writer = writer(connection);
        writer.write_all(b"some text").await.expect("it is sent");
        writer.flush().await.expect("it is sent");
    });
    assert_eq!(gunzip(other).expect("it is complete"), "some text");
}
