//! One `retry`, with a sync and an async operation, called from sync and from async code.
//!
//! `cargo run --example quickstart [FILE [HOST:PORT]]`
//!
//! The sync operation reads a file, by default this package's Cargo.toml. The async operation asks an HTTP server for
//! its first line. The default is a small server that starts here and hangs up on every other client. Each row of the
//! table is one call of `retry`, and shows how it ran.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use std::{env, fs, process};

use async_io::Async;
use futures_lite::{AsyncBufReadExt, AsyncWriteExt, StreamExt};
use smartcall::context::{self, Place};
use smartcall::{Dual, DualOf, Executor, SmartCall, Work};

/// The library: calls an operation until it succeeds. It is written once, and depends neither on the kind of the
/// operation nor on the caller.
fn retry<T, E, K>(
    op: impl SmartCall<Result<T, E>, K>,
    attempts: u32,
) -> DualOf<impl Work<Output = Result<T, E>>> {
    Dual::future(async move {
        for _ in 1..attempts {
            if let Ok(value) = op.invoke().await {
                return Ok(value);
            }
        }
        op.invoke().await
    })
}

/// A sync caller: it calls `.get()`.
fn sync_caller(file: PathBuf, server: SocketAddr) -> Result<(), String> {
    row(Instant::now(), retry(move || read(&file), 3).get()?);
    row(Instant::now(), retry(move || ask(server), 3).get()?);
    Ok(())
}

/// An async caller: it awaits, and is otherwise the same.
async fn async_caller(file: PathBuf, server: SocketAddr) -> Result<(), String> {
    row(Instant::now(), retry(move || read(&file), 3).await?);
    row(Instant::now(), retry(move || ask(server), 3).await?);
    Ok(())
}

/// The sync operation: reads a file.
fn read(file: &Path) -> Result<Answer, String> {
    TRIES.fetch_add(1, Ordering::Relaxed);
    let text = fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let size = format!("{} lines, {} bytes", text.lines().count(), text.len());
    Ok(answer(format!("sync: read {name}"), size))
}

/// The async operation: asks a server for one line.
async fn ask(server: SocketAddr) -> Result<Answer, String> {
    TRIES.fetch_add(1, Ordering::Relaxed);
    let request = Dual::future(async {
        let mut stream = Async::<TcpStream>::connect(server).await?;
        stream.write_all(b"HEAD / HTTP/1.0\r\n\r\n").await?;
        let mut lines = futures_lite::io::BufReader::new(stream).lines();
        let nothing = || Err(io::Error::other("it hung up without an answer"));
        lines.next().await.unwrap_or_else(nothing)
    });
    let too_late = |_| Err(ErrorKind::TimedOut.into());
    match request
        .timeout(Duration::from_secs(3))
        .await
        .unwrap_or_else(too_late)
    {
        Ok(line) => Ok(answer(format!("async: ask {server}"), line)),
        Err(error) => Err(format!("cannot ask {server}: {error}")),
    }
}

/// How often an operation was tried since the last row.
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What an operation did, what it found, and its context and thread.
type Answer = (String, String, Place, Thread);

fn answer(operation: String, result: String) -> Answer {
    (operation, result, context::current(), thread::current())
}

/// Prints what a caller got. It runs on the caller's thread.
fn row(start: Instant, (what, result, place, thread): Answer) {
    let time = start.elapsed();
    let caller = match context::current() {
        Place::Inside => "async: .await",
        _ => "sync: .get()",
    };
    let how = match (place, thread.id() == thread::current().id()) {
        (Place::Outside, true) => "here",
        (Place::Outside, false) => "pool",
        (Place::Driving, true) => "driven",
        (Place::Inside, true) => "polled through",
        _ => "elsewhere",
    };
    let thread = thread.name().unwrap_or("unnamed");
    let tries = TRIES.swap(0, Ordering::Relaxed);
    println!("{caller:13}  {what:26}  {how:14}  {thread:10}  {tries:5}  {result:20}  {time:.0?}");
}

/// Starts a server that answers every second client, and hangs up on the others.
fn start_server() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for mut client in listener.incoming().flatten().skip(1).step_by(2) {
            // It does not matter if the client is gone.
            let request = client.read(&mut [0; 100]);
            let _ = request.and_then(|_| client.write_all(b"HTTP/1.0 200 OK\r\n\r\n"));
        }
    });
    Ok(address)
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1);
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let file = PathBuf::from(args.next().unwrap_or_else(|| default.into()));
    let server = match args.next() {
        None => start_server()?,
        Some(name) => {
            let name = name.to_string_lossy();
            let found = name.to_socket_addrs();
            let found = found.map_err(|error| format!("cannot find {name}: {error}"))?;
            let first = found.min_by_key(SocketAddr::is_ipv6);
            first.ok_or_else(|| format!("cannot find {name}"))?
        }
    };
    let header = "CALLER         OPERATION                   HOW             THREAD      TRIES";
    println!("{header}  RESULT                TIME");
    sync_caller(file.clone(), server)?;
    let executor = Executor::builder().threads(1).name("shim").try_build()?;
    Ok(executor.block_on(executor.spawn(async_caller(file, server)))?)
}

fn main() {
    if let Err(error) = run() {
        eprintln!("quickstart: {error}");
        process::exit(1);
    }
}
