//! From one gzip to the other, on both ends of a connection.

mod common;

use async_io::Async;
use common::{assert_holds, connection, file, gzip, limit, text};
use smartcall::try_join;
use smartcall_gzip::copy::{receive, send};

/// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in a tokio
/// task.
#[smartcall::test]
fn by_a_sync_caller() {
    let _limit = limit();
    let (from, to) = (file(&gzip(&text())), file(b""));
    let (connection, other) = connection();
    let other = Async::new(other).expect("it is a socket");
    let received = receive(other, to.try_clone().expect("it is open"));
    // The connection ends when it is dropped.
    let sent = send(from, connection).map_ok(|(length, _)| length);
    let lengths = try_join((sent, received)).get().expect("it is copied");
    assert_eq!(lengths, (text().len() as u64, text().len() as u64));
    assert_holds(to, &text());
}

/// Driven by one `.get()`, and on the three executors.
#[smartcall::test]
async fn by_an_async_caller() {
    let _limit = limit();
    let (from, to) = (file(&gzip(&text())), file(b""));
    let (connection, other) = connection();
    let other = Async::new(other).expect("it is a socket");
    let received = receive(other, to.try_clone().expect("it is open"));
    let sent = send(from, connection).map_ok(|(length, _)| length);
    let lengths = try_join((sent, received)).await.expect("it is copied");
    assert_eq!(lengths, (text().len() as u64, text().len() as u64));
    assert_holds(to, &text());
}
