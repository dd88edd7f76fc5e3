//! Step 3: all methods are async, and the blocking repository is gone.
//!
//! There is one connection again, and one thread that owns it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use smartcall::{Dual, smart};

use crate::{Change, Error, Repository, sql};

/// The repository of step 3.
#[derive(Clone, Debug)]
pub struct Stock {
    file: PathBuf,
    connection: tokio_rusqlite::Connection,
}

impl Stock {
    /// Runs SQL on the thread that owns the connection.
    async fn call<T: Send + 'static>(
        &self,
        code: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        Ok(self.connection.call(move |it| code(it)).await?)
    }
}

#[smart]
impl Repository for Stock {
    async fn open(path: &Path) -> Result<Self, Error> {
        let file = path.to_owned();
        let path = file.clone();
        let connection = Dual::blocking(move || sql::open(&path)).await?;
        Ok(Stock {
            file,
            connection: connection.into(),
        })
    }

    async fn put(&self, item: &str, n: u32) -> Result<u32, Error> {
        let item = item.to_owned();
        self.call(move |it| sql::put(it, &item, n)).await
    }

    async fn take(&self, item: &str, n: u32) -> Result<u32, Error> {
        let item = item.to_owned();
        self.call(move |it| sql::take(it, &item, n)).await
    }

    async fn count(&self, item: &str) -> Result<u32, Error> {
        let item = item.to_owned();
        self.call(move |it| sql::count(it, &item)).await
    }

    async fn journal(&self) -> Result<Vec<Change>, Error> {
        self.call(sql::journal).await
    }

    fn file(&self) -> &Path {
        &self.file
    }
}
