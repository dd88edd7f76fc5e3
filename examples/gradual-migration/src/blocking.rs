//! The original repository: blocking, with a lock around its one connection.
//!
//! It knows nothing of smartcall, and stays unchanged until the last method has left it.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::{Change, Error, sql};

/// A blocking repository.
#[derive(Debug)]
pub struct Warehouse {
    connection: Mutex<Connection>,
}

impl Warehouse {
    /// Opens a database, and creates it if there is none.
    ///
    /// # Errors
    ///
    /// Returns the errors of SQLite, as do the methods below.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = Mutex::new(sql::open(path)?);
        Ok(Warehouse { connection })
    }

    /// Adds `n` of an item, and returns the new count.
    ///
    /// # Errors
    ///
    /// Fails with `TooMany`, without a change, if the new count would be too large.
    pub fn put(&self, item: &str, n: u32) -> Result<u32, Error> {
        sql::put(&self.lock(), item, n)
    }

    /// Takes `n` of an item, and returns the new count.
    ///
    /// # Errors
    ///
    /// Fails with `TooFew`, without a change, if there are fewer than `n`.
    pub fn take(&self, item: &str, n: u32) -> Result<u32, Error> {
        sql::take(&self.lock(), item, n)
    }

    /// Returns the count of an item.
    ///
    /// # Errors
    ///
    /// Returns the errors of SQLite.
    pub fn count(&self, item: &str) -> Result<u32, Error> {
        sql::count(&self.lock(), item)
    }

    /// Returns all changes, from the first one on.
    ///
    /// # Errors
    ///
    /// Returns the errors of SQLite.
    pub fn journal(&self) -> Result<Vec<Change>, Error> {
        sql::journal(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic interrupted was rolled back.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
