//! An async gzip over a blocking file.

mod common;

use std::io::ErrorKind;

use common::{assert_holds, file, gzip, limit, text};
use smartcall_gzip::file::{finish, reader, writer};

/// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in a tokio
/// task.
#[smartcall::test]
fn written_by_a_sync_caller() {
    use std::io::Write;

    let _limit = limit();
    let file = file(b"");
    let mut writer = writer(file.try_clone().expect("it is open"));
    writer.write_all(text().as_bytes()).expect("it is written");
    finish(writer).get().expect("it is written");
    assert_holds(file, &text());
}

/// Driven by one `.get()`, and on the three executors.
#[smartcall::test]
async fn written_by_an_async_caller() {
    use futures::io::AsyncWriteExt;

    let _limit = limit();
    let file = file(b"");
    let mut writer = writer(file.try_clone().expect("it is open"));
    let text = text();
    let written = writer.write_all(text.as_bytes()).await;
    written.expect("it is written");
    finish(writer).await.expect("it is written");
    assert_holds(file, &text);
}

#[smartcall::test]
fn read_by_a_sync_caller() {
    use std::io::Read;

    let _limit = limit();
    let mut read = String::new();
    let mut whole = reader(file(&gzip(&text())));
    whole.read_to_string(&mut read).expect("it is complete");
    assert!(read == text());

    let mut half = gzip(&text());
    half.truncate(half.len() / 2);
    let error = reader(file(&half)).read_to_string(&mut read);
    let error = error.expect_err("it is not complete");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

#[smartcall::test]
async fn read_by_an_async_caller() {
    use futures::io::AsyncReadExt;

    let _limit = limit();
    let mut read = String::new();
    let mut whole = reader(file(&gzip(&text())));
    let count = whole.read_to_string(&mut read).await;
    count.expect("it is complete");
    assert!(read == text());

    let mut half = gzip(&text());
    half.truncate(half.len() / 2);
    let error = reader(file(&half)).read_to_string(&mut read).await;
    let error = error.expect_err("it is not complete");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

/// Both callers read line by line.
#[smartcall::test]
async fn lines() {
    let _limit = limit();
    let mut lines = reader(file(&gzip(&text()))).lines();
    for n in 0..10_000 {
        let line = lines.try_next().await.expect("it is complete");
        assert_eq!(line, Some(format!("line {n}")));
    }
    let rest = reader(file(&gzip(&text()))).lines();
    assert_eq!(rest.into_iter().map_while(Result::ok).count(), 30_000);
}
