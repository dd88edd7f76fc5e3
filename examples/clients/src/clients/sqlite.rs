//! sqlx, over a file of SQLite.

use smartcall::smart;
use sqlx::SqlitePool;
use tokio::runtime::Handle;

use crate::Result;
use crate::clients::Client;

/// A pool of connections to a database.
#[derive(Debug)]
pub struct Sqlite {
    pool: SqlitePool,
    runtime: Handle,
}

#[smart(in_runtime = self.runtime)]
impl Client for Sqlite {
    #[smart(in_runtime = smartcall::tokio::runtime())]
    async fn open(at: &str) -> Result<Self> {
        let pool = SqlitePool::connect(&format!("sqlite://{at}?mode=rwc")).await?;
        let runtime = Handle::current();
        Ok(Sqlite { pool, runtime })
    }

    async fn ask(&self, n: u32) -> Result<u32> {
        let select = sqlx::query_scalar("select ? + 1").bind(n);
        Ok(select.fetch_one(&self.pool).await?)
    }
}
