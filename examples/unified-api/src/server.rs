//! A server for the example: on loopback, slow or failing on request.
//!
//! Each request may have two parameters. `delay_ms` delays the answer. With `fail_first`, that many requests of the
//! same address are answered with a 503 first.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use smartcall::DualStream;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::item::{Draft, Item, Page, Rejection};

/// How many items a page has at most.
const PAGE: usize = 2;

/// A part of a body that is sent.
const PART: &[u8] = &[0; 64 * 1024];

/// A running server, which stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shop: Arc<Shop>,
    /// Stops the server when it is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Runs a server on a thread and a runtime of its own, as another program would.
    ///
    /// # Errors
    ///
    /// Returns the errors of the socket and of the thread.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shop = Arc::new(Shop::default());
        let site = site(Arc::clone(&shop));
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("server".into())
            .spawn(move || {
                // The end of the runtime closes the connections.
                runtime.block_on(async {
                    let listener = tokio::net::TcpListener::from_std(listener);
                    tokio::select! {
                        _ = axum::serve(listener.expect("it is a socket"), site) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Server {
            address,
            shop,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the number of requests.
    pub fn requests(&self) -> u32 {
        lock(&self.shop.requests).values().sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // The caller of the server has seen the panic.
            let _ = thread.join();
        }
    }
}

/// The state of the server.
#[derive(Debug)]
struct Shop {
    items: Mutex<BTreeMap<u64, Item>>,
    /// The number of requests of each address.
    requests: Mutex<HashMap<String, u32>>,
}

impl Default for Shop {
    fn default() -> Self {
        let items = [(1, "anvil", 300), (2, "bucket", 20), (3, "candle", 5)];
        let items = items.map(|(id, name, price)| {
            let name = name.to_owned();
            (id, Item { id, name, price })
        });
        Shop {
            items: Mutex::new(items.into()),
            requests: Mutex::default(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn site(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/items", get(items).post(create))
        .route("/items/page", get(page))
        .route("/items/{id}", get(item).delete(remove))
        .route("/bytes", post(received))
        .route("/bytes/{length}", get(sent))
        .layer(middleware::from_fn_with_state(Arc::clone(&shop), faults))
        .with_state(shop)
}

/// The parameters of a request.
#[derive(Debug, Deserialize)]
struct Faults {
    delay_ms: Option<u64>,
    fail_first: Option<u32>,
}

async fn faults(
    State(shop): State<Arc<Shop>>,
    Query(faults): Query<Faults>,
    request: Request,
    next: Next,
) -> Response {
    let address = format!("{} {}", request.method(), request.uri());
    let before = {
        let mut requests = lock(&shop.requests);
        let count = requests.entry(address).or_default();
        *count += 1;
        *count - 1
    };
    if let Some(delay) = faults.delay_ms {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    if before < faults.fail_first.unwrap_or(0) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

async fn items(State(shop): State<Arc<Shop>>) -> Json<Vec<Item>> {
    Json(lock(&shop.items).values().cloned().collect())
}

/// The item after which a page begins.
#[derive(Debug, Deserialize)]
struct After {
    after: Option<u64>,
}

async fn page(State(shop): State<Arc<Shop>>, Query(After { after }): Query<After>) -> Json<Page> {
    let items = lock(&shop.items);
    let mut rest = items.range(after.map_or(0, |id| id + 1)..);
    let items: Vec<Item> = rest
        .by_ref()
        .take(PAGE)
        .map(|(_, item)| item.clone())
        .collect();
    let next = items
        .last()
        .filter(|_| rest.next().is_some())
        .map(|item| item.id);
    Json(Page { items, next })
}

/// Sends a body of some length.
async fn sent(Path(length): Path<usize>) -> Body {
    let mut left = length;
    let parts = std::iter::from_fn(move || {
        let part = PART.get(..left.min(PART.len()))?;
        left -= part.len();
        (!part.is_empty()).then(|| Ok::<_, io::Error>(Bytes::from_static(part)))
    });
    Body::from_stream(DualStream::ready(parts))
}

/// Receives a body, and returns its length.
async fn received(body: Body) -> Result<Json<usize>, StatusCode> {
    let mut parts = DualStream::stream(body.into_data_stream());
    let mut length = 0;
    while let Some(part) = parts
        .try_next()
        .await
        .map_err(|_| StatusCode::BAD_REQUEST)?
    {
        length += part.len();
    }
    Ok(Json(length))
}

async fn item(State(shop): State<Arc<Shop>>, Path(id): Path<u64>) -> Response {
    answer(lock(&shop.items).get(&id).cloned())
}

async fn remove(State(shop): State<Arc<Shop>>, Path(id): Path<u64>) -> Response {
    answer(lock(&shop.items).remove(&id))
}

async fn create(State(shop): State<Arc<Shop>>, Json(draft): Json<Draft>) -> Response {
    if draft.name.is_empty() {
        let rejection = Rejection {
            field: "name".into(),
            reason: "must not be empty".into(),
        };
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(rejection)).into_response();
    }
    let mut items = lock(&shop.items);
    let id = items.keys().last().map_or(1, |last| last + 1);
    let Draft { name, price } = draft;
    let item = Item { id, name, price };
    items.insert(id, item.clone());
    (StatusCode::CREATED, Json(item)).into_response()
}

fn answer(item: Option<Item>) -> Response {
    match item {
        Some(item) => Json(item).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
