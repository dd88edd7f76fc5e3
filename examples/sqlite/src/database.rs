use std::fmt;
use std::panic::UnwindSafe;
use std::path::Path;
use std::sync::Arc;

use async_lock::{Mutex, MutexGuardArc};
use rusqlite::backup::{Backup, Progress, StepResult};
use rusqlite::functions::{Context, FunctionFlags, SqlFnOutput};
use rusqlite::hooks::Action;
use rusqlite::types::{FromSql, ToSql};
use rusqlite::{Connection, Error, MAIN_DB, Params, Result, Row, ffi};
use smartcall::stream::Out;
use smartcall::{Dual, DualStream, DualStreamOf, Source, offload, smart};

use crate::transaction::Transaction;

/// How many rows a stream reads ahead.
const AHEAD: usize = 64;

/// How many steps of SQLite's machine are between two questions whether anybody still waits.
const STEPS: i32 = 1000;

/// A connection that many callers share. Each call has it in its turn.
///
/// A call that is made within another one's callback, or while the same caller has a [`Transaction`] or takes rows of a
/// [`query`](Database::query), waits for ever.
///
/// # Cancel safety
///
/// A call that is given up before its turn does nothing. A statement that runs is interrupted, and changes nothing.
#[derive(Clone)]
pub struct Database {
    connection: Arc<Mutex<Connection>>,
}

impl Database {
    /// Opens a file, which is made if there is none.
    ///
    /// # Errors
    ///
    /// Returns an error if SQLite can't open the file.
    #[smart(owned)]
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Database::new(Connection::open(path)?))
    }

    /// Opens a database in memory.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no memory.
    #[smart]
    pub fn open_in_memory() -> Result<Self> {
        Ok(Database::new(Connection::open_in_memory()?))
    }

    fn new(connection: Connection) -> Self {
        connection.progress_handler(STEPS, Some(offload::is_cancelled));
        Database {
            connection: Arc::new(Mutex::new(connection)),
        }
    }

    /// Waits for the connection.
    fn lock(&self) -> Result<MutexGuardArc<Connection>> {
        let connection = self.connection.try_lock_arc().unwrap_or_else(|| {
            // A job that waits by a `.get()` gives its place on the pool to the next one: perhaps to that of the transaction
            // that has the connection.
            Dual::future(self.connection.lock_arc()).get()
        });
        if offload::is_cancelled() {
            let interrupted = ffi::Error::new(ffi::SQLITE_INTERRUPT);
            return Err(Error::SqliteFailure(interrupted, None));
        }
        Ok(connection)
    }

    /// Runs code that is lent the connection.
    ///
    /// # Errors
    ///
    /// Returns that of the code.
    #[smart(owned)]
    pub fn with<T, F>(&self, code: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        code(&mut *self.lock()?)
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
        self.lock()?.prepare_cached(sql)?.execute(params)
    }

    /// Runs a statement with each of some parameters, and returns how many rows that has changed.
    ///
    /// It is no transaction: what was changed before an error stays.
    ///
    /// # Errors
    ///
    /// Returns the first error.
    #[smart(owned)]
    pub fn execute_many<P>(&self, sql: &str, many: Vec<P>) -> Result<usize>
    where
        P: Params + Send + 'static,
    {
        let connection = self.lock()?;
        let mut statement = connection.prepare_cached(sql)?;
        many.into_iter()
            .map(|params| statement.execute(params))
            .sum()
    }

    /// Runs several statements, without parameters.
    ///
    /// # Errors
    ///
    /// Returns the first error. The statements before it have run.
    #[smart(owned)]
    pub fn execute_batch(&self, sql: &str) -> Result<()> {
        self.lock()?.execute_batch(sql)
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
        self.lock()?.prepare_cached(sql)?.query_row(params, map)
    }

    /// Makes a stream of what a callback makes of each row of a query.
    ///
    /// The rows are read on a pool, a few ahead of who takes them. An error of the query is the last item. After one of the
    /// callback the rows go on.
    ///
    /// # Cancel safety
    ///
    /// Dropping the stream ends the query.
    pub fn query<T, P, F>(
        &self,
        sql: &str,
        params: P,
        map: F,
    ) -> DualStreamOf<impl Source<Item = Result<T>> + use<T, P, F>>
    where
        T: Send + 'static,
        P: Params + Send + 'static,
        F: FnMut(&Row<'_>) -> Result<T> + Send + 'static,
    {
        let (db, sql) = (self.clone(), sql.to_owned());
        DualStream::produce(AHEAD, move |out| {
            match db.send_rows(&sql, params, map, out) {
                Ok(()) => Ok(()),
                Err(error) => out.send(Err(error)),
            }
        })
    }

    /// Hands out the rows of a query, until nobody takes them.
    fn send_rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> Result<T>,
        out: &mut Out<Result<T>>,
    ) -> Result<()> {
        let connection = self.lock()?;
        let mut statement = connection.prepare_cached(sql)?;
        for row in statement.query_map(params, map)? {
            if out.send(row).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Lends a callback each row of a query.
    ///
    /// For a sync caller it needs no other thread, which [`query`](Database::query) does.
    ///
    /// # Errors
    ///
    /// Returns the error of the query, and the first one of the callback, which ends the query.
    #[smart(owned)]
    pub fn for_each<P, F>(&self, sql: &str, params: P, mut each: F) -> Result<()>
    where
        P: Params + Send + 'static,
        F: FnMut(&Row<'_>) -> Result<()> + Send + 'static,
    {
        let connection = self.lock()?;
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }

    /// Returns whether a query has a row.
    ///
    /// # Errors
    ///
    /// Returns that of the query.
    #[smart(owned)]
    pub fn exists<P>(&self, sql: &str, params: P) -> Result<bool>
    where
        P: Params + Send + 'static,
    {
        self.lock()?.prepare_cached(sql)?.exists(params)
    }

    /// Returns whether there is a table of this name.
    ///
    /// # Errors
    ///
    /// Returns an error if the file can't be read.
    #[smart(owned)]
    pub fn table_exists(&self, name: &str) -> Result<bool> {
        self.lock()?.table_exists(None, name)
    }

    /// Returns the row that was inserted last, by whichever call.
    ///
    /// # Errors
    ///
    /// Returns an error only to a call that was given up.
    #[smart(owned)]
    pub fn last_insert_rowid(&self) -> Result<i64> {
        Ok(self.lock()?.last_insert_rowid())
    }

    /// Returns how many rows the last statement has changed, of whichever call.
    ///
    /// # Errors
    ///
    /// Returns an error only to a call that was given up.
    #[smart(owned)]
    pub fn changes(&self) -> Result<u64> {
        Ok(self.lock()?.changes())
    }

    /// Returns the value of a pragma.
    ///
    /// # Errors
    ///
    /// Returns an error if it has none, or one of another type.
    #[smart(owned)]
    pub fn pragma<T>(&self, name: &str) -> Result<T>
    where
        T: FromSql + Send + 'static,
    {
        let connection = self.lock()?;
        connection.pragma_query_value(None, name, |row| row.get(0))
    }

    /// Sets the value of a pragma.
    ///
    /// # Errors
    ///
    /// Returns an error if the name or the value is no valid one.
    #[smart(owned)]
    pub fn set_pragma<V>(&self, name: &str, value: V) -> Result<()>
    where
        V: ToSql + Send + 'static,
    {
        self.lock()?.pragma_update(None, name, value)
    }

    /// Adds a function that statements can call.
    ///
    /// If it panics, the statement fails.
    ///
    /// # Errors
    ///
    /// Returns an error if the name or the number of arguments is no valid one.
    #[smart(owned)]
    pub fn create_function<T, F>(
        &self,
        name: &str,
        arguments: i32,
        flags: FunctionFlags,
        function: F,
    ) -> Result<()>
    where
        T: SqlFnOutput + 'static,
        F: Fn(&Context<'_>) -> Result<T> + Send + UnwindSafe + 'static,
    {
        self.lock()?
            .create_scalar_function(name, arguments, flags, function)
    }

    /// Tells a callback of each row that is inserted, changed or deleted from now on: the database, the table and the row.
    ///
    /// It replaces the callback before it.
    ///
    /// # Errors
    ///
    /// Returns an error only to a call that was given up.
    #[smart(owned)]
    pub fn on_update<F>(&self, callback: F) -> Result<()>
    where
        F: FnMut(Action, &str, &str, i64) + Send + 'static,
    {
        self.lock()?.update_hook(Some(callback));
        Ok(())
    }

    /// Runs code that is lent a transaction, which ends with it.
    ///
    /// Savepoints are made of the transaction. It is rolled back if the code panics.
    ///
    /// # Errors
    ///
    /// Returns that of the code, after a rollback, and that of the transaction's begin and end.
    #[smart(owned)]
    pub fn transaction<T, E, F>(&self, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&mut rusqlite::Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let mut connection = self.lock()?;
        let mut transaction = connection.transaction()?;
        let value = body(&mut transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// Begins a transaction. No other call has its turn before the transaction ends.
    ///
    /// # Errors
    ///
    /// Returns that of SQLite.
    #[smart(owned)]
    pub fn begin(&self) -> Result<Transaction> {
        Transaction::begin(self.lock()?)
    }

    /// Copies the database to a file, and tells a callback how far it is.
    ///
    /// # Errors
    ///
    /// Returns an error if the file can't be written, or is locked.
    #[smart(owned)]
    pub fn backup<F>(&self, path: &Path, mut progress: F) -> Result<()>
    where
        F: FnMut(Progress) + Send + 'static,
    {
        let (connection, mut copy) = (self.lock()?, Connection::open(path)?);
        let backup = Backup::new(&connection, &mut copy)?;
        while backup.step(16)? == StepResult::More {
            progress(backup.progress());
        }
        Ok(())
    }

    /// Reads a blob from an offset, up to so many bytes.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such row, or no blob in it.
    #[smart(owned)]
    pub fn read_blob(
        &self,
        table: &str,
        column: &str,
        row: i64,
        offset: usize,
        len: usize,
    ) -> Result<Vec<u8>> {
        let connection = self.lock()?;
        let blob = connection.blob_open(MAIN_DB, table, column, row, true)?;
        let mut bytes = vec![0; len.min(blob.len().saturating_sub(offset))];
        blob.read_at_exact(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// Writes into a blob, which keeps its length.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such row, or not so much room in its blob.
    #[smart(owned)]
    pub fn write_blob(
        &self,
        table: &str,
        column: &str,
        row: i64,
        offset: usize,
        bytes: &[u8],
    ) -> Result<()> {
        let connection = self.lock()?;
        let mut blob = connection.blob_open(MAIN_DB, table, column, row, false)?;
        blob.write_all_at(bytes, offset)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}
