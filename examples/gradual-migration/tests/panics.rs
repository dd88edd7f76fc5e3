//! What a call that panics leaves behind. It depends on what owns the connection.

mod common;

use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use common::limit;
use rusqlite::Connection;
use smartcall::offload::SingleThread;
use smartcall_gradual_migration::Error;

/// The client of steps 2 and 3 no longer works.
#[smartcall::test]
async fn of_a_call_of_tokio_rusqlite() {
    let _limit = limit();
    let opened = tokio_rusqlite::Connection::open_in_memory().await;
    let client = opened.expect("it opens");
    let closed = client.call(|_| -> Result<u32, Error> { panic!("not this one") });
    assert!(matches!(
        Error::from(closed.await.expect_err("it panicked")),
        Error::Gone
    ));
    let closed = client.call(|_| Ok::<u32, Error>(5));
    assert!(matches!(
        Error::from(closed.await.expect_err("it is over")),
        Error::Gone
    ));
}

/// The thread of step 4 passes the panic on with its text, and the next call works.
#[smartcall::test]
fn of_a_call_of_single_thread() {
    let _limit = limit();
    let opened = SingleThread::try_new(|| Connection::open_in_memory().map(Rc::new));
    let thread = opened.get().expect("it opens");
    let called = thread.run(|_| -> u32 { panic!("not this one") });
    let panicked = panic::catch_unwind(AssertUnwindSafe(|| called.get()));
    let panic = panicked.expect_err("it panicked");
    assert_eq!(panic.downcast_ref(), Some(&"not this one"));
    let changes = thread.run(|connection| connection.total_changes()).get();
    assert_eq!(changes, 0);
}
