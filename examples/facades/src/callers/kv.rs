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
    news.subscribe(&["d".into()]).get()?;
    let subscribed = news.channels().join(", ");
    news.unsubscribe(&["c".into()]).get()?;

    let mut shared = kv.into_shared().get();
    shared.set("e", "four".into()).get()?;
    Ok(vec![
        ("get", format!("{before:?}")),
        ("set", format!("{set:?}")),
        ("set_expires", format!("{set_expires:?}")),
        ("publish", publish.to_string()),
        ("next_message", format!("{message:?}")),
        ("subscribe", subscribed),
        ("unsubscribe", news.channels().join(", ")),
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
    news.subscribe(&["d".into()]).await?;
    let subscribed = news.channels().join(", ");
    news.unsubscribe(&["c".into()]).await?;

    let mut shared = kv.into_shared().await;
    shared.set("e", "four".into()).await?;
    Ok(vec![
        ("get", format!("{before:?}")),
        ("set", format!("{set:?}")),
        ("set_expires", format!("{set_expires:?}")),
        ("publish", publish.to_string()),
        ("next_message", format!("{message:?}")),
        ("subscribe", subscribed),
        ("unsubscribe", news.channels().join(", ")),
        (
            "set, shared",
            format!("{:?}", shared.clone().get("e").await?),
        ),
    ])
}
