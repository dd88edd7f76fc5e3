//! The thread that owns what must not leave it.

mod common;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, ThreadId};

use common::limit;
use smartcall_gradual_migration::Error;
use smartcall_gradual_migration::session::Session;

/// A value with no lock in it, that can't be moved to another thread.
type Counter = Rc<Cell<u32>>;

fn counter() -> Session<Counter> {
    let made = Session::start(|| Ok::<Counter, ()>(Rc::default())).get();
    made.expect("it is made")
}

fn count(counter: &Counter) -> (u32, ThreadId) {
    counter.set(counter.get() + 1);
    (counter.get(), thread::current().id())
}

#[smartcall::test]
fn by_get() {
    let _limit = limit();
    let session = counter();
    let (one, thread) = session.call(count).get().expect("it is there");
    assert_eq!(one, 1);
    assert_eq!(session.call(count).get().expect("it is there"), (2, thread));
    assert_ne!(thread, thread::current().id());
}

#[smartcall::test]
async fn by_await() {
    let _limit = limit();
    let session = counter();
    let (one, thread) = session.call(count).await.expect("it is there");
    assert_eq!(one, 1);
    let (a, b) = smartcall::join((session.call(count), session.call(count))).await;
    assert_eq!(a.expect("it is there"), (2, thread));
    assert_eq!(b.expect("it is there"), (3, thread));
}

#[smartcall::test]
async fn error_of_the_beginning() {
    let _limit = limit();
    let made = Session::<Counter>::start(|| Err("no value")).await;
    assert_eq!(made.err(), Some("no value"));
}

#[smartcall::test]
#[should_panic(expected = "no value at all")]
async fn panic_of_the_beginning() {
    let _limit = limit();
    let made = Session::<Counter>::start::<()>(|| panic!("no value at all")).await;
    drop(made);
}

/// A panic reaches its caller with its text, and the next caller is not concerned.
#[smartcall::test]
fn panic_of_a_call() {
    let _limit = limit();
    let session = counter();
    let calling = session.clone();
    let panicked = thread::spawn(move || {
        let called = calling.call(|_| -> u32 { panic!("not this one") });
        called.get().expect("it is there")
    });
    let panic = panicked.join().expect_err("it panicked");
    assert_eq!(panic.downcast_ref(), Some(&"not this one"));
    assert_eq!(session.call(count).get().expect("it is there").0, 1);
}

/// The client of steps 2 and 3 does otherwise, as the README says.
#[smartcall::test]
async fn panic_of_a_call_of_tokio_rusqlite() {
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

/// It would wait for itself.
#[test]
#[should_panic(expected = "use the `&T` here")]
fn call_on_its_own_thread() {
    let _limit = limit();
    let session = counter();
    let again = session.clone();
    let called = session.call(move |_| again.call(count).get().map(|_| ()));
    called.get().expect("it is there").expect("it is there");
}

/// A call that is dropped in the queue is not run.
#[smartcall::test]
fn dropped_before_its_turn() {
    let _limit = limit();
    let session = counter();
    let (go_on, held) = mpsc::channel::<()>();
    let holding = session.call(move |_| held.recv().is_err());
    let holding = holding.now_or_later().expect_err("it waits");
    let dropped = session.call(count);
    drop(dropped.now_or_later().expect_err("it waits for its turn"));
    drop(go_on);
    assert!(holding.get().expect("it is there"));
    assert_eq!(session.call(count).get().expect("it is there").0, 1);
}

/// The thread ends with the last handle, and drops the value there.
#[test]
fn its_end() {
    let _limit = limit();
    let alive = Arc::new(());
    let seen = Arc::downgrade(&alive);
    let session = Session::start(move || Ok::<_, ()>(Rc::new(alive))).get();
    let session = session.expect("it is made");
    let (ending, ended) = mpsc::channel::<()>();
    // It is dropped after the call, on the thread.
    session
        .call(move |_| drop(ending))
        .get()
        .expect("it is there");
    drop(session.clone());
    assert!(seen.upgrade().is_some());
    drop(session);
    ended.recv().expect_err("nothing is sent");
    while seen.upgrade().is_some() {
        thread::yield_now();
    }
}
