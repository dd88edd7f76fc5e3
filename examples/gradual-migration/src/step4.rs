//! Step 4: the connection belongs to a thread, and the compiler keeps it there.
//!
//! Nothing changes for the callers. Inside, several parts of the code may now share the connection through an `Rc`,
//! without a lock. A `rusqlite::Connection` may be moved to another thread, and step 3 relies on that. A value with
//! an `Rc` in it may not, and the compiler rejects it:
//!
//! ```compile_fail,E0277
//! # use std::rc::Rc;
//! # use smartcall::offload::SingleThread;
//! # fn take_out(thread: &SingleThread<Rc<u32>>) {
//! thread.run(|it| Rc::clone(it)).get(); // error: `Rc<u32>` cannot be sent between threads safely
//! # }
//! ```
//!
//! A `Send` value can be returned:
//!
//! ```
//! # use std::rc::Rc;
//! # use smartcall::offload::SingleThread;
//! let thread = SingleThread::new(|| Rc::new(5));
//! assert_eq!(thread.run(|it| **it + 1).get(), 6);
//! ```

use std::path::{Path, PathBuf};
use std::rc::Rc;

use rusqlite::Connection;
use smartcall::offload::SingleThread;
use smartcall::smart;

use crate::{Change, Error, Repository, sql};

/// The repository of step 4.
#[derive(Clone, Debug)]
pub struct Stock {
    file: PathBuf,
    thread: SingleThread<Rc<Connection>>,
}

impl Stock {
    /// Runs SQL on the thread that owns the connection.
    async fn call<T: Send + 'static>(
        &self,
        code: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.thread.run(move |it| code(it)).await
    }
}

#[smart]
impl Repository for Stock {
    async fn open(path: &Path) -> Result<Self, Error> {
        let file = path.to_owned();
        let path = file.clone();
        let opened = SingleThread::try_new(move || sql::open(&path).map(Rc::new));
        Ok(Stock {
            file,
            thread: opened.await?,
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
