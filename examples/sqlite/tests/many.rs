//! More calls at once than the pool has threads.

mod common;

use common::{COUNT, INSERT, TEXTS, limit};
use rusqlite::Result;
use smartcall::{Executor, Task, offload};
use smartcall_sqlite::Database;

/// Calls that wait for a transaction leave its statements a thread.
#[test]
fn many_calls_wait_for_a_transaction() -> Result<()> {
    let _limit = limit();
    // For the whole process, which has no other test.
    offload::set_max_jobs(2.try_into().expect("it is not 0"));
    let executor = Executor::builder().threads(1).build();
    let db = Database::open_in_memory().get()?;
    db.execute_batch(TEXTS).get()?;
    let tx = db.begin().get()?;
    let insert = |_| executor.spawn(db.execute(INSERT, ("more",)));
    let inserts: Vec<Task<_>> = (0..20).map(insert).collect();
    let counts = executor.spawn(async move {
        for _ in 0..10 {
            let count = tx.query_row(COUNT, (), |row| row.get(0)).await;
            assert_eq!(count, Ok(0));
        }
        tx.commit().await
    });
    counts.get()?;
    for insert in inserts {
        assert_eq!(insert.get(), Ok(1));
    }
    assert_eq!(db.query_row(COUNT, (), |row| row.get(0)).get(), Ok(20));
    Ok(())
}
