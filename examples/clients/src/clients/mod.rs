//! The clients of some published crates, behind one trait.

mod health;
mod nats;
mod objects;
mod postgres;
mod redis;
mod sqlite;

use smartcall::smart;

pub use self::health::Health;
pub use self::nats::Nats;
pub use self::objects::{LocalObjects, MemoryObjects};
pub use self::postgres::Postgres;
pub use self::redis::Redis;
pub use self::sqlite::Sqlite;

use crate::Result;

/// A client that a program opens once and uses for as long as it runs.
///
/// Each implementation says where it lives: [`open`](Self::open) runs in [`smartcall::tokio::runtime`], and all other
/// methods in the runtime that it was opened in.
#[smart(send)]
pub trait Client: Sized + Send + Sync + 'static {
    /// Connects to the server at an address, or opens a path.
    async fn open(at: &str) -> Result<Self>;

    /// Makes the server add 1 to a number, or keeps a number there and adds 1 to what comes back.
    async fn ask(&self, n: u32) -> Result<u32>;
}
