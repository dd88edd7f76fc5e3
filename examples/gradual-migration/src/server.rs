//! The async caller: a web server that uses `.await`.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::{Error, Repository, this_thread, tool};

/// The state that the handlers share.
#[derive(Clone)]
struct Site<R> {
    repository: R,
    /// The number of changes in progress.
    changing: Arc<AtomicUsize>,
}

/// The text of an answer, or an error.
type Answer = Result<String, (StatusCode, String)>;

async fn put<R: Repository>(
    State(site): State<Site<R>>,
    Path((item, n)): Path<(String, u32)>,
) -> Answer {
    let _changing = Changing::new(&site.changing);
    answer(site.repository.put(&item, n).await)
}

async fn take<R: Repository>(
    State(site): State<Site<R>>,
    Path((item, n)): Path<(String, u32)>,
) -> Answer {
    let _changing = Changing::new(&site.changing);
    answer(site.repository.take(&item, n).await)
}

async fn count<R: Repository>(State(site): State<Site<R>>, Path(item): Path<String>) -> Answer {
    answer(site.repository.count(&item).await)
}

async fn journal<R: Repository>(State(site): State<Site<R>>) -> Answer {
    let changes = site.repository.journal().await;
    answer(changes.map(|changes| tool::print(&changes)))
}

/// Sends the changes as they are read.
async fn changes<R: Repository>(State(site): State<Site<R>>) -> Body {
    let lines = site.repository.changes();
    Body::from_stream(lines.map(|change| change.map(|change| tool::print(&[change]))))
}

/// Returns the number of changes in progress. It needs no database, and so it always answers.
async fn changing<R>(State(site): State<Site<R>>) -> String {
    site.changing.load(Ordering::Relaxed).to_string()
}

fn answer<T: ToString>(result: Result<T, Error>) -> Answer {
    match result {
        Ok(value) => Ok(value.to_string()),
        Err(error) => {
            let status = match error {
                Error::TooFew { .. } | Error::TooMany { .. } => StatusCode::CONFLICT,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            Err((status, error.to_string()))
        }
    }
}

/// Counts a change in progress until it is dropped.
struct Changing<'a>(&'a AtomicUsize);

impl<'a> Changing<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Changing(count)
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A running server, which stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    /// Stops the server when it is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Runs a server on loopback, on a runtime with one worker.
    ///
    /// # Errors
    ///
    /// Returns the errors of the socket and of the runtime.
    pub fn start<R: Repository>(repository: R) -> io::Result<Self> {
        let site = Site {
            repository,
            changing: Arc::default(),
        };
        let site = Router::new()
            .route("/put/{item}/{n}", post(put::<R>))
            .route("/take/{item}/{n}", post(take::<R>))
            .route("/count/{item}", get(count::<R>))
            .route("/journal", get(journal::<R>))
            .route("/changes", get(changes::<R>))
            .route("/changing", get(changing::<R>))
            .route("/thread", get(async || this_thread()))
            .with_state(site);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // With a single worker, a handler that blocks would be noticed.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("server")
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                let serving = runtime.spawn(async {
                    let listener = tokio::net::TcpListener::from_std(listener)?;
                    axum::serve(listener, site).await
                });
                // The server ends in either case.
                let _ = stopped.await;
                serving.abort();
            });
        });
        Ok(Server {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
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
