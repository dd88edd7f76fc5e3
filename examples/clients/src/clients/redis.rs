//! redis, by its multiplexed connection.

use redis::aio::MultiplexedConnection;
use smartcall::smart;
use tokio::runtime::Handle;

use crate::Result;
use crate::clients::Client;

/// A connection that many callers share.
#[derive(Debug)]
pub struct Redis {
    connection: MultiplexedConnection,
    runtime: Handle,
}

#[smart(in_runtime = self.runtime)]
impl Client for Redis {
    #[smart(in_runtime = smartcall::tokio::runtime())]
    async fn open(at: &str) -> Result<Self> {
        let client = redis::Client::open(at)?;
        let connection = client.get_multiplexed_async_connection().await?;
        let runtime = Handle::current();
        Ok(Redis {
            connection,
            runtime,
        })
    }

    async fn ask(&self, n: u32) -> Result<u32> {
        let mut transaction = redis::pipe();
        transaction.atomic().set("n", n).ignore().incr("n", 1);
        let (n,) = transaction
            .query_async(&mut self.connection.clone())
            .await?;
        Ok(n)
    }
}
