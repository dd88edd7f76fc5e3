//! A blocking database crate, rusqlite, that gains async callers.
//!
//! A [`Database`] is a connection that many callers share, and a [`Transaction`] a guard that has it alone. Their functions
//! are written once, over the blocking ones of rusqlite. Callers choose `.get()` or `.await`.
//!
//! # Examples
//!
//! ```
//! use rusqlite::Result;
//! use smartcall_sqlite::Database;
//!
//! fn sync_caller(db: &Database) -> Result<i64> {
//!     db.query_row("SELECT ?1 + 1", (4,), |row| row.get(0)).get()
//! }
//! async fn async_caller(db: &Database) -> Result<i64> {
//!     db.query_row("SELECT ?1 + 1", (4,), |row| row.get(0)).await
//! }
//!
//! # fn main() -> Result<()> {
//! let db = Database::open_in_memory().get()?;
//! assert_eq!(sync_caller(&db)?, 5);
//! assert_eq!(smartcall::Executor::new().block_on(async_caller(&db))?, 5);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod database;
mod transaction;

pub use self::database::Database;
pub use self::transaction::Transaction;
