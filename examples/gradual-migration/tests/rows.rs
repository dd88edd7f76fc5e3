//! Rows one by one, for both callers.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use common::{Database, limit, open};
use smartcall::DualStream;
use smartcall_gradual_migration::rows::{AHEAD, rows};
use smartcall_gradual_migration::step1::Stock;
use smartcall_gradual_migration::{Error, Repository};

/// A query without an end.
const NUMBERS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

/// A query that fails after three rows.
const FAILS: &str = "SELECT column1 FROM (VALUES (0), (1), (2), ('many'), (4))";

/// A stream of numbers, and how many rows were read. The count is shared until the query has ended.
fn numbers(database: &Database) -> (DualStream<Result<u32, Error>>, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    let numbers = rows(&database.file(), NUMBERS, move |row| {
        count.fetch_add(1, Ordering::Relaxed);
        row.get(0)
    });
    (numbers, read)
}

/// Asserts that no more rows are read than may be, though nobody takes the next one.
#[track_caller]
fn assert_ahead(read: &AtomicUsize, taken: usize) {
    thread::sleep(Duration::from_millis(50));
    let read = read.load(Ordering::Relaxed);
    assert!(read <= taken + AHEAD, "{read} rows, {taken} taken");
}

/// Waits until the query has ended: its connection is closed.
fn wait_for_end(read: &Arc<AtomicUsize>) {
    while Arc::strong_count(read) > 1 {
        thread::yield_now();
    }
}

#[track_caller]
fn assert_mistyped(error: Option<Result<u32, Error>>) {
    assert!(matches!(error, Some(Err(Error::Sqlite(_)))), "{error:?}");
}

/// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in a tokio
/// task.
#[smartcall::test]
fn of_a_sync_caller() {
    let _limit = limit();
    let database = Database::new();
    let (mut numbers, read) = numbers(&database);
    assert_eq!(read.load(Ordering::Relaxed), 0);
    for (expected, number) in (0..100).zip(&mut numbers) {
        assert_eq!(number.expect("it is read"), expected);
    }
    assert_ahead(&read, 100);
    drop(numbers);
    wait_for_end(&read);
}

/// Driven by one `.get()`, and on the three executors.
#[smartcall::test]
async fn of_an_async_caller() {
    let _limit = limit();
    let database = Database::new();
    let (mut numbers, read) = numbers(&database);
    assert_eq!(read.load(Ordering::Relaxed), 0);
    for expected in 0..100 {
        let number = numbers.try_next().await.expect("it is read");
        assert_eq!(number, Some(expected));
    }
    assert_ahead(&read, 100);
    drop(numbers);
    wait_for_end(&read);
}

/// The rows before the error come first.
#[smartcall::test]
fn errors_of_a_sync_caller() {
    let _limit = limit();
    let database = Database::new();
    let mut numbers = rows(&database.file(), FAILS, |row| row.get(0));
    for expected in 0..3 {
        let number = numbers.try_next().get().expect("it is read");
        assert_eq!(number, Some(expected));
    }
    assert_mistyped(numbers.next().get());
    assert!(numbers.next().get().is_none());
    let mut nothing = rows(&database.file(), "SELECT i FROM nowhere", |row| row.get(0));
    assert_mistyped(nothing.next().get());
    assert!(nothing.next().get().is_none());
}

#[smartcall::test]
async fn errors_of_an_async_caller() {
    let _limit = limit();
    let database = Database::new();
    let mut numbers = rows(&database.file(), FAILS, |row| row.get(0));
    for expected in 0..3 {
        let number = numbers.try_next().await.expect("it is read");
        assert_eq!(number, Some(expected));
    }
    assert_mistyped(numbers.next().await);
    assert!(numbers.next().await.is_none());
    let mut nothing = rows(&database.file(), "SELECT i FROM nowhere", |row| row.get(0));
    assert_mistyped(nothing.next().await);
    assert!(nothing.next().await.is_none());
}

/// A change of the database between two rows neither waits nor is seen by the query.
#[smartcall::test]
fn changes_meanwhile() {
    let _limit = limit();
    let database = Database::new();
    let repository: Stock = open(&database.file());
    for n in 0..50 {
        repository.put("nut", n).get().expect("it is put");
    }
    for (expected, change) in (0..).zip(repository.changes()) {
        assert_eq!(change.expect("it is read").by, expected);
        repository.put("bolt", 1).get().expect("it is put");
    }
    assert_eq!(repository.count("bolt").get().expect("it is counted"), 50);
}
