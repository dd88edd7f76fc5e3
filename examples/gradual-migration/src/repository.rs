use std::path::Path;

use smartcall::{DualStream, smart};

use crate::rows::rows;
use crate::{Error, sql};

/// The interface of the repository: the count of each item.
///
/// It is the same at every step, and so are its callers. It is `send`, since the server's handlers are tokio tasks.
#[smart(send)]
pub trait Repository: Clone + Send + Sync + 'static {
    /// Opens a database, and creates it if there is none.
    async fn open(path: &Path) -> Result<Self, Error>;

    /// Adds `n` of an item, and returns the new count.
    async fn put(&self, item: &str, n: u32) -> Result<u32, Error>;

    /// Takes `n` of an item, or none if there are fewer, and returns the new count.
    async fn take(&self, item: &str, n: u32) -> Result<u32, Error>;

    /// Returns the count of an item.
    async fn count(&self, item: &str) -> Result<u32, Error>;

    /// Returns all changes with their threads, from the first one on.
    async fn journal(&self) -> Result<Vec<Change>, Error>;

    /// Returns the file of the database.
    fn file(&self) -> &Path;

    /// Returns all changes one by one, from the first one on, however many there are.
    fn changes(&self) -> DualStream<Result<Change, Error>> {
        rows(self.file(), sql::JOURNAL, sql::change_of)
    }
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The item that was changed.
    pub item: String,
    /// The change of the count.
    pub by: i64,
    /// The thread that ran the SQL, as returned by [`this_thread`](crate::this_thread).
    pub thread: String,
}
