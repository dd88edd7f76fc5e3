//! Streams of rows, and the callbacks that make their items.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{ENDLESS, NUMBERS, TEXTS, limit};
use futures::FutureExt;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Error, Result, Row};
use smartcall::{DualStreamOf, Source};
use smartcall_sqlite::Database;

/// More than any stream reads ahead.
const FEW: usize = 100;

fn number(row: &Row<'_>) -> Result<usize> {
    row.get(0)
}

/// A stream of the numbers, and how many of them were made.
fn counted(
    db: &Database,
) -> (
    DualStreamOf<impl Source<Item = Result<usize>> + use<>>,
    Arc<AtomicUsize>,
) {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let rows = db.query(NUMBERS, (), move |row| {
        count.fetch_add(1, Ordering::Relaxed);
        number(row)
    });
    (rows, made)
}

#[smartcall::test]
fn rows_are_read_as_they_are_taken_sync() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().get()?;
    let (mut rows, made) = counted(&db);
    assert_eq!(made.load(Ordering::Relaxed), 0);
    for n in 1..=5 {
        assert_eq!(rows.next().get(), Some(Ok(n)));
    }
    let ahead = made.load(Ordering::Relaxed);
    assert!((5..FEW).contains(&ahead), "{ahead}");
    assert_eq!(rows.into_iter().count(), 995);
    assert_eq!(made.load(Ordering::Relaxed), 1000);
    Ok(())
}

#[smartcall::test]
async fn rows_are_read_as_they_are_taken_async() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    let (mut rows, made) = counted(&db);
    assert_eq!(made.load(Ordering::Relaxed), 0);
    for n in 1..=5 {
        assert_eq!(rows.next().await, Some(Ok(n)));
    }
    let ahead = made.load(Ordering::Relaxed);
    assert!((5..FEW).contains(&ahead), "{ahead}");
    assert_eq!(rows.collect::<Vec<_>>().await.len(), 995);
    assert_eq!(made.load(Ordering::Relaxed), 1000);
    Ok(())
}

/// Fails at 3.
fn fails(context: &Context<'_>) -> Result<usize> {
    match context.get(0)? {
        3 => Err(Error::InvalidQuery),
        n => Ok(n),
    }
}

/// An error of the query is the last item, wherever it comes.
#[smartcall::test]
fn an_error_of_the_query_sync() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().get()?;
    db.create_function("fails", 1, FunctionFlags::default(), fails)
        .get()?;
    let sql = format!("SELECT fails(i) FROM ({NUMBERS})");
    let items: Vec<_> = db.query(&sql, (), number).into_iter().collect();
    assert_error_at(2, &items);
    let items: Vec<_> = db.query("nonsense", (), number).into_iter().collect();
    assert_error_at(0, &items);
    Ok(())
}

#[smartcall::test]
async fn an_error_of_the_query_async() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    db.create_function("fails", 1, FunctionFlags::default(), fails)
        .await?;
    let sql = format!("SELECT fails(i) FROM ({NUMBERS})");
    let items: Vec<_> = db.query(&sql, (), number).collect().await;
    assert_error_at(2, &items);
    let items: Vec<_> = db.query("nonsense", (), number).collect().await;
    assert_error_at(0, &items);
    Ok(())
}

#[track_caller]
fn assert_error_at(n: usize, items: &[Result<usize>]) {
    let (last, before) = items.split_last().expect("an error, at least");
    assert!(before.iter().flatten().copied().eq(1..=n), "{before:?}");
    assert_eq!(before.len(), n);
    assert!(last.is_err());
}

/// Fails at 3, as a callback.
fn odd(row: &Row<'_>) -> Result<usize> {
    match number(row)? {
        3 => Err(Error::InvalidQuery),
        n => Ok(n),
    }
}

/// After an error of the callback the rows go on.
#[smartcall::test]
fn an_error_of_the_callback_sync() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().get()?;
    let items: Vec<_> = db.query(NUMBERS, (), odd).into_iter().take(4).collect();
    assert_eq!(items, [Ok(1), Ok(2), Err(Error::InvalidQuery), Ok(4)]);
    Ok(())
}

#[smartcall::test]
async fn an_error_of_the_callback_async() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    let items: Vec<_> = db.query(NUMBERS, (), odd).take(4).collect().await;
    assert_eq!(items, [Ok(1), Ok(2), Err(Error::InvalidQuery), Ok(4)]);
    Ok(())
}

/// Panics at 3.
fn panics(row: &Row<'_>) -> Result<usize> {
    assert_ne!(number(row)?, 3);
    number(row)
}

/// A panic of the callback comes to the caller, after the rows before it. The database can be used afterwards.
#[smartcall::test]
fn a_panic_of_the_callback_sync() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().get()?;
    let mut rows = db.query(NUMBERS, (), panics);
    assert!(rows.iter().take(2).eq([Ok(1), Ok(2)]));
    catch_unwind(AssertUnwindSafe(|| rows.next().get())).expect_err("three");
    let row = db.query_row("SELECT 3", (), panics);
    catch_unwind(AssertUnwindSafe(|| row.get())).expect_err("three");
    assert!(db.exists(NUMBERS, ()).get()?);
    Ok(())
}

#[smartcall::test]
async fn a_panic_of_the_callback_async() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    let mut rows = db.query(NUMBERS, (), panics);
    assert_eq!(rows.next().await, Some(Ok(1)));
    assert_eq!(rows.next().await, Some(Ok(2)));
    let third = AssertUnwindSafe(rows.next()).catch_unwind().await;
    third.expect_err("three");
    let row = db.query_row("SELECT 3", (), panics);
    let row = AssertUnwindSafe(row).catch_unwind().await;
    row.expect_err("three");
    assert!(db.exists(NUMBERS, ()).await?);
    Ok(())
}

/// A panic of a function that a statement calls is an error of the statement.
#[smartcall::test]
async fn a_panic_of_a_function() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    let panics = |_: &Context<'_>| -> Result<usize> { panic!("it panics") };
    db.create_function("panics", 0, FunctionFlags::default(), panics)
        .await?;
    let row = db.query_row("SELECT panics()", (), number).await;
    row.expect_err("it has panicked");
    assert!(db.exists(NUMBERS, ()).await?);
    Ok(())
}

/// The connection is free after a stream that was dropped early.
#[smartcall::test]
fn an_early_drop_sync() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().get()?;
    let (rows, made) = counted(&db);
    for row in rows.into_iter().take(2) {
        row?;
    }
    db.execute_batch(TEXTS).get()?;
    assert!(made.load(Ordering::Relaxed) < FEW);
    Ok(())
}

#[smartcall::test]
async fn an_early_drop_async() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    let (mut rows, made) = counted(&db);
    assert_eq!(rows.next().await, Some(Ok(1)));
    drop(rows);
    // One that never began, and one that waits for its turn.
    drop(db.query(NUMBERS, (), number));
    let tx = db.begin().await?;
    let mut rows = db.query(NUMBERS, (), number);
    assert!(rows.next().now_or_later().is_err());
    drop(rows);
    tx.commit().await?;
    db.execute_batch(TEXTS).await?;
    assert!(made.load(Ordering::Relaxed) < FEW);
    Ok(())
}

/// A query that is looking for its next row ends as well when its stream is dropped.
#[smartcall::test]
async fn an_early_drop_while_it_looks() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    let mut rows = db.query(ENDLESS, (), number);
    let waits = rows.next().timeout(Duration::from_millis(50)).await;
    waits.expect_err("it never ends");
    drop(rows);
    db.execute_batch(TEXTS).await
}
