use std::fmt;
use std::sync::Arc;

use async_lock::{Mutex, MutexGuardArc};
use rusqlite::{Connection, Error, Params, Result, Row, ffi};
use smartcall::smart;

/// A transaction that is open. No other call has the connection meanwhile.
///
/// It is rolled back when it is dropped: by its last clone, or by a handle of its functions that is not resolved. That blocks
/// for as long as SQLite needs for it. Async code can [`rollback`](Transaction::rollback).
///
/// # Errors
///
/// After some errors, such as that of a full disk, SQLite rolls the transaction back. Each call after that is an error, too.
///
/// # Cancel safety
///
/// A statement that runs is interrupted when its call is given up. If it writes, SQLite rolls the transaction back.
#[derive(Clone)]
pub struct Transaction {
    open: Arc<Mutex<Open>>,
}

/// The connection, with a transaction that has begun.
struct Open(MutexGuardArc<Connection>);

impl Drop for Open {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}

impl Transaction {
    pub(crate) fn begin(connection: MutexGuardArc<Connection>) -> Result<Self> {
        connection.execute_batch("BEGIN")?;
        Ok(Transaction {
            open: Arc::new(Mutex::new(Open(connection))),
        })
    }

    /// Runs code that is lent the connection.
    ///
    /// # Errors
    ///
    /// Returns that of the code, or an error if the transaction was rolled back.
    #[smart(owned)]
    pub fn with<T, F>(&self, code: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.lend(code)
    }

    fn lend<T>(&self, code: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let open = self.open.lock_blocking();
        // Without a transaction the code would change something for good.
        if open.0.is_autocommit() {
            let rolled_back = ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK);
            return Err(Error::SqliteFailure(rolled_back, None));
        }
        code(&open.0)
    }

    /// Runs a statement, and returns how many rows it has changed.
    ///
    /// # Errors
    ///
    /// Returns an error if the statement fails, or returns rows.
    #[smart(owned)]
    pub fn execute<P>(&self, sql: &str, params: P) -> Result<usize>
    where
        P: Params + Send + 'static,
    {
        self.lend(|it| it.prepare_cached(sql)?.execute(params))
    }

    /// Returns what a callback makes of the first row of a query.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no row, and that of the callback.
    #[smart(owned)]
    pub fn query_row<T, P, F>(&self, sql: &str, params: P, map: F) -> Result<T>
    where
        T: Send + 'static,
        P: Params + Send + 'static,
        F: FnOnce(&Row<'_>) -> Result<T> + Send + 'static,
    {
        self.lend(|it| it.prepare_cached(sql)?.query_row(params, map))
    }

    /// Ends the transaction, and keeps what it has changed.
    ///
    /// # Errors
    ///
    /// Returns that of SQLite. What was changed is then rolled back.
    #[smart]
    pub fn commit(self) -> Result<()> {
        self.lend(|it| it.execute_batch("COMMIT"))
    }

    /// Ends the transaction, and undoes what it has changed.
    ///
    /// # Errors
    ///
    /// Returns that of SQLite.
    #[smart]
    pub fn rollback(self) -> Result<()> {
        self.lend(|it| it.execute_batch("ROLLBACK"))
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}
