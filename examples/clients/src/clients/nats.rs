//! async-nats: requests, and a subscriber that answers them.

use std::process;

use futures::StreamExt;
use smartcall::smart;
use tokio::runtime::Handle;

use crate::Result;
use crate::clients::Client;

/// A connection, and the subject that a task of the runtime answers.
#[derive(Debug)]
pub struct Nats {
    client: async_nats::Client,
    subject: String,
    runtime: Handle,
}

#[smart(in_runtime = self.runtime)]
impl Client for Nats {
    #[smart(in_runtime = smartcall::tokio::runtime())]
    async fn open(at: &str) -> Result<Self> {
        let client = async_nats::connect(at).await?;
        // Each process has a subject of its own.
        let subject = format!("add.{}", process::id());
        let requests = client.subscribe(subject.clone()).await?;
        tokio::spawn(answer(client.clone(), requests));
        client.flush().await?;
        let runtime = Handle::current();
        Ok(Nats {
            client,
            subject,
            runtime,
        })
    }

    async fn ask(&self, n: u32) -> Result<u32> {
        let request = self
            .client
            .request(self.subject.clone(), n.to_string().into());
        parse(&request.await?.payload)
    }
}

async fn answer(client: async_nats::Client, mut requests: async_nats::Subscriber) -> Result<()> {
    while let Some(request) = requests.next().await {
        let Some(to) = request.reply else { continue };
        let n = parse(&request.payload)?;
        client.publish(to, (n + 1).to_string().into()).await?;
    }
    Ok(())
}

fn parse(number: &[u8]) -> Result<u32> {
    Ok(str::from_utf8(number)?.parse()?)
}
