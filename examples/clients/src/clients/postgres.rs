//! tokio-postgres.

use smartcall::smart;
use tokio::runtime::Handle;
use tokio_postgres::NoTls;

use crate::Result;
use crate::clients::Client;

/// A connection that a task of the runtime serves.
#[derive(Debug)]
pub struct Postgres {
    client: tokio_postgres::Client,
    runtime: Handle,
}

#[smart(in_runtime = self.runtime)]
impl Client for Postgres {
    #[smart(in_runtime = smartcall::tokio::runtime())]
    async fn open(at: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(at, NoTls).await?;
        // An error of the connection is one of the request that waits for it.
        tokio::spawn(connection);
        let runtime = Handle::current();
        Ok(Postgres { client, runtime })
    }

    async fn ask(&self, n: u32) -> Result<u32> {
        let n = i64::from(n);
        let row = self.client.query_one("select $1::int8 + 1", &[&n]).await?;
        let n: i64 = row.get(0);
        Ok(n.try_into()?)
    }
}
