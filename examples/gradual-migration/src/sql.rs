//! The SQL, which is the same at every step.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};

use crate::{Change, Error};

/// How long to wait while another connection writes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The changes, from the first one on.
pub(crate) const JOURNAL: &str = "SELECT item, change, thread FROM journal ORDER BY id";

/// The thread in the journal is the one that runs the statement.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS stock (
        item TEXT PRIMARY KEY,
        count INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS journal (
        id INTEGER PRIMARY KEY,
        item TEXT NOT NULL,
        change INTEGER NOT NULL,
        thread TEXT NOT NULL
    );
";

pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    // Whoever reads keeps nobody from writing.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let flags = FunctionFlags::SQLITE_UTF8;
    connection.create_scalar_function("this_thread", 0, flags, |_| Ok(this_thread()))?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

pub(crate) fn put(connection: &Connection, item: &str, n: u32) -> Result<u32, Error> {
    change(connection, item, i64::from(n))
}

pub(crate) fn take(connection: &Connection, item: &str, n: u32) -> Result<u32, Error> {
    change(connection, item, -i64::from(n))
}

fn change(connection: &Connection, item: &str, by: i64) -> Result<u32, Error> {
    // It locks the database before it reads, so no other connection writes in between. "Unchecked" means that there
    // must be no transaction yet. There is none: the functions of this module begin and end their own.
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let count = self::count(&transaction, item)?;
    let left = u32::try_from(i64::from(count) + by).map_err(|_| match by {
        ..0 => Error::TooFew { count },
        _ => Error::TooMany { count },
    })?;
    transaction.execute(
        "INSERT INTO stock VALUES (?1, ?2) ON CONFLICT DO UPDATE SET count = ?2",
        (item, left),
    )?;
    transaction.execute(
        "INSERT INTO journal (item, change, thread) VALUES (?1, ?2, this_thread())",
        (item, by),
    )?;
    transaction.commit()?;
    Ok(left)
}

pub(crate) fn count(connection: &Connection, item: &str) -> Result<u32, Error> {
    let mut statement = connection.prepare_cached("SELECT count FROM stock WHERE item = ?")?;
    let count = statement.query_row([item], |row| row.get(0)).optional()?;
    Ok(count.unwrap_or(0))
}

pub(crate) fn journal(connection: &Connection) -> Result<Vec<Change>, Error> {
    let mut statement = connection.prepare_cached(JOURNAL)?;
    let changes = statement.query_map([], change_of)?;
    Ok(changes.collect::<Result<_, _>>()?)
}

/// Reads a row of the journal.
pub(crate) fn change_of(row: &Row<'_>) -> rusqlite::Result<Change> {
    Ok(Change {
        item: row.get(0)?,
        by: row.get(1)?,
        thread: row.get(2)?,
    })
}

/// Returns the name and the number of the calling thread.
pub fn this_thread() -> String {
    let thread = thread::current();
    let number: String = format!("{:?}", thread.id())
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    format!("{} #{number}", thread.name().unwrap_or("unnamed"))
}
