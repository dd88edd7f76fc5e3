//! Requests of sync code: by `.get()` of an async client, and by what sync code uses otherwise.
//!
//! `cargo bench -p smartcall-clients` measures on all cores, and under `taskset -c 0` on one.

#[path = "../../../benches/rounds/mod.rs"]
mod rounds;

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use smartcall::{Dual, smart};
use smartcall_clients::Result;
use smartcall_clients::clients::{Client, Health, Postgres, Redis};
use smartcall_clients::servers::{self, Server};
use tokio::runtime::{Builder, Handle, Runtime};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use rounds::{Subject, group, subject, timed};

/// Makes a request, and waits for the answer.
type Request = Box<dyn FnMut() -> Result<()> + Send>;

/// A way to make requests. Each thread opens one.
struct Side {
    name: &'static str,
    open: Box<dyn Fn() -> Result<Request>>,
}

fn side<R>(name: &'static str, open: impl Fn() -> Result<R> + 'static) -> Side
where
    R: FnMut() -> Result<()> + Send + 'static,
{
    let open = Box::new(move || Ok(Box::new(open()?) as Request));
    Side { name, open }
}

/// How many threads make requests at once, and how many each.
const THREADS: usize = 64;
const EACH: usize = 8;

fn main() -> Result<()> {
    ready()?;
    match servers::postgres() {
        Ok(server) => compare("postgres", &postgres(&server)?)?,
        Err(error) => println!("postgres is SKIPPED: {error}"),
    }
    match servers::redis() {
        Ok(server) => compare("redis", &redis(&server)?)?,
        Err(error) => println!("redis is SKIPPED: {error}"),
    }
    compare("reqwest", &reqwest(serve_http()?)?)?;
    compare("tonic", &tonic(&servers::health()?)?)
}

/// What is ready: in plain code, and where a runtime is entered.
fn ready() -> Result<()> {
    let runtime = Runtime::new()?;
    let subjects = || {
        let handle = runtime.handle().clone();
        let get = timed(|| Dual::future(async { black_box(5) }).get());
        let block_on = timed(move || handle.block_on(async { black_box(5) }));
        vec![
            subject("get", 100_000, get),
            subject("Handle::block_on", 100_000, block_on),
        ]
    };
    group("a ready value, plain", subjects());
    let _entered = runtime.enter();
    group("a ready value, a runtime is entered", subjects());
    Ok(())
}

/// Opens a client once, and makes requests of all threads by `.get()`.
fn got<C: Client>(at: &str) -> Result<Side> {
    let client = Arc::new(C::open(at).get()?);
    Ok(side("get", move || {
        let client = Arc::clone(&client);
        Ok(move || client.ask(1).get().map(|_| ()))
    }))
}

fn postgres(server: &Server) -> Result<Vec<Side>> {
    let at = server.at.clone();
    let sync = side("postgres", move || {
        let mut client = ::postgres::Client::connect(&at, ::postgres::NoTls)?;
        Ok(move || {
            client.query_one("select $1::int8 + 1", &[&1_i64])?;
            Ok(())
        })
    });
    Ok(vec![got::<Postgres>(&server.at)?, sync])
}

fn redis(server: &Server) -> Result<Vec<Side>> {
    let client = ::redis::Client::open(&*server.at)?;
    let sync = side("redis, sync", move || {
        let mut connection = client.get_connection()?;
        Ok(move || {
            let mut transaction = ::redis::pipe();
            transaction.atomic().set("n", 1).ignore().incr("n", 1);
            let (_n,): (u32,) = transaction.query(&mut connection)?;
            Ok(())
        })
    });
    Ok(vec![got::<Redis>(&server.at)?, sync])
}

/// A client of a page.
struct Http {
    client: ::reqwest::Client,
    runtime: Handle,
}

#[smart(in_runtime = self.runtime)]
impl Client for Http {
    #[smart(in_runtime = smartcall::tokio::runtime())]
    async fn open(_at: &str) -> Result<Self> {
        let (client, runtime) = (::reqwest::Client::new(), Handle::current());
        Ok(Http { client, runtime })
    }

    async fn ask(&self, port: u32) -> Result<u32> {
        let page = self.client.get(format!("http://127.0.0.1:{port}/"));
        Ok(page.send().await?.text().await?.parse()?)
    }
}

fn reqwest(port: u32) -> Result<Vec<Side>> {
    let client = Arc::new(Http::open("").get()?);
    let ours = side("get", move || {
        let client = Arc::clone(&client);
        Ok(move || client.ask(port).get().map(|_| ()))
    });
    let client = ::reqwest::blocking::Client::new();
    let sync = side("reqwest::blocking", move || {
        let client = client.clone();
        Ok(move || {
            let page = client.get(format!("http://127.0.0.1:{port}/"));
            let _n: u32 = page.send()?.text()?.parse()?;
            Ok(())
        })
    });
    Ok(vec![ours, sync])
}

fn tonic(server: &Server) -> Result<Vec<Side>> {
    let current_thread = Builder::new_current_thread().enable_all().build()?;
    Ok(vec![
        got::<Health>(&server.at)?,
        block_on("block_on, multi-thread", &server.at, Runtime::new()?)?,
        block_on("block_on, current-thread", &server.at, current_thread)?,
    ])
}

fn block_on(name: &'static str, at: &str, runtime: Runtime) -> Result<Side> {
    let channel = runtime.block_on(Endpoint::from_shared(at.to_owned())?.connect())?;
    let (client, runtime) = (HealthClient::new(channel), Arc::new(runtime));
    Ok(side(name, move || {
        let (mut client, runtime) = (client.clone(), Arc::clone(&runtime));
        Ok(move || {
            runtime.block_on(client.check(HealthCheckRequest::default()))?;
            Ok(())
        })
    }))
}

/// Serves a page on threads of this process, for as long as it runs. Returns the port.
fn serve_http() -> Result<u32> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(|| serve(connection));
        }
    });
    Ok(port.into())
}

fn serve(connection: TcpStream) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut requests = BufReader::new(&connection).lines();
    while let Some(line) = requests.next().transpose()? {
        // The empty line ends the request.
        if line.is_empty() {
            (&connection).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n5")?;
        }
    }
    Ok(())
}

/// Measures each side alternating: in a row, with pauses, and by many threads.
fn compare(name: &str, sides: &[Side]) -> Result<()> {
    for (title, times, pause) in [
        ("in a row", 200, Duration::ZERO),
        ("1 ms apart", 40, Duration::from_millis(1)),
        ("10 ms apart", 10, Duration::from_millis(10)),
    ] {
        let subjects = sides.iter().map(|side| paused(side, times, pause));
        group(
            &format!("{name}, {title}"),
            subjects.collect::<Result<_>>()?,
        );
    }
    let subjects = sides.iter().map(many).collect::<Result<_>>()?;
    group(&format!("{name}, {THREADS} threads"), subjects);
    Ok(())
}

/// Makes requests with pauses in between, which do not count.
fn paused(side: &Side, times: u64, pause: Duration) -> Result<Subject<'static>> {
    let mut request = (side.open)()?;
    Ok(subject(side.name, times, move |times| {
        let mut sum = Duration::ZERO;
        for _ in 0..times {
            if !pause.is_zero() {
                thread::sleep(pause);
            }
            let begin = Instant::now();
            request().expect("the server answers");
            sum += begin.elapsed();
        }
        sum
    }))
}

/// Makes requests on many threads at once. The time is that of all, by request.
fn many(side: &Side) -> Result<Subject<'static>> {
    let requests: Result<Vec<Request>> = (0..THREADS).map(|_| (side.open)()).collect();
    let mut requests = requests?;
    Ok(subject(side.name, (THREADS * EACH) as u64, move |_| {
        let begin = Barrier::new(THREADS + 1);
        thread::scope(|scope| {
            for request in &mut requests {
                scope.spawn(|| {
                    begin.wait();
                    for _ in 0..EACH {
                        request().expect("the server answers");
                    }
                });
            }
            // Before the threads go on: on one core they may be done when this one does.
            let start = Instant::now();
            begin.wait();
            start
        })
        .elapsed()
    }))
}
