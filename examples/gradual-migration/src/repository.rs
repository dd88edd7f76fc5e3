use std::path::Path;

use smartcall::smart;

use crate::Error;

/// What the callers know of the repository: how many there are of each item.
///
/// It is the same at every step, and so are they. It is `send`, since the server's handlers are
/// tasks of tokio's.
#[smart(send)]
pub trait Repository: Clone + Send + Sync + 'static {
    /// Opens a database, and makes it if there is none.
    async fn open(path: &Path) -> Result<Self, Error>;

    /// Adds so many of an item, and returns how many there are then.
    async fn put(&self, item: &str, n: u32) -> Result<u32, Error>;

    /// Takes so many of an item, or none at all, and returns how many are left.
    async fn take(&self, item: &str, n: u32) -> Result<u32, Error>;

    /// Returns how many there are of an item.
    async fn count(&self, item: &str) -> Result<u32, Error>;

    /// Returns what was changed, and by which thread, from the first change on.
    async fn journal(&self) -> Result<Vec<Change>, Error>;
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What was changed.
    pub item: String,
    /// By how many.
    pub by: i64,
    /// The thread that ran the SQL, by its own [`this_thread`](crate::this_thread).
    pub thread: String,
}
