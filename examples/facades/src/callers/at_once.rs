//! Callers that resolve several handles at once.
//!
//! Whatever takes a future takes a handle, so the async caller needs nothing from smartcall. The sync caller uses
//! smartcall's functions for the same.

use std::net::SocketAddr;

use futures::future::join_all;

use super::Report;
use crate::dns::Dns;
use crate::http::{Answer, Http};
use crate::kv::Kv;

/// The names that are looked up. Only the first is known to the server.
const NAMES: [&str; 3] = ["www.example.test.", "no.test.", "nobody.example.test."];

/// The error of any client.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// Calls from sync code.
///
/// # Errors
///
/// Returns the first error of the clients.
pub fn sync(dns: &Dns, http: &Http, web: SocketAddr, kv: SocketAddr) -> Result<Report, Error> {
    let (page, never) = urls(web);
    let found = smartcall::join(NAMES.map(|name| dns.lookup_ip(name))).get();
    let first = smartcall::race([http.get(&never), http.get(&page)]).get();
    // The handles borrow nothing: the method with `&self` is `owned`.
    let (connected, looked_up) = (Kv::connect(kv).start(), dns.lookup_ip(NAMES[0]).start());
    let boxed = [http.get(&page).boxed(), http.head(&page).boxed()];
    let pages = smartcall::join_at_most(2, boxed).get();
    Ok(vec![
        ("several lookups", count(&found)),
        ("the first of two", status(first)?),
        ("in the background", value(connected.get()?.get("a").get()?)),
        ("a lookup in the background", count(&[looked_up.get()])),
        ("of several types", statuses(pages)?),
    ])
}

/// Calls from async code.
///
/// # Errors
///
/// Returns the first error of the clients.
pub async fn asynchronous(
    dns: &Dns,
    http: &Http,
    web: SocketAddr,
    kv: SocketAddr,
) -> Result<Report, Error> {
    let (page, never) = urls(web);
    let found = join_all(NAMES.map(|name| dns.lookup_ip(name))).await;
    let first = tokio::select! {
        answer = http.get(&never) => answer,
        answer = http.get(&page) => answer,
    };
    // The handles borrow nothing: the method with `&self` is `owned`.
    let (connected, looked_up) = (
        tokio::spawn(Kv::connect(kv)),
        tokio::spawn(dns.lookup_ip(NAMES[0])),
    );
    let boxed = [http.get(&page).boxed(), http.head(&page).boxed()];
    let pages = join_all(boxed).await;
    Ok(vec![
        ("several lookups", count(&found)),
        ("the first of two", status(first)?),
        (
            "in the background",
            value(connected.await??.get("a").await?),
        ),
        ("a lookup in the background", count(&[looked_up.await?])),
        ("of several types", statuses(pages)?),
    ])
}

fn urls(web: SocketAddr) -> (String, String) {
    (format!("http://{web}/page"), format!("http://{web}/never"))
}

fn count<T, E>(found: &[Result<T, E>]) -> String {
    let known = found.iter().filter(|found| found.is_ok()).count();
    format!("{known} of {}", found.len())
}

fn status(answer: reqwest::Result<Answer>) -> reqwest::Result<String> {
    Ok(answer?.status().to_string())
}

fn statuses(answers: Vec<reqwest::Result<Answer>>) -> reqwest::Result<String> {
    let all: reqwest::Result<Vec<_>> = answers.into_iter().map(status).collect();
    Ok(all?.join(", "))
}

fn value(value: Option<bytes::Bytes>) -> String {
    format!("{value:?}")
}
