//! Each function, by each caller.

mod common;

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use common::{COUNT, INSERT, NUMBERS, TEXTS, limit};
use rusqlite::backup::Progress;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::hooks::Action;
use rusqlite::{Result, Row, Transaction};
use smartcall_sqlite::Database;

/// What a caller got from each function.
type Report = Vec<(&'static str, String)>;

const EXPECTED: [(&str, &str); 22] = [
    ("with", "true"),
    ("table_exists", "true"),
    ("execute", "1"),
    ("last_insert_rowid", "1"),
    ("execute_many", "2"),
    ("changes", "1"),
    ("query_row", "\"two\""),
    ("query", "[1, 2, 3]"),
    ("for_each", "500500"),
    ("exists", "(true, false)"),
    ("set_pragma, pragma", "5"),
    ("create_function", "\"gnirts\""),
    ("on_update", "[\"SQLITE_INSERT main.texts 4\"]"),
    ("transaction", "5"),
    ("begin", "false"),
    ("Transaction::execute", "5"),
    ("Transaction::query_row", "0"),
    ("rollback", "5"),
    ("commit", "0"),
    ("write_blob, read_blob", "[0, 1, 2]"),
    ("backup", "true"),
    ("open", "true"),
];

/// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in a tokio
/// task.
#[smartcall::test]
fn sync_caller() {
    let _limit = limit();
    assert_report(&sync().expect("it is there"));
}

/// Driven by one `.get()`, and on the three executors.
#[smartcall::test]
async fn async_caller() {
    let _limit = limit();
    assert_report(&asynchronous().await.expect("it is there"));
}

#[track_caller]
fn assert_report(report: &Report) {
    let report: Vec<_> = report.iter().map(|(name, got)| (*name, &**got)).collect();
    assert_eq!(report, EXPECTED);
}

const BY_ID: &str = "SELECT text FROM texts WHERE id = ?1";
const IDS: &str = "SELECT id FROM texts ORDER BY id";
const DELETE: &str = "DELETE FROM texts";

/// A blob of three bytes, and one that a backup does not copy at once.
const BLOBS: &str = "
    CREATE TABLE blobs (b BLOB);
    INSERT INTO blobs VALUES (zeroblob(3)), (zeroblob(1000000))";

fn number(row: &Row<'_>) -> Result<i64> {
    row.get(0)
}

fn word(row: &Row<'_>) -> Result<String> {
    row.get(0)
}

fn reversed(context: &Context<'_>) -> Result<String> {
    Ok(context.get::<String>(0)?.chars().rev().collect())
}

fn inserts(it: &mut Transaction<'_>) -> Result<i64> {
    it.execute(INSERT, ("five",))?;
    it.query_row(COUNT, (), number)
}

/// A callback that adds the numbers of the rows.
fn adds(sum: &Arc<AtomicI64>) -> impl FnMut(&Row<'_>) -> Result<()> + use<> {
    let sum = Arc::clone(sum);
    move |row| {
        sum.fetch_add(number(row)?, Ordering::Relaxed);
        Ok(())
    }
}

/// A callback that counts the steps of a backup.
fn counts(steps: &Arc<AtomicI64>) -> impl FnMut(Progress) + use<> {
    let steps = Arc::clone(steps);
    move |_| {
        steps.fetch_add(1, Ordering::Relaxed);
    }
}

/// A callback that keeps what it is told.
fn keeps(updates: &Arc<Mutex<Vec<String>>>) -> impl FnMut(Action, &str, &str, i64) + use<> {
    let updates = Arc::clone(updates);
    move |action, database, table, row| {
        let update = format!("{action:?} {database}.{table} {row}");
        updates.lock().expect("no panic").push(update);
    }
}

fn sync() -> Result<Report> {
    let mut report = Report::new();
    let mut add = |name, got: &dyn Debug| report.push((name, format!("{got:?}")));

    let db = Database::open_in_memory().get()?;
    add("with", &db.with(|it| Ok(it.is_autocommit())).get()?);
    db.execute_batch(TEXTS).get()?;
    add("table_exists", &db.table_exists("texts").get()?);
    add("execute", &db.execute(INSERT, ("one",)).get()?);
    add("last_insert_rowid", &db.last_insert_rowid().get()?);
    let more = vec![("two",), ("three",)];
    add("execute_many", &db.execute_many(INSERT, more).get()?);
    add("changes", &db.changes().get()?);
    add("query_row", &db.query_row(BY_ID, (2,), word).get()?);
    let ids: Result<Vec<_>> = db.query(IDS, (), number).into_iter().collect();
    add("query", &ids?);
    let sum = Arc::new(AtomicI64::new(0));
    db.for_each(NUMBERS, (), adds(&sum)).get()?;
    add("for_each", &sum);
    let (one, nine) = (db.exists(BY_ID, (1,)), db.exists(BY_ID, (9,)));
    add("exists", &(one.get()?, nine.get()?));
    db.set_pragma("user_version", 5).get()?;
    let version = db.pragma::<i64>("user_version").get()?;
    add("set_pragma, pragma", &version);
    db.create_function("reversed", 1, FunctionFlags::default(), reversed)
        .get()?;
    let string = db.query_row("SELECT reversed('string')", (), word);
    add("create_function", &string.get()?);
    let updates = Arc::new(Mutex::new(Vec::new()));
    db.on_update(keeps(&updates)).get()?;
    db.execute(INSERT, ("four",)).get()?;
    add("on_update", &updates.lock().expect("no panic"));
    add("transaction", &db.transaction(inserts).get()?);

    let tx = db.begin().get()?;
    add("begin", &tx.with(|it| Ok(it.is_autocommit())).get()?);
    add("Transaction::execute", &tx.execute(DELETE, ()).get()?);
    let none = tx.query_row(COUNT, (), number).get()?;
    add("Transaction::query_row", &none);
    tx.rollback().get()?;
    add("rollback", &db.query_row(COUNT, (), number).get()?);
    let tx = db.begin().get()?;
    tx.execute(DELETE, ()).get()?;
    tx.commit().get()?;
    add("commit", &db.query_row(COUNT, (), number).get()?);

    db.execute_batch(BLOBS).get()?;
    db.write_blob("blobs", "b", 1, 1, &[1, 2]).get()?;
    let blob = db.read_blob("blobs", "b", 1, 0, 9).get()?;
    add("write_blob, read_blob", &blob);
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("copy.db");
    let steps = Arc::new(AtomicI64::new(0));
    db.backup(&file, counts(&steps)).get()?;
    add("backup", &(steps.load(Ordering::Relaxed) > 1));
    let copy = Database::open(&file).get()?;
    add("open", &copy.table_exists("blobs").get()?);
    Ok(report)
}

async fn asynchronous() -> Result<Report> {
    let mut report = Report::new();
    let mut add = |name, got: &dyn Debug| report.push((name, format!("{got:?}")));

    let db = Database::open_in_memory().await?;
    add("with", &db.with(|it| Ok(it.is_autocommit())).await?);
    db.execute_batch(TEXTS).await?;
    add("table_exists", &db.table_exists("texts").await?);
    add("execute", &db.execute(INSERT, ("one",)).await?);
    add("last_insert_rowid", &db.last_insert_rowid().await?);
    let more = vec![("two",), ("three",)];
    add("execute_many", &db.execute_many(INSERT, more).await?);
    add("changes", &db.changes().await?);
    add("query_row", &db.query_row(BY_ID, (2,), word).await?);
    let ids: Vec<_> = db.query(IDS, (), number).try_collect().await?;
    add("query", &ids);
    let sum = Arc::new(AtomicI64::new(0));
    db.for_each(NUMBERS, (), adds(&sum)).await?;
    add("for_each", &sum);
    let (one, nine) = (db.exists(BY_ID, (1,)), db.exists(BY_ID, (9,)));
    add("exists", &(one.await?, nine.await?));
    db.set_pragma("user_version", 5).await?;
    let version = db.pragma::<i64>("user_version").await?;
    add("set_pragma, pragma", &version);
    db.create_function("reversed", 1, FunctionFlags::default(), reversed)
        .await?;
    let string = db.query_row("SELECT reversed('string')", (), word);
    add("create_function", &string.await?);
    let updates = Arc::new(Mutex::new(Vec::new()));
    db.on_update(keeps(&updates)).await?;
    db.execute(INSERT, ("four",)).await?;
    add("on_update", &updates.lock().expect("no panic"));
    add("transaction", &db.transaction(inserts).await?);

    let tx = db.begin().await?;
    add("begin", &tx.with(|it| Ok(it.is_autocommit())).await?);
    add("Transaction::execute", &tx.execute(DELETE, ()).await?);
    let none = tx.query_row(COUNT, (), number).await?;
    add("Transaction::query_row", &none);
    tx.rollback().await?;
    add("rollback", &db.query_row(COUNT, (), number).await?);
    let tx = db.begin().await?;
    tx.execute(DELETE, ()).await?;
    tx.commit().await?;
    add("commit", &db.query_row(COUNT, (), number).await?);

    db.execute_batch(BLOBS).await?;
    db.write_blob("blobs", "b", 1, 1, &[1, 2]).await?;
    let blob = db.read_blob("blobs", "b", 1, 0, 9).await?;
    add("write_blob, read_blob", &blob);
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("copy.db");
    let steps = Arc::new(AtomicI64::new(0));
    db.backup(&file, counts(&steps)).await?;
    add("backup", &(steps.load(Ordering::Relaxed) > 1));
    let copy = Database::open(&file).await?;
    add("open", &copy.table_exists("blobs").await?);
    Ok(report)
}
