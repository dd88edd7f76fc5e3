//! An HTTP client: reqwest.

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use reqwest::{Body, IntoUrl, Request, Response, Result, StatusCode};
use serde::de::DeserializeOwned;
use smartcall::smart;

/// A client, which keeps its connections for later requests.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// Makes a client with a time limit for each answer. It needs no runtime.
    ///
    /// # Errors
    ///
    /// Fails as [`reqwest::ClientBuilder::build`] does.
    pub fn new(timeout: Duration) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(timeout).build()?;
        Ok(Http { client })
    }
}

/// Each handle owns a clone of the client, as reqwest intends, so it can be spawned and started.
#[smart(owned)]
impl Http {
    /// Sends a `GET`.
    pub async fn get(&self, url: &str) -> Result<Answer> {
        self.client.get(url).send().await.map(Answer)
    }

    /// Sends a `HEAD`.
    pub async fn head(&self, url: &str) -> Result<Answer> {
        self.client.head(url).send().await.map(Answer)
    }

    /// Sends a `POST`.
    pub async fn post(&self, url: &str, body: impl Into<Body> + 'static) -> Result<Answer> {
        self.client.post(url).body(body).send().await.map(Answer)
    }

    /// Sends a `PUT`.
    pub async fn put(&self, url: &str, body: impl Into<Body> + 'static) -> Result<Answer> {
        self.client.put(url).body(body).send().await.map(Answer)
    }

    /// Sends a `PATCH`.
    pub async fn patch(&self, url: &str, body: impl Into<Body> + 'static) -> Result<Answer> {
        self.client.patch(url).body(body).send().await.map(Answer)
    }

    /// Sends a `DELETE`.
    pub async fn delete(&self, url: impl IntoUrl + 'static) -> Result<Answer> {
        self.client.delete(url).send().await.map(Answer)
    }

    /// Sends a request that was made before.
    pub async fn execute(&self, request: Request) -> Result<Answer> {
        self.client.execute(request).await.map(Answer)
    }
}

/// An answer whose body has not been read yet.
#[derive(Debug)]
pub struct Answer(Response);

impl Answer {
    /// Returns the status, which is known already.
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }
}

#[smart]
impl Answer {
    /// Reads the body as a text.
    pub async fn text(self) -> Result<String> {
        self.0.text().await
    }

    /// Reads the body as a text, in this charset if the answer names none.
    pub async fn text_with_charset(self, charset: &str) -> Result<String> {
        self.0.text_with_charset(charset).await
    }

    /// Reads the body as JSON.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        self.0.json().await
    }

    /// Reads the whole body.
    pub async fn bytes(self) -> Result<Bytes> {
        self.0.bytes().await
    }

    /// Reads the body part by part. An error is the last item.
    #[smart(stream)]
    pub async fn bytes_stream(self) -> impl Stream<Item = Result<Bytes>> {
        self.0.bytes_stream()
    }

    /// Reads the next part of the body.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        self.0.chunk().await
    }
}

/// Fetches a text with a new client.
///
/// reqwest has a sync path of its own, which sync callers take.
#[smart(blocking = fetch_blocking)]
pub async fn fetch(url: &str) -> Result<String> {
    reqwest::get(url).await?.text().await
}

fn fetch_blocking(url: &str) -> Result<String> {
    reqwest::blocking::get(url)?.text()
}
