//! Queries of sync and of async code, beside rusqlite alone and beside `spawn_blocking` by hand.
//!
//! `cargo bench -p smartcall-sqlite` measures on all cores, and under `taskset -c 0` on one. Ratios are relative to the first
//! row of each group, which is not ours.

#[path = "../../../benches/rounds/mod.rs"]
mod rounds;

use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Result, Row};
use smartcall::Executor;
use smartcall_sqlite::Database;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use rounds::{Subject, group, subject, timed};

const ROWS: &str = "SELECT id, text FROM texts WHERE id <= 1000";
const BY_KEY: &str = "SELECT id, text FROM texts WHERE id = ?1";
const DELETE: &str = "DELETE FROM texts WHERE id > 1000";
const INSERT: &str = "INSERT INTO texts (text) VALUES (?1)";

/// Makes a table of 1,000 texts.
const SETUP: &str = "
    CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO texts SELECT i, 'text ' || i FROM n";

type Text = (i64, String);

fn text(row: &Row<'_>) -> Result<Text> {
    Ok((row.get(0)?, row.get(1)?))
}

/// A connection that is shared by hand.
#[derive(Clone)]
struct Shared(Arc<Mutex<Connection>>);

impl Shared {
    fn with<T>(&self, code: impl FnOnce(&mut Connection) -> T) -> T {
        code(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What async code does without this crate.
    async fn spawn<T: Send + 'static>(
        &self,
        code: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> T {
        let shared = self.clone();
        let code = spawn_blocking(move || shared.with(code));
        code.await.expect("no panic")
    }
}

/// What each group measures with.
struct Setup {
    alone: Connection,
    shared: Shared,
    db: Database,
    runtime: Runtime,
    executor: Executor,
}

fn main() -> Result<()> {
    let open = || -> Result<Connection> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SETUP)?;
        Ok(connection)
    };
    let db = Database::open_in_memory().get()?;
    db.execute_batch(SETUP).get()?;
    let mut setup = Setup {
        alone: open()?,
        shared: Shared(Arc::new(Mutex::new(open()?))),
        db,
        runtime: Runtime::new().expect("tokio's runtime starts"),
        executor: Executor::new(),
    };
    a_row_by_key(&setup);
    rows(&setup);
    a_transaction(&mut setup);
    Ok(())
}

impl Setup {
    /// A subject that is a task of a runtime.
    fn tokio<F>(
        &self,
        name: &'static str,
        times: u64,
        call: impl Fn() -> F + Clone + Send + 'static,
    ) -> Subject<'_>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        subject(name, times, move |times| {
            let task = self.runtime.spawn(repeat(call.clone(), times));
            self.runtime.block_on(task).expect("no panic")
        })
    }

    /// A subject that is a task of smartcall's executor.
    fn executor<F>(
        &self,
        name: &'static str,
        times: u64,
        call: impl Fn() -> F + Clone + Send + 'static,
    ) -> Subject<'_>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        subject(name, times, move |times| {
            self.executor.spawn(repeat(call.clone(), times)).get()
        })
    }
}

/// Measures a number of calls, one after the other.
async fn repeat<F: Future>(call: impl Fn() -> F, times: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        black_box(call().await);
    }
    start.elapsed()
}

fn a_row_by_key(setup: &Setup) {
    const SYNC: u64 = 5_000;
    const ASYNC: u64 = 1_000;
    let by_key = |it: &mut Connection| it.prepare_cached(BY_KEY)?.query_row((500,), text);
    let (alone, shared, db) = (&setup.alone, &setup.shared, &setup.db);
    let alone = || alone.prepare_cached(BY_KEY)?.query_row((500,), text);
    group(
        "a row by its key, sync",
        vec![
            subject("rusqlite", SYNC, timed(alone)),
            subject("rusqlite in a Mutex", SYNC, timed(|| shared.with(by_key))),
            subject(
                "get",
                SYNC,
                timed(|| db.query_row(BY_KEY, (500,), text).get()),
            ),
        ],
    );
    let by_hand = shared.clone();
    let by_hand = move || {
        let shared = by_hand.clone();
        async move { shared.spawn(by_key).await }
    };
    let db = db.clone();
    let ours = move || db.query_row(BY_KEY, (500,), text);
    group(
        "a row by its key, async",
        vec![
            setup.tokio("spawn_blocking", ASYNC, by_hand),
            setup.tokio("await in tokio", ASYNC, ours.clone()),
            setup.executor("await on the Executor", ASYNC, ours),
        ],
    );
}

/// What async code does without this crate to take rows as they come.
fn by_hand(shared: Shared) -> mpsc::Receiver<Result<Text>> {
    let (send, receive) = mpsc::channel(64);
    spawn_blocking(move || {
        shared.with(|it| {
            let mut statement = it.prepare_cached(ROWS)?;
            for row in statement.query_map((), text)? {
                if send.blocking_send(row).is_err() {
                    break;
                }
            }
            Ok::<_, rusqlite::Error>(())
        })
    });
    receive
}

fn rows(setup: &Setup) {
    const TIMES: u64 = 50;
    let (alone, shared, db) = (&setup.alone, &setup.shared, &setup.db);
    let iterate = |it: &Connection| -> Result<()> {
        for row in it.prepare_cached(ROWS)?.query_map((), text)? {
            black_box(row?);
        }
        Ok(())
    };
    let each = |row: &Row<'_>| {
        black_box(text(row)?);
        Ok(())
    };
    group(
        "1,000 rows, sync",
        vec![
            subject("rusqlite", TIMES, timed(|| iterate(alone))),
            subject(
                "rusqlite in a Mutex",
                TIMES,
                timed(|| shared.with(|it| iterate(it))),
            ),
            subject(
                "for_each, get",
                TIMES,
                timed(|| db.for_each(ROWS, (), each).get()),
            ),
            subject(
                "for over query",
                TIMES,
                timed(|| {
                    let mut rows = db.query(ROWS, (), text).into_iter();
                    rows.try_for_each(|row| row.map(|row| drop(black_box(row))))
                }),
            ),
        ],
    );
    let shared = shared.clone();
    let channel = move || {
        let shared = shared.clone();
        async move {
            let mut rows = by_hand(shared);
            while let Some(row) = rows.recv().await {
                black_box(row?);
            }
            Ok::<_, rusqlite::Error>(())
        }
    };
    let db = db.clone();
    let ours = move || {
        let mut rows = db.query(ROWS, (), text);
        async move {
            while let Some(row) = rows.try_next().await? {
                black_box(row);
            }
            Ok::<_, rusqlite::Error>(())
        }
    };
    group(
        "1,000 rows, async",
        vec![
            setup.tokio("spawn_blocking and mpsc", TIMES, channel),
            setup.tokio("query in tokio", TIMES, ours.clone()),
            setup.executor("query on the Executor", TIMES, ours),
        ],
    );
}

/// Inserts 100 texts, instead of those of the time before.
fn insert(transaction: &mut rusqlite::Transaction<'_>) -> Result<()> {
    transaction.prepare_cached(DELETE)?.execute(())?;
    for _ in 0..100 {
        transaction.prepare_cached(INSERT)?.execute(("a text",))?;
    }
    Ok(())
}

fn insert_alone(connection: &mut Connection) -> Result<()> {
    let mut transaction = connection.transaction()?;
    insert(&mut transaction)?;
    transaction.commit()
}

/// The same by a guard.
async fn insert_by_guard(db: Database) -> Result<()> {
    let tx = db.begin().await?;
    tx.execute(DELETE, ()).await?;
    for _ in 0..100 {
        tx.execute(INSERT, ("a text",)).await?;
    }
    tx.commit().await
}

/// The same by hand, with a job for each statement.
async fn insert_by_jobs(shared: Shared) -> Result<()> {
    let execute = |sql| shared.spawn(move |it| it.prepare_cached(sql)?.execute(()));
    let insert = || shared.spawn(move |it| it.prepare_cached(INSERT)?.execute(("a text",)));
    execute("BEGIN").await?;
    execute(DELETE).await?;
    for _ in 0..100 {
        insert().await?;
    }
    execute("COMMIT").await.map(drop)
}

fn a_transaction(setup: &mut Setup) {
    const SYNC: u64 = 50;
    const ASYNC: u64 = 10;
    let mut alone = Connection::open_in_memory().expect("there is memory");
    std::mem::swap(&mut alone, &mut setup.alone);
    let (shared, db) = (&setup.shared, &setup.db);
    group(
        "a transaction of 100 inserts, sync",
        vec![
            subject("rusqlite", SYNC, timed(|| insert_alone(&mut alone))),
            subject(
                "rusqlite in a Mutex",
                SYNC,
                timed(|| shared.with(insert_alone)),
            ),
            subject(
                "transaction, get",
                SYNC,
                timed(|| db.transaction(insert).get()),
            ),
            subject(
                "a guard, get for each statement",
                SYNC,
                timed(|| {
                    let tx = db.begin().get()?;
                    tx.execute(DELETE, ()).get()?;
                    for _ in 0..100 {
                        tx.execute(INSERT, ("a text",)).get()?;
                    }
                    tx.commit().get()
                }),
            ),
        ],
    );
    let (by_job, by_jobs) = (shared.clone(), shared.clone());
    let (ours, guard) = (db.clone(), db.clone());
    let by_job = move || {
        let shared = by_job.clone();
        async move { shared.spawn(insert_alone).await }
    };
    let ours = move || ours.transaction(insert);
    group(
        "a transaction of 100 inserts, async",
        vec![
            setup.tokio("spawn_blocking", ASYNC, by_job),
            setup.tokio("transaction in tokio", ASYNC, ours.clone()),
            setup.executor("transaction on the Executor", ASYNC, ours),
        ],
    );
    let by_jobs = move || insert_by_jobs(by_jobs.clone());
    let guard = move || insert_by_guard(guard.clone());
    group(
        "a transaction of 100 inserts, async, each awaited",
        vec![
            setup.tokio("spawn_blocking for each statement", ASYNC, by_jobs),
            setup.tokio("a guard in tokio", ASYNC, guard.clone()),
            setup.executor("a guard on the Executor", ASYNC, guard),
        ],
    );
}
