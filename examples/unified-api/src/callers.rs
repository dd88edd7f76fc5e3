//! Three callers of the library, each of which uses all of it.

use std::error::Error as _;
use std::io::{self, Read};

use smartcall::Executor;

use crate::{Client, Draft, Item, Result, parts};

/// The result of each operation: the request, and the answer as a text.
pub type Report = Vec<(&'static str, String)>;

/// How often an item is requested while the server fails.
const ATTEMPTS: u32 = 3;

/// The length of a body, in bytes.
const LENGTH: u64 = 1_000_000;

/// Calls from sync code, which has no runtime and needs to know of none.
pub fn sync(client: &Client) -> Report {
    let failing = |times: u32| client.with(&format!("fail_first={times}"));
    vec![
        ("item", one(client.item(1).get())),
        ("item, later", one(client.with("delay_ms=5").item(1).get())),
        ("item, not there", one(client.item(9).get())),
        ("items", all(client.items().get())),
        ("items, by pages", all(client.list().try_collect().get())),
        ("download", bytes(download(client))),
        ("upload", bytes(client.upload(parts(body())).get())),
        ("create", one(client.create(&lamp()).get())),
        ("create, no name", one(client.create(&nameless()).get())),
        ("remove", one(client.remove(4).get())),
        ("no retry", one(failing(1).item(1).get())),
        (
            "retry, 2 failures",
            one(failing(2).item_by_retry(1, ATTEMPTS).get()),
        ),
        (
            "retry, 3 failures",
            one(failing(3).item_by_retry(1, ATTEMPTS).get()),
        ),
    ]
}

/// Calls from async code.
pub async fn asynchronous(client: &Client) -> Report {
    let failing = |times: u32| client.with(&format!("fail_first={times}"));
    vec![
        ("item", one(client.item(1).await)),
        ("item, later", one(client.with("delay_ms=5").item(1).await)),
        ("item, not there", one(client.item(9).await)),
        ("items", all(client.items().await)),
        ("items, by pages", all(client.list().try_collect().await)),
        ("download", bytes(download_async(client).await)),
        ("upload", bytes(client.upload(parts(body())).await)),
        ("create", one(client.create(&lamp()).await)),
        ("create, no name", one(client.create(&nameless()).await)),
        ("remove", one(client.remove(4).await)),
        ("no retry", one(failing(1).item(1).await)),
        (
            "retry, 2 failures",
            one(failing(2).item_by_retry(1, ATTEMPTS).await),
        ),
        (
            "retry, 3 failures",
            one(failing(3).item_by_retry(1, ATTEMPTS).await),
        ),
    ]
}

/// Calls from a task of smartcall's own executor.
pub fn on_an_executor(ex: &Executor, client: &Client) -> Report {
    let client = client.clone();
    ex.block_on(ex.spawn(async move { asynchronous(&client).await }))
}

fn download(client: &Client) -> Result<u64> {
    let mut length = 0;
    for part in client.download(LENGTH) {
        length += part?.len() as u64;
    }
    Ok(length)
}

async fn download_async(client: &Client) -> Result<u64> {
    let mut length = 0;
    let mut parts = client.download(LENGTH);
    while let Some(part) = parts.try_next().await? {
        length += part.len() as u64;
    }
    Ok(length)
}

/// A reader, as a file would be.
fn body() -> impl Read + Send {
    io::repeat(7).take(LENGTH)
}

fn lamp() -> Draft {
    Draft {
        name: "lamp".into(),
        price: 40,
    }
}

fn nameless() -> Draft {
    Draft {
        name: String::new(),
        price: 40,
    }
}

fn one(result: Result<Item>) -> String {
    text(result.map(|item| format!("{} {} for {}", item.id, item.name, item.price)))
}

fn all(result: Result<Vec<Item>>) -> String {
    text(result.map(|items| {
        let names: Vec<_> = items.iter().map(|item| &*item.name).collect();
        names.join(" ")
    }))
}

fn bytes(result: Result<u64>) -> String {
    text(result.map(|length| format!("{length} bytes")))
}

fn text(result: Result<String>) -> String {
    result.unwrap_or_else(|error| match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}
