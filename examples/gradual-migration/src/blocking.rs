//! The repository as it was: blocking, with a lock around its one connection.
//!
//! It knows nothing of smartcall, and stays as it is until the last method has left it.

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
    /// Opens a database, and makes it if there is none.
    ///
    /// # Errors
    ///
    /// Those of SQLite, here and below.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = Mutex::new(sql::open(path)?);
        Ok(Warehouse { connection })
    }

    /// Adds so many of an item, and returns how many there are then.
    ///
    /// # Errors
    ///
    /// `TooMany`, without a change, if there would be more than can be counted.
    pub fn put(&self, item: &str, n: u32) -> Result<u32, Error> {
        sql::put(&self.lock(), item, n)
    }

    /// Takes so many of an item, and returns how many are left.
    ///
    /// # Errors
    ///
    /// `TooFew`, without a change, if there are not as many.
    pub fn take(&self, item: &str, n: u32) -> Result<u32, Error> {
        sql::take(&self.lock(), item, n)
    }

    /// Returns how many there are of an item.
    ///
    /// # Errors
    ///
    /// Those of SQLite.
    pub fn count(&self, item: &str) -> Result<u32, Error> {
        sql::count(&self.lock(), item)
    }

    /// Returns what was changed, from the first change on.
    ///
    /// # Errors
    ///
    /// Those of SQLite.
    pub fn journal(&self) -> Result<Vec<Change>, Error> {
        sql::journal(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic cut short was rolled back.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
