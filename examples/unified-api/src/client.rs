use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Body, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use smartcall::{DualStream, DualStreamOf, Emit, SmartCall, Source, smart};

use crate::Result;
use crate::error::Error;
use crate::item::{Draft, Item, Page};

/// How long to wait before the second attempt. Each later wait is twice as long.
const PAUSE: Duration = Duration::from_millis(1);

/// A client of one server, which keeps its connections for later requests.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    server: SocketAddr,
    /// The text after the path of each request: nothing, or a `?` and parameters.
    query: String,
}

impl Client {
    /// Makes a client with a time limit for each answer. It needs no runtime.
    ///
    /// # Errors
    ///
    /// Fails as [`reqwest::ClientBuilder::build`] does.
    pub fn new(server: SocketAddr, timeout: Duration) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(timeout);
        Ok(Client {
            http: http.build()?,
            server,
            query: String::new(),
        })
    }

    /// Returns a client with the same connections that sends parameters with each request, like
    /// `delay_ms=5&fail_first=2`.
    pub fn with(&self, parameters: &str) -> Self {
        Client {
            query: format!("?{parameters}"),
            ..self.clone()
        }
    }

    fn items_url(&self) -> String {
        format!("http://{}/items{}", self.server, self.query)
    }

    fn item_url(&self, id: u64) -> String {
        format!("http://{}/items/{id}{}", self.server, self.query)
    }

    /// Lists all items, page by page: a page is fetched when its first item is asked for.
    pub fn list(&self) -> DualStreamOf<impl Source<Item = Result<Item>> + Send> {
        DualStream::pages(|after| self.page(after))
    }
}

// This is the one implementation of each operation.
#[smart]
impl Client {
    /// Gets an item.
    pub async fn item(&self, id: u64) -> Result<Item> {
        receive(self.http.get(self.item_url(id))).await
    }

    /// Lists all items.
    pub async fn items(&self) -> Result<Vec<Item>> {
        receive(self.http.get(self.items_url())).await
    }

    /// Creates an item. A draft that the server rejects is an [`Error::Rejected`].
    pub async fn create(&self, draft: &Draft) -> Result<Item> {
        receive(self.http.post(self.items_url()).json(draft)).await
    }

    /// Removes an item, and returns it.
    pub async fn remove(&self, id: u64) -> Result<Item> {
        receive(self.http.delete(self.item_url(id))).await
    }

    /// Gets a page of the list, and the last item of it, if there is another page.
    async fn page(&self, after: Option<u64>) -> Result<(Vec<Item>, Option<u64>)> {
        let url = format!("http://{}/items/page{}", self.server, self.query);
        let request = self.http.get(url).query(&[("after", after)]);
        let page: Page = receive(request).await?;
        Ok((page.items, page.next))
    }

    /// Downloads a body of some length, part by part. Only one part of it is in memory.
    #[smart(stream, owned)]
    pub async fn download(&self, length: u64, mut out: Emit<Bytes>) -> Result<()> {
        let url = format!("http://{}/bytes/{length}{}", self.server, self.query);
        let mut answer = send(self.http.get(url)).await?;
        while let Some(part) = answer.chunk().await.map_err(Error::Unreachable)? {
            out.emit(part).await;
        }
        Ok(())
    }

    /// Uploads a body, part by part, and returns its length. It has no more parts in memory than the stream has ahead.
    pub async fn upload(
        &self,
        parts: DualStreamOf<impl Source<Item = io::Result<Bytes>> + Send + 'static>,
    ) -> Result<u64> {
        let url = format!("http://{}/bytes{}", self.server, self.query);
        receive(self.http.post(url).body(Body::wrap_stream(parts))).await
    }

    /// Gets an item, with at most `attempts` attempts while the server fails.
    pub async fn item_by_retry(&self, id: u64, attempts: u32) -> Result<Item> {
        retry(|| self.item(id), attempts).await
    }
}

/// Calls an operation until the server does not fail, at most `attempts` times.
#[smart]
async fn retry<T, K>(op: impl SmartCall<Result<T>, K>, attempts: u32) -> Result<T> {
    let mut pause = PAUSE;
    for _ in 1..attempts {
        match op.invoke().await {
            Err(error) if error.is_server_failure() => smartcall::sleep(pause).await,
            done => return done,
        }
        pause *= 2;
    }
    op.invoke().await
}

/// Sends a request, and reads the answer.
async fn receive<T: DeserializeOwned>(request: RequestBuilder) -> Result<T> {
    read(send(request).await?).await
}

async fn send(request: RequestBuilder) -> Result<Response> {
    let answer = request.send().await.map_err(Error::Unreachable)?;
    match answer.status() {
        status if status.is_success() => Ok(answer),
        StatusCode::NOT_FOUND => Err(Error::NotFound(answer.url().path().to_owned())),
        StatusCode::UNPROCESSABLE_ENTITY => Err(Error::Rejected(read(answer).await?)),
        status => Err(Error::Failed(status.as_u16())),
    }
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T> {
    answer.json().await.map_err(|error| {
        if error.is_decode() {
            Error::Unexpected(error)
        } else {
            Error::Unreachable(error)
        }
    })
}
