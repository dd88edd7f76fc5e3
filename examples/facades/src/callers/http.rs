//! The callers of the HTTP client.

use std::collections::HashMap;
use std::net::SocketAddr;

use reqwest::{Method, Request, Result};

use super::Report;
use crate::http::{Http, fetch};

/// Calls all functions from sync code.
///
/// # Errors
///
/// Returns the first error of the client.
pub fn sync(http: &Http, server: SocketAddr) -> Result<Report> {
    let url = |path: &str| format!("http://{server}/{path}");
    let (page, echo) = (url("page"), url("echo"));
    let request = Request::new(Method::OPTIONS, echo.parse().expect("it is a URL"));
    let json: HashMap<String, u32> = http.get(&url("json")).get()?.json().get()?;
    let latin1 = http.get(&url("latin1")).get()?;
    let mut parts = http.get(&page).get()?;
    let mut bytes_stream = Vec::new();
    for part in http.get(&page).get()?.bytes_stream() {
        bytes_stream.extend(part?);
    }
    Ok(vec![
        ("get", http.get(&page).get()?.status().to_string()),
        ("head", http.head(&page).get()?.status().to_string()),
        ("post", http.post(&echo, "a").get()?.text().get()?),
        ("put", http.put(&echo, "b").get()?.text().get()?),
        ("patch", http.patch(&echo, "c").get()?.text().get()?),
        ("delete", http.delete(echo.clone()).get()?.text().get()?),
        ("execute", http.execute(request).get()?.text().get()?),
        ("text", http.get(&page).get()?.text().get()?),
        (
            "text_with_charset",
            latin1.text_with_charset("latin1").get()?,
        ),
        ("json", format!("{json:?}")),
        (
            "bytes",
            format!("{:?}", http.get(&page).get()?.bytes().get()?),
        ),
        (
            "bytes_stream",
            String::from_utf8_lossy(&bytes_stream).into_owned(),
        ),
        ("chunk", format!("{:?}", parts.chunk().get()?)),
        ("chunk, at the end", format!("{:?}", parts.chunk().get()?)),
        ("fetch", fetch(&page).get()?),
    ])
}

/// Calls all functions from async code.
///
/// # Errors
///
/// Returns the first error of the client.
pub async fn asynchronous(http: &Http, server: SocketAddr) -> Result<Report> {
    let url = |path: &str| format!("http://{server}/{path}");
    let (page, echo) = (url("page"), url("echo"));
    let request = Request::new(Method::OPTIONS, echo.parse().expect("it is a URL"));
    let json: HashMap<String, u32> = http.get(&url("json")).await?.json().await?;
    let latin1 = http.get(&url("latin1")).await?;
    let mut parts = http.get(&page).await?;
    let mut bytes_stream = Vec::new();
    let mut stream = http.get(&page).await?.bytes_stream();
    while let Some(part) = stream.try_next().await? {
        bytes_stream.extend(part);
    }
    Ok(vec![
        ("get", http.get(&page).await?.status().to_string()),
        ("head", http.head(&page).await?.status().to_string()),
        ("post", http.post(&echo, "a").await?.text().await?),
        ("put", http.put(&echo, "b").await?.text().await?),
        ("patch", http.patch(&echo, "c").await?.text().await?),
        ("delete", http.delete(echo.clone()).await?.text().await?),
        ("execute", http.execute(request).await?.text().await?),
        ("text", http.get(&page).await?.text().await?),
        (
            "text_with_charset",
            latin1.text_with_charset("latin1").await?,
        ),
        ("json", format!("{json:?}")),
        (
            "bytes",
            format!("{:?}", http.get(&page).await?.bytes().await?),
        ),
        (
            "bytes_stream",
            String::from_utf8_lossy(&bytes_stream).into_owned(),
        ),
        ("chunk", format!("{:?}", parts.chunk().await?)),
        ("chunk, at the end", format!("{:?}", parts.chunk().await?)),
        ("fetch", fetch(&page).await?),
    ])
}
