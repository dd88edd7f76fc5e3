//! Compares the library with its peers: `reqwest::blocking` for sync users, bare reqwest for async users.
//!
//! `cargo run --release --package smartcall-unified-api --bin measure`
//!
//! The server runs in its own process. The two subjects of a row take turns, round by round, and each round yields a
//! ratio. The thread counts are those of a process with one subject only.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use smartcall_unified_api::server::Server;
use smartcall_unified_api::{Client, Item};
use tokio::runtime::Runtime;

/// How often each subject is measured, after one round of warm-up.
const ROUNDS: usize = 61;

/// The number of requests that are sent one after another.
const SEQUENTIAL: usize = 200;

/// The number of concurrent callers.
const WIDTH: usize = 64;

/// The number of requests of each concurrent caller.
const EACH: usize = 8;

/// How long a client waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The runtime of the async callers. The same threads poll both subjects of a row, since a thread's core may matter
/// more than all that is measured.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("it starts"));

/// The error of any subject.
type Failure = Box<dyn Error + Send + Sync>;

/// Runs a round of a subject, and returns how long it took.
type Run = Box<dyn Fn() -> Duration>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => {
            println!("On all cores:\n");
            measure()?;
            println!("\nOn all cores, with TOKIO_WORKER_THREADS=1:\n");
            again(&["unpinned"], &[("TOKIO_WORKER_THREADS", "1")])?;
            println!("\nOn one core:\n");
            again(&["pinned"], &[])
        }
        ["unpinned"] => measure(),
        ["pinned"] => {
            let cores = core_affinity::get_core_ids().unwrap_or_default();
            let core = *cores
                .last()
                .ok_or("it is not known which cores there are")?;
            // The processes of the server and of the thread counts inherit the core.
            if !core_affinity::set_for_current(core) {
                return Err("this process can't be pinned".into());
            }
            measure()
        }
        ["serve"] => serve(),
        ["threads", row, column, server] => {
            let run = subject(row.parse()?, column.parse()?, server.parse()?)?;
            NOTE.store(true, Ordering::Relaxed);
            run();
            println!("{}", MOST.load(Ordering::Relaxed));
            Ok(())
        }
        _ => Err("usage: measure".into()),
    }
}

/// Measures in a new process.
fn again(args: &[&str], variables: &[(&str, &str)]) -> Result<(), Failure> {
    let mut command = Command::new(env::current_exe()?);
    let variables = variables.iter().copied();
    let status = command.args(args).envs(variables).status()?;
    status
        .success()
        .then_some(())
        .ok_or_else(|| status.to_string().into())
}

/// Serves until the other end of the input is closed.
fn serve() -> Result<(), Failure> {
    let server = Server::start()?;
    println!("{}", server.address());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// The rows, with the names of the two subjects.
const ROWS: [(&str, &str, &str); 4] = [
    ("sync, 200 in a row", "`.get()`", "`reqwest::blocking`"),
    ("sync, 64 threads × 8", "`.get()`", "`reqwest::blocking`"),
    ("async, 200 in a row", "`.await`", "reqwest"),
    ("async, 64 tasks × 8", "`.await`", "reqwest"),
];

/// Makes a subject, from its row, whether it is the peer, and the server.
fn subject(row: usize, peer: usize, server: SocketAddr) -> Result<Run, Failure> {
    let ours = Client::new(server, TIMEOUT)?;
    let url = move |id: u64| format!("http://{server}/items/{id}");
    Ok(match (row, peer) {
        (0 | 1, 0) => sync(row, move |id| Ok(ours.item(id).get()?)),
        (0 | 1, _) => {
            let builder = reqwest::blocking::Client::builder().no_proxy();
            let client = builder.timeout(TIMEOUT).build()?;
            sync(row, move |id| {
                let answer = client.get(url(id)).send()?.error_for_status()?;
                Ok(answer.json::<Item>()?)
            })
        }
        (_, 0) => asynchronous(row, move |count| {
            let ours = ours.clone();
            async move {
                for i in 0..count {
                    check(ours.item(1).await?, i, count);
                }
                Ok(())
            }
        }),
        (_, _) => {
            let builder = reqwest::Client::builder().no_proxy();
            let client = builder.timeout(TIMEOUT).build()?;
            asynchronous(row, move |count| {
                let client = client.clone();
                async move {
                    for i in 0..count {
                        let answer = client.get(url(1)).send().await?.error_for_status()?;
                        check(answer.json().await?, i, count);
                    }
                    Ok(())
                }
            })
        }
    })
}

/// Checks the result of a request.
fn check(item: Item, i: usize, count: usize) {
    assert_eq!(item.id, 1);
    if i == count / 2 {
        note_threads();
    }
}

/// Calls from sync code.
fn sync(row: usize, call: impl Fn(u64) -> Result<Item, Failure> + Send + Sync + 'static) -> Run {
    let call = move |count| {
        for i in 0..count {
            check(call(1).expect("it is there"), i, count);
        }
    };
    if row == 0 {
        return Box::new(move || timed(|| call(SEQUENTIAL)));
    }
    Box::new(move || {
        let barrier = Barrier::new(WIDTH + 1);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..WIDTH)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        call(EACH);
                    })
                })
                .collect();
            barrier.wait();
            timed(|| {
                for thread in threads {
                    thread.join().expect("it does not panic");
                }
            })
        })
    })
}

/// Calls from tokio tasks.
fn asynchronous<F>(row: usize, calls: impl Fn(usize) -> F + 'static) -> Run
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let (callers, count) = match row {
        2 => (1, SEQUENTIAL),
        _ => (WIDTH, EACH),
    };
    Box::new(move || {
        timed(|| {
            let spawn = |_| RUNTIME.spawn(calls(count));
            let tasks: Vec<_> = (0..callers).map(spawn).collect();
            RUNTIME.block_on(async {
                for task in tasks {
                    let done = task.await.expect("it does not panic");
                    done.expect("it is there");
                }
            });
        })
    })
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// Whether to count the threads, and the highest count.
static NOTE: AtomicBool = AtomicBool::new(false);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Counts the threads of this process.
fn note_threads() {
    if NOTE.load(Ordering::Relaxed) {
        MOST.fetch_max(threads().unwrap_or(0), Ordering::Relaxed);
    }
}

fn threads() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Threads:"))?;
    line.trim().parse().ok()
}

/// Counts the threads of a process with one subject only.
fn threads_of(row: usize, peer: usize, server: SocketAddr) -> Result<String, Failure> {
    let args = [row.to_string(), peer.to_string(), server.to_string()];
    let mut command = Command::new(env::current_exe()?);
    let output = command
        .arg("threads")
        .args(args)
        .stderr(Stdio::inherit())
        .output()?;
    match String::from_utf8(output.stdout)?.trim() {
        "" | "0" => Ok("?".into()),
        count => Ok(count.into()),
    }
}

/// A server that stops when this is dropped.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start() -> Result<Self, Failure> {
        let mut command = Command::new(env::current_exe()?);
        let command = command
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("it has an output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Process {
            child,
            address: line.trim().parse()?,
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.stdin = None;
        let _ = self.child.wait();
    }
}

fn measure() -> Result<(), Failure> {
    let server = Process::start()?;
    println!("| | ours | | threads | peer | | threads | ratio | half of the rounds |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for (row, (what, ours, peer)) in ROWS.into_iter().enumerate() {
        let subjects = [
            subject(row, 0, server.address)?,
            subject(row, 1, server.address)?,
        ];
        let mut times = [Vec::new(), Vec::new()];
        let mut ratios = Vec::new();
        for round in 0..=ROUNDS {
            // The subject that goes first changes, too.
            let mut took = [Duration::ZERO; 2];
            for i in [round % 2, 1 - round % 2] {
                took[i] = subjects[i]();
            }
            if round > 0 {
                times[0].push(took[0].as_secs_f64() * 1e3);
                times[1].push(took[1].as_secs_f64() * 1e3);
                ratios.push(took[0].as_secs_f64() / took[1].as_secs_f64());
            }
        }
        let [[_, our_time, _], [_, peer_time, _]] = times.map(quartiles);
        let [lower, ratio, upper] = quartiles(ratios);
        println!(
            "| {what} | {ours} | {our_time:.1} ms | {} | {peer} | {peer_time:.1} ms | {} | {ratio:.3} | {lower:.3} to {upper:.3} |",
            threads_of(row, 0, server.address)?,
            threads_of(row, 1, server.address)?,
        );
    }
    Ok(())
}

/// Returns the lower quartile, the median and the upper quartile.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[values.len() * quarter / 4])
}
