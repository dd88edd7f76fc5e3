use std::net::SocketAddr;
use std::panic;
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use smartcall::{SmartCall, smart};
use tokio::task::{self, JoinSet};

use crate::Result;
use crate::error::Error;
use crate::item::{Draft, Item};

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
///
/// A connection is a tokio task. It wakes the task that polls an exchange at the head of the answer, at its body and
/// at its end. That is cheap for another task of the same runtime, but a thread that is parked in a `.get()` would be
/// woken three times. So the exchange becomes a task there, and its caller is woken once, with the whole answer.
async fn receive<T: DeserializeOwned + Send + 'static>(request: RequestBuilder) -> Result<T> {
    if task::try_id().is_some() {
        return exchange(request).await;
    }
    // Dropping the set cancels the task.
    let mut task = JoinSet::new();
    task.spawn(exchange(request));
    match task.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(error)) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        _ => Err(Error::Stopped),
    }
}

async fn exchange<T: DeserializeOwned>(request: RequestBuilder) -> Result<T> {
    let answer = request.send().await.map_err(Error::Unreachable)?;
    match answer.status() {
        status if status.is_success() => read(answer).await,
        StatusCode::NOT_FOUND => Err(Error::NotFound(answer.url().path().to_owned())),
        StatusCode::UNPROCESSABLE_ENTITY => Err(Error::Rejected(read(answer).await?)),
        status => Err(Error::Failed(status.as_u16())),
    }
}

async fn read<T: DeserializeOwned>(answer: reqwest::Response) -> Result<T> {
    answer.json().await.map_err(|error| {
        if error.is_decode() {
            Error::Unexpected(error)
        } else {
            Error::Unreachable(error)
        }
    })
}
