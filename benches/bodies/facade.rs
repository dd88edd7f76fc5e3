//! Subjects with a sync facade over an async service: a request goes to another thread, and its reply comes back.

use std::sync::mpsc;
use std::thread;

use futures::channel::{mpsc as requests, oneshot};
use futures::stream::StreamExt;
use smartcall::Dual;
use tokio::runtime::{Builder, Handle};

/// A client of the service.
#[derive(Clone)]
pub(crate) struct Client(requests::UnboundedSender<(u64, oneshot::Sender<u64>)>);

impl Client {
    /// Starts the service, which ends when its last client is dropped.
    pub(crate) fn new() -> Self {
        let (send, mut receive) = requests::unbounded::<(u64, oneshot::Sender<u64>)>();
        let serve = async move {
            while let Some((x, reply)) = receive.next().await {
                // The client may be gone.
                let _ = reply.send(x ^ 1);
            }
        };
        thread::spawn(|| pollster::block_on(serve));
        Client(send)
    }

    async fn ask(&self, x: u64) -> u64 {
        let (reply, replied) = oneshot::channel();
        self.0
            .unbounded_send((x, reply))
            .expect("the service is there");
        replied.await.expect("the service replies")
    }
}

pub(crate) fn get(client: &Client, x: u64) -> u64 {
    Dual::future(client.ask(x)).get()
}

pub(crate) fn runtime_per_call(client: &Client, x: u64) -> u64 {
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime starts");
    runtime.block_on(client.ask(x))
}

pub(crate) fn handle_block_on(tokio: &Handle, client: &Client, x: u64) -> u64 {
    tokio.block_on(client.ask(x))
}

/// A thread with its own runtime, to which the calls are sent, as in `reqwest::blocking`.
pub(crate) struct Background(tokio::sync::mpsc::UnboundedSender<(u64, mpsc::SyncSender<u64>)>);

impl Background {
    pub(crate) fn new(client: Client) -> Self {
        let (send, mut receive) =
            tokio::sync::mpsc::unbounded_channel::<(u64, mpsc::SyncSender<u64>)>();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread()
                .build()
                .expect("a runtime starts");
            runtime.block_on(async {
                while let Some((x, reply)) = receive.recv().await {
                    let client = client.clone();
                    tokio::spawn(async move { reply.send(client.ask(x).await) });
                }
            });
        });
        Background(send)
    }

    pub(crate) fn get(&self, x: u64) -> u64 {
        let (reply, replied) = mpsc::sync_channel(1);
        self.0.send((x, reply)).expect("the runtime is there");
        replied.recv().expect("the call ends")
    }
}
