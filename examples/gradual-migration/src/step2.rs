//! Step 2: one method, `take`, is async now.
//!
//! It has its own connection, on the thread of an async client. The other methods are those of step 1. Callers do not
//! notice.

use std::path::Path;

use smartcall::{Dual, smart};
use tokio_rusqlite::Connection;

use crate::{Change, Error, Repository, sql, step1};

/// The repository of step 2.
#[derive(Clone, Debug)]
pub struct Stock {
    /// The repository of the methods that are not async yet.
    blocking: step1::Stock,
    /// The client of the async method.
    connection: Connection,
}

#[smart]
impl Repository for Stock {
    async fn open(path: &Path) -> Result<Self, Error> {
        let blocking = step1::Stock::open(path).await?;
        let path = path.to_owned();
        let connection = Dual::blocking(move || sql::open(&path)).await?;
        Ok(Stock {
            blocking,
            connection: connection.into(),
        })
    }

    async fn put(&self, item: &str, n: u32) -> Result<u32, Error> {
        self.blocking.put(item, n).await
    }

    async fn take(&self, item: &str, n: u32) -> Result<u32, Error> {
        let item = item.to_owned();
        let taken = self.connection.call(move |it| sql::take(it, &item, n));
        Ok(taken.await?)
    }

    async fn count(&self, item: &str) -> Result<u32, Error> {
        self.blocking.count(item).await
    }

    async fn journal(&self) -> Result<Vec<Change>, Error> {
        self.blocking.journal().await
    }

    fn file(&self) -> &Path {
        self.blocking.file()
    }
}
