//! The callers of the key-value client.

use std::net::SocketAddr;
use std::time::Duration;

use mini_redis::Result;

use super::Report;
use crate::kv::Kv;

/// A time to live that is longer than any caller takes.
const MINUTE: Duration = Duration::from_secs(60);

/// Calls all functions from sync code.
///
/// # Errors
///
/// Returns the first error of the client.
pub fn sync(server: SocketAddr) -> Result<Report> {
    let mut kv = Kv::connect(server).get()?;
    let before = kv.get("a").get()?;
    kv.set("a", "one".into()).get()?;
    let set = kv.get("a").get()?;
    kv.set_expires("b", "two".into(), MINUTE).get()?;
    let set_expires = kv.get("b").get()?;

    let mut news = Kv::connect(server)
        .get()?
        .subscribe(vec!["c".into()])
        .get()?;
    let publish = kv.publish("c", "three".into()).get()?;
    let message = news.next_message().get()?.map(|message| message.content);
    let mut messages = Vec::new();
    for content in ["four", "five"] {
        kv.publish("c", content.into()).get()?;
    }
    for message in news.messages().take(2) {
        messages.push(message?.content);
    }
    news.subscribe(&["d".into()]).get()?;
    let subscribed = news.channels().join(", ");
    news.unsubscribe(&["c".into()]).get()?;

    let unsubscribed = news.channels().join(", ");
    kv.publish("d", "six".into()).get()?;
    let last = news.into_stream().next().get().transpose()?;

    let mut shared = kv.into_shared().get();
    shared.set("e", "seven".into()).get()?;
    Ok(vec![
        ("get", format!("{before:?}")),
        ("set", format!("{set:?}")),
        ("set_expires", format!("{set_expires:?}")),
        ("publish", publish.to_string()),
        ("next_message", format!("{message:?}")),
        ("messages", format!("{messages:?}")),
        ("subscribe", subscribed),
        ("unsubscribe", unsubscribed),
        ("into_stream", format!("{:?}", last.map(|it| it.content))),
        (
            "set, shared",
            format!("{:?}", shared.clone().get("e").get()?),
        ),
    ])
}

/// Calls all functions from async code.
///
/// # Errors
///
/// Returns the first error of the client.
pub async fn asynchronous(server: SocketAddr) -> Result<Report> {
    let mut kv = Kv::connect(server).await?;
    let before = kv.get("a").await?;
    kv.set("a", "one".into()).await?;
    let set = kv.get("a").await?;
    kv.set_expires("b", "two".into(), MINUTE).await?;
    let set_expires = kv.get("b").await?;

    let mut news = Kv::connect(server)
        .await?
        .subscribe(vec!["c".into()])
        .await?;
    let publish = kv.publish("c", "three".into()).await?;
    let message = news.next_message().await?.map(|message| message.content);
    let mut messages = Vec::new();
    for content in ["four", "five"] {
        kv.publish("c", content.into()).await?;
    }
    let mut stream = news.messages().take(2);
    while let Some(message) = stream.try_next().await? {
        messages.push(message.content);
    }
    drop(stream);
    news.subscribe(&["d".into()]).await?;
    let subscribed = news.channels().join(", ");
    news.unsubscribe(&["c".into()]).await?;

    let unsubscribed = news.channels().join(", ");
    kv.publish("d", "six".into()).await?;
    let last = news.into_stream().next().await.transpose()?;

    let mut shared = kv.into_shared().await;
    shared.set("e", "seven".into()).await?;
    Ok(vec![
        ("get", format!("{before:?}")),
        ("set", format!("{set:?}")),
        ("set_expires", format!("{set_expires:?}")),
        ("publish", publish.to_string()),
        ("next_message", format!("{message:?}")),
        ("messages", format!("{messages:?}")),
        ("subscribe", subscribed),
        ("unsubscribe", unsubscribed),
        ("into_stream", format!("{:?}", last.map(|it| it.content))),
        (
            "set, shared",
            format!("{:?}", shared.clone().get("e").await?),
        ),
    ])
}
