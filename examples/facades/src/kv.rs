//! A key-value client: mini-redis.

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use mini_redis::client::{Client, Message, Subscriber};
use mini_redis::{Buffer, Result};
use smartcall::{Emit, smart};
use tokio::net::ToSocketAddrs;

/// A connection, for one command at a time.
#[expect(missing_debug_implementations, reason = "that of mini-redis has none")]
pub struct Kv {
    client: Client,
}

#[smart]
impl Kv {
    /// Connects to a server.
    pub async fn connect(address: impl ToSocketAddrs) -> Result<Self> {
        let client = mini_redis::client::connect(address).await?;
        Ok(Kv { client })
    }

    /// Returns the value of a key.
    pub async fn get(&mut self, key: &str) -> Result<Option<Bytes>> {
        self.client.get(key).await
    }

    /// Sets the value of a key.
    pub async fn set(&mut self, key: &str, value: Bytes) -> Result<()> {
        self.client.set(key, value).await
    }

    /// Sets the value of a key for a time.
    pub async fn set_expires(&mut self, key: &str, value: Bytes, after: Duration) -> Result<()> {
        self.client.set_expires(key, value, after).await
    }

    /// Sends a message to the subscribers of a channel, and returns how many there are.
    pub async fn publish(&mut self, channel: &str, message: Bytes) -> Result<u64> {
        self.client.publish(channel, message).await
    }

    /// Turns the connection into one for the messages of some channels.
    pub async fn subscribe(self, channels: Vec<String>) -> Result<Subscription> {
        let subscriber = self.client.subscribe(channels).await?;
        Ok(Subscription { subscriber })
    }

    /// Turns the connection into one that many callers may use.
    ///
    /// In mini-redis this is a sync function, and yet it needs a runtime, because it spawns a task. In an `async fn`
    /// every caller has one.
    pub async fn into_shared(self) -> Shared {
        let buffer = mini_redis::buffer(self.client);
        Shared { buffer }
    }
}

/// A connection that receives the messages of its channels.
#[expect(missing_debug_implementations, reason = "that of mini-redis has none")]
pub struct Subscription {
    subscriber: Subscriber,
}

#[smart]
impl Subscription {
    /// Waits for a message. Returns `None` once the server has closed the connection.
    pub async fn next_message(&mut self) -> Result<Option<Message>> {
        self.subscriber.next_message().await
    }

    /// Waits for message after message, until the server has closed the connection. An error is the last item.
    ///
    /// The channels can be changed when the stream is dropped. No message is lost then.
    #[smart(stream)]
    pub async fn messages(&mut self, mut out: Emit<Message>) -> Result<()> {
        while let Some(message) = self.subscriber.next_message().await? {
            out.emit(message).await;
        }
        Ok(())
    }

    /// Turns the connection into a stream of the messages.
    #[smart(stream)]
    pub async fn into_stream(self) -> impl Stream<Item = Result<Message>> {
        self.subscriber.into_stream()
    }

    /// Subscribes to more channels.
    pub async fn subscribe(&mut self, channels: &[String]) -> Result<()> {
        self.subscriber.subscribe(channels).await
    }

    /// Unsubscribes from channels, or from all of them if none is named.
    pub async fn unsubscribe(&mut self, channels: &[String]) -> Result<()> {
        self.subscriber.unsubscribe(channels).await
    }

    /// Returns the channels, without asking the server.
    pub fn channels(&self) -> &[String] {
        self.subscriber.get_subscribed()
    }
}

/// A connection that many callers may use.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "that of mini-redis has none")]
pub struct Shared {
    buffer: Buffer,
}

#[smart]
impl Shared {
    /// Returns the value of a key.
    pub async fn get(&mut self, key: &str) -> Result<Option<Bytes>> {
        self.buffer.get(key).await
    }

    /// Sets the value of a key.
    pub async fn set(&mut self, key: &str, value: Bytes) -> Result<()> {
        self.buffer.set(key, value).await
    }
}
