//! Step 4: the connection belongs to a thread, and the compiler keeps it there.
//!
//! For callers nothing is new. Inside, code of several parts may now share the connection by an
//! `Rc`, without a lock: [`session`](crate::session) shows what does not compile.

use std::path::Path;
use std::rc::Rc;

use rusqlite::Connection;
use smartcall::smart;

use crate::session::Session;
use crate::{Change, Error, Repository, sql};

/// The repository of step 4.
#[derive(Clone, Debug)]
pub struct Stock {
    session: Session<Rc<Connection>>,
}

impl Stock {
    /// Calls SQL on the thread that has the connection.
    async fn call<T: Send + 'static>(
        &self,
        code: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.session.call(move |it| code(it)).await?
    }
}

#[smart]
impl Repository for Stock {
    async fn open(path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        let session = Session::start(move || sql::open(&path).map(Rc::new)).await?;
        Ok(Stock { session })
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
}
