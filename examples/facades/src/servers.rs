//! Servers for the examples: on loopback, in this process.

use std::future::pending;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::http::Method;
use axum::routing::{any, get};
use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::{RData, Record, RecordType};
use hickory_proto::serialize::txt::RDataParser;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// A running server, which stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    /// Stops the server when it is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Runs a server on a thread and a runtime of its own, as another program would.
    fn start<F>(address: SocketAddr, serve: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output: Send>,
    {
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            // The end of the runtime closes the connections.
            runtime.expect("a runtime starts").block_on(async {
                tokio::select! {
                    _ = serve() => {}
                    _ = stopped => {}
                }
            });
        });
        Server {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
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

/// The records that the DNS server knows.
const RECORDS: [(&str, RecordType, &str); 11] = [
    ("www.example.test.", RecordType::A, "192.0.2.1"),
    ("www.example.test.", RecordType::AAAA, "2001:db8::1"),
    (
        "1.2.0.192.in-addr.arpa.",
        RecordType::PTR,
        "www.example.test.",
    ),
    ("example.test.", RecordType::MX, "10 mail.example.test."),
    ("example.test.", RecordType::NS, "ns.example.test."),
    ("example.test.", RecordType::SOA, "ns. admin. 1 2 3 4 5"),
    ("example.test.", RecordType::TXT, "text"),
    (
        "example.test.",
        RecordType::CAA,
        "0 issue \"ca.example.test\"",
    ),
    ("example.test.", RecordType::CERT, "1 2 3 AQID"),
    (
        "_http._tcp.example.test.",
        RecordType::SRV,
        "1 2 80 www.example.test.",
    ),
    ("_443._tcp.example.test.", RecordType::TLSA, "3 1 1 010203"),
];

/// Starts a DNS server that knows only `example.test.`.
///
/// # Errors
///
/// Returns the errors of the socket.
pub fn dns() -> io::Result<Server> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    Ok(Server::start(socket.local_addr()?, || serve_dns(socket)))
}

async fn serve_dns(socket: UdpSocket) -> io::Result<()> {
    let socket = tokio::net::UdpSocket::from_std(socket)?;
    let mut buffer = [0; 512];
    loop {
        let (len, client) = socket.recv_from(&mut buffer).await?;
        if let Ok(query) = Message::from_vec(&buffer[..len]) {
            let answer = answer(&query).to_vec().expect("it can be encoded");
            socket.send_to(&answer, client).await?;
        }
    }
}

fn answer(query: &Message) -> Message {
    let mut answer = query.clone();
    answer.set_message_type(MessageType::Response);
    for query in query.queries() {
        let name = query.name().to_string();
        let mut known = RECORDS.iter().filter(|record| record.0 == name).peekable();
        if known.peek().is_none() {
            answer.set_response_code(ResponseCode::NXDomain);
        }
        for (_, record_type, text) in known.filter(|record| record.1 == query.query_type()) {
            let data = RData::try_from_str(*record_type, text).expect("the table is right");
            answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
        }
    }
    answer
}

/// Starts an HTTP server.
///
/// # Errors
///
/// Returns the errors of the socket.
pub fn http() -> io::Result<Server> {
    async fn echo(method: Method, body: String) -> String {
        format!("{method} {body}")
    }
    let (listener, address) = listen()?;
    let site = Router::new()
        .route("/page", get("a page"))
        .route("/echo", any(echo))
        .route("/json", get(r#"{"five": 5}"#))
        .route("/latin1", get(&b"caf\xe9"[..]))
        .route("/never", get(pending::<String>));
    Ok(Server::start(address, || async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, site).await
    }))
}

/// Starts the key-value server of mini-redis.
///
/// # Errors
///
/// Returns the errors of the socket.
pub fn kv() -> io::Result<Server> {
    let (listener, address) = listen()?;
    Ok(Server::start(address, || async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        mini_redis::server::run(listener, pending::<()>()).await
    }))
}

fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
