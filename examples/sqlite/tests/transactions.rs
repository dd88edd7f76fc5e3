//! Transactions: code that is lent one, and guards.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use common::{COUNT, INSERT, TEXTS, limit};
use futures::FutureExt;
use rusqlite::{Error, Result, Row, Transaction};
use smartcall::smart;
use smartcall_sqlite::Database;

/// Makes a database with one text.
#[smart]
async fn texts() -> Result<Database> {
    let db = Database::open_in_memory().await?;
    db.execute_batch(TEXTS).await?;
    db.execute(INSERT, ("one",)).await?;
    Ok(db)
}

/// Counts the texts.
#[smart]
async fn count(db: &Database) -> Result<i64> {
    db.query_row(COUNT, (), number).await
}

fn number(row: &Row<'_>) -> Result<i64> {
    row.get(0)
}

fn fails(it: &mut Transaction<'_>) -> Result<()> {
    it.execute(INSERT, ("two",))?;
    Err(Error::InvalidQuery)
}

fn panics(it: &mut Transaction<'_>) -> Result<()> {
    it.execute(INSERT, ("two",))?;
    panic!("it panics");
}

/// A body that fails or panics is rolled back.
#[smartcall::test]
fn a_body_that_fails_or_panics_sync() -> Result<()> {
    let _limit = limit();
    let db = texts().get()?;
    assert_eq!(db.transaction(fails).get(), Err(Error::InvalidQuery));
    assert_eq!(count(&db).get(), Ok(1));
    let panicked = catch_unwind(AssertUnwindSafe(|| db.transaction(panics).get()));
    panicked.expect_err("it panics");
    assert_eq!(count(&db).get(), Ok(1));
    Ok(())
}

#[smartcall::test]
async fn a_body_that_fails_or_panics_async() -> Result<()> {
    let _limit = limit();
    let db = texts().await?;
    assert_eq!(db.transaction(fails).await, Err(Error::InvalidQuery));
    assert_eq!(count(&db).await, Ok(1));
    let panicked = AssertUnwindSafe(db.transaction(panics)).catch_unwind();
    panicked.await.expect_err("it panics");
    assert_eq!(count(&db).await, Ok(1));
    Ok(())
}

/// Inserts two texts, one of them in a savepoint that is rolled back.
fn saves(it: &mut Transaction<'_>) -> Result<()> {
    it.execute(INSERT, ("two",))?;
    let savepoint = it.savepoint()?;
    savepoint.execute(INSERT, ("three",))?;
    drop(savepoint);
    Ok(())
}

#[smartcall::test]
fn a_savepoint_sync() -> Result<()> {
    let _limit = limit();
    let db = texts().get()?;
    db.transaction(saves).get()?;
    assert_eq!(count(&db).get(), Ok(2));
    Ok(())
}

#[smartcall::test]
async fn a_savepoint_async() -> Result<()> {
    let _limit = limit();
    let db = texts().await?;
    db.transaction(saves).await?;
    assert_eq!(count(&db).await, Ok(2));
    Ok(())
}

/// A guard is rolled back when it is dropped, and is open after an error and a panic.
#[smartcall::test]
fn a_guard_that_is_dropped_sync() -> Result<()> {
    let _limit = limit();
    let db = texts().get()?;
    let tx = db.begin().get()?;
    tx.execute(INSERT, ("two",)).get()?;
    drop(tx);
    assert_eq!(count(&db).get(), Ok(1));

    let tx = db.begin().get()?;
    tx.execute("nonsense", ()).get().expect_err("it is no SQL");
    let panics = tx.query_row(COUNT, (), |_| -> Result<i64> { panic!("it panics") });
    catch_unwind(AssertUnwindSafe(|| panics.get())).expect_err("it panics");
    tx.execute(INSERT, ("two",)).get()?;
    tx.commit().get()?;
    assert_eq!(count(&db).get(), Ok(2));
    Ok(())
}

#[smartcall::test]
async fn a_guard_that_is_dropped_async() -> Result<()> {
    let _limit = limit();
    let db = texts().await?;
    let tx = db.begin().await?;
    tx.execute(INSERT, ("two",)).await?;
    drop(tx);
    assert_eq!(count(&db).await, Ok(1));

    let tx = db.begin().await?;
    tx.execute("nonsense", ()).await.expect_err("it is no SQL");
    let panics = tx.query_row(COUNT, (), |_| -> Result<i64> { panic!("it panics") });
    let panicked = AssertUnwindSafe(panics).catch_unwind();
    panicked.await.expect_err("it panics");
    tx.execute(INSERT, ("two",)).await?;
    tx.commit().await?;
    assert_eq!(count(&db).await, Ok(2));
    Ok(())
}
