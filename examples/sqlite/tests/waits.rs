//! Calls that wait, and calls that are given up.

mod common;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use common::{COUNT, ENDLESS, INSERT, TEXTS, limit};
use futures::future::join;
use rusqlite::{Result, Row};
use smartcall::{Executor, sleep};
use smartcall_sqlite::Database;
use tokio::runtime::Builder;

/// Long enough for a call to begin.
const SHORT: Duration = Duration::from_millis(50);

/// Longer than any test takes that goes well.
const LONG: Duration = Duration::from_secs(30);

fn number(row: &Row<'_>) -> Result<i64> {
    row.get(0)
}

/// A statement that waits lets the other futures of its task go on.
async fn others_go_on() -> Result<()> {
    let db = Database::open_in_memory().await?;
    let (tell, told) = mpsc::channel();
    let waits = db.query_row("SELECT 1", (), move |_| Ok(told.recv_timeout(LONG)));
    let tells = async { tell.send(5).expect("it waits") };
    let (got, ()) = join(waits, tells).await;
    assert_eq!(got?, Ok::<_, RecvTimeoutError>(5));
    Ok(())
}

#[smartcall::test]
async fn others_go_on_everywhere() -> Result<()> {
    let _limit = limit();
    others_go_on().await
}

/// On the only thread of an executor and of a runtime.
#[test]
fn others_go_on_beside_it() -> Result<()> {
    let _limit = limit();
    let executor = Executor::builder().threads(1).build();
    executor.spawn(others_go_on()).get()?;
    let runtime = Builder::new_current_thread().build().expect("it starts");
    runtime.block_on(others_go_on())
}

/// A call that is given up before its turn does nothing.
#[smartcall::test]
fn given_up_before_its_turn_sync() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().get()?;
    db.execute_batch(TEXTS).get()?;
    let tx = db.begin().get()?;
    let insert = db.execute(INSERT, ("one",)).timeout(SHORT).get();
    insert.expect_err("it has to wait");
    tx.commit().get()?;
    sleep(SHORT).get();
    assert_eq!(db.query_row(COUNT, (), number).get(), Ok(0));
    Ok(())
}

#[smartcall::test]
async fn given_up_before_its_turn_async() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    db.execute_batch(TEXTS).await?;
    let tx = db.begin().await?;
    let insert = db.execute(INSERT, ("one",)).timeout(SHORT).await;
    insert.expect_err("it has to wait");
    tx.commit().await?;
    sleep(SHORT).await;
    assert_eq!(db.query_row(COUNT, (), number).await, Ok(0));
    Ok(())
}

/// A statement that never ends is interrupted when it is given up.
#[smartcall::test]
fn given_up_while_it_runs_sync() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().get()?;
    let endless = db.query_row(ENDLESS, (), number).timeout(SHORT).get();
    endless.expect_err("it has no end");
    db.execute_batch(TEXTS).get()
}

#[smartcall::test]
async fn given_up_while_it_runs_async() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    let endless = db.query_row(ENDLESS, (), number).timeout(SHORT).await;
    endless.expect_err("it has no end");
    db.execute_batch(TEXTS).await
}

/// In a transaction SQLite then rolls it all back, and no later statement runs outside of it.
#[smartcall::test]
async fn given_up_in_a_transaction() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    db.execute_batch(TEXTS).await?;
    let tx = db.begin().await?;
    tx.execute(INSERT, ("one",)).await?;
    let endless = tx.query_row(ENDLESS, (), number).timeout(SHORT).await;
    endless.expect_err("it has no end");
    tx.execute(INSERT, ("two",)).await?;
    let endless = format!("INSERT INTO texts (text) {ENDLESS}");
    let endless = tx.execute(&endless, ()).timeout(SHORT).await;
    endless.expect_err("it has no end");
    let after = tx.execute(INSERT, ("three",)).await;
    after.expect_err("it was rolled back");
    tx.commit().await.expect_err("it was rolled back");
    assert_eq!(db.query_row(COUNT, (), number).await, Ok(0));
    Ok(())
}

/// A body of a transaction that is given up is rolled back, as its next statement fails.
#[smartcall::test]
async fn a_body_that_is_given_up() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().await?;
    db.execute_batch(TEXTS).await?;
    let body = db.transaction(|it| {
        it.execute(INSERT, ("one",))?;
        it.query_row(ENDLESS, (), number)
    });
    body.timeout(SHORT).await.expect_err("it has no end");
    assert_eq!(db.query_row(COUNT, (), number).await, Ok(0));
    Ok(())
}

/// A sync caller's code runs on its own thread, and a handle can go to another one.
#[test]
fn where_it_runs() -> Result<()> {
    let _limit = limit();
    let db = Database::open_in_memory().get()?;
    let here = thread::current().id();
    let ran = || db.with(|_| Ok(thread::current().id()));
    assert_eq!(ran().get(), Ok(here));
    let there = ran();
    let there = thread::spawn(|| (there.get(), thread::current().id()));
    let (ran, there) = there.join().expect("no panic");
    assert_eq!(ran, Ok(there));
    Ok(())
}
