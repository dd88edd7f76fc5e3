//! Prints what each layer does with one flaky operation, and what plugins do with a text.
//!
//! `cargo run --package smartcall-middleware`

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fmt, fs};

use smartcall::{Dual, Elapsed, Executor, SmartCall, SmartFn};
use smartcall_middleware::{
    Backoff, Listeners, Open, Plugins, Settings, SystemClock, Unknown, bounded, cached, guarded,
    layered, limited, retried, traced,
};

/// Counts the bytes of a file.
type Op = SmartFn<Result<u64, Failure>, (String,)>;

/// The file that is counted and read: the manifest of this example.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// Why an operation failed.
#[derive(Debug)]
enum Failure {
    Read,
    Late(Elapsed),
    Refused(Open),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Read => f.write_str("fails"),
            Failure::Late(_) => f.write_str("late"),
            Failure::Refused(_) => f.write_str("open"),
        }
    }
}

impl From<Elapsed> for Failure {
    fn from(elapsed: Elapsed) -> Self {
        Failure::Late(elapsed)
    }
}

impl From<Open> for Failure {
    fn from(open: Open) -> Self {
        Failure::Refused(open)
    }
}

/// Counts the calls. The first two fail.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicU32>);

impl Calls {
    fn next(&self) -> Result<(), Failure> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Err(Failure::Read),
            _ => Ok(()),
        }
    }
}

/// A blocking operation, as a sync library would have it.
fn sync_op(calls: Calls) -> Op {
    SmartFn::new(move |path: String| {
        calls.next()?;
        fs::metadata(path)
            .map(|file| file.len())
            .map_err(|_| Failure::Read)
    })
}

/// An async operation. It reads its files on a pool, for every caller.
fn async_op(calls: Calls) -> Op {
    SmartFn::new(move |path: String| {
        let calls = calls.clone();
        async move {
            calls.next()?;
            let file = Dual::blocking(move || fs::metadata(path));
            file.await.map(|file| file.len()).map_err(|_| Failure::Read)
        }
    })
}

const HOUR: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(1);

const SETTINGS: Settings = Settings {
    name: "all of them",
    remember: HOUR,
    failures: 2,
    pause: HOUR,
    backoff: Backoff {
        attempts: 3,
        first: SHORT,
        most: HOUR,
    },
    interval: SHORT,
    limit: HOUR,
};

/// A layer, and its name.
type Layer = (&'static str, fn(Op) -> Op);

/// The layers. Their types are erased only to fit in one table.
const LAYERS: [Layer; 8] = [
    ("none", |op| op),
    ("retry", |op| {
        SmartFn::new(retried(op, SETTINGS.backoff, SystemClock::default()))
    }),
    ("timeout", |op| SmartFn::new(bounded(op, HOUR))),
    ("cache", |op| {
        SmartFn::new(cached(op, HOUR, SystemClock::default()))
    }),
    ("breaker", |op| {
        SmartFn::new(guarded(op, 2, HOUR, SystemClock::default()))
    }),
    ("rate limit", |op| {
        SmartFn::new(limited(op, SHORT, SystemClock::default()))
    }),
    ("tracing", |op| SmartFn::new(traced("tracing", op))),
    ("all of them", |op| {
        SmartFn::new(layered(op, SETTINGS, SystemClock::default()))
    }),
];

/// Calls four times by `.get()`, and returns the results as texts.
fn got(op: &Op) -> Vec<String> {
    let call = || op.invoke_with((FILE.into(),)).get();
    (0..4).map(|_| text(call())).collect()
}

/// Calls four times by `.await`, and returns the results as texts.
async fn awaited(op: &Op) -> Vec<String> {
    let mut said = Vec::new();
    for _ in 0..4 {
        said.push(text(op.invoke_with((FILE.into(),)).await));
    }
    said
}

fn text(result: Result<u64, Failure>) -> String {
    result.map_or_else(|error| error.to_string(), |bytes| bytes.to_string())
}

fn main() -> Result<(), Unknown> {
    let ex = Executor::new();
    println!("Four calls of an operation that fails twice, and how often it was reached:\n");
    println!(
        "{:12} {:31} {:31} {:31} async, .await",
        "layer", "sync, .get()", "sync, .await", "async, .get()"
    );
    for (name, layer) in LAYERS {
        let mut line = format!("{name:12}");
        for make in [sync_op, async_op] {
            let calls = Calls::default();
            let op = layer(make(calls.clone()));
            line += &format!(" {:31}", cell(&got(&op), &calls));
            let calls = Calls::default();
            let op = layer(make(calls.clone()));
            let awaited = ex.block_on(ex.spawn(async move { awaited(&op).await }));
            line += &format!(" {:31}", cell(&awaited, &calls));
        }
        println!("{}", line.trim_end());
    }

    let mut plugins = Plugins::new();
    plugins.register("upper", |text: String| text.to_uppercase());
    plugins.register("reverse", async |text: String| text.chars().rev().collect());
    plugins.register("file", |path: String| {
        fs::read_to_string(path).unwrap_or_default()
    });
    plugins.register("line", async |text: String| {
        text.lines().nth(1).unwrap_or("").to_owned()
    });
    println!("\nA text, passed through plugins, of which `reverse` and `line` are async:\n");
    let chains: [(&str, &[&str]); 3] = [
        ("smartcall", &["upper", "reverse"]),
        (FILE, &["file", "line"]),
        (FILE, &["file", "line", "reverse", "upper"]),
    ];
    for (text, names) in chains {
        let got = plugins.pass(names, text.to_owned()).get()?;
        let awaited = ex.block_on(plugins.pass(names, text.to_owned()))?;
        println!("{:30} .get(): {got:34} .await: {awaited}", names.join(", "));
    }

    // A callback that mutates its captures is called on this thread, one call after the other.
    let mut sizes = Vec::new();
    let passed = |name: &str, text: &String| sizes.push(format!("{name} {}", text.len()));
    plugins
        .pass_with(&["file", "line"], FILE.to_owned(), passed)
        .get()?;
    println!("\nThe bytes after each plugin: {}", sizes.join(", "));

    // A stored callback is called by reference, sync or async.
    let mut listeners = Listeners::new();
    listeners.add(|sizes: &Vec<String>| println!("A sync listener is told of {}.", sizes.len()));
    listeners.add(async |sizes: &Vec<String>| {
        smartcall::sleep(SHORT).await;
        println!("An async one is told of {}.", sizes.len());
    });
    listeners.tell(&sizes).get();
    Ok(())
}

/// Formats the results of four calls, and how often the operation was called.
fn cell(said: &[String], calls: &Calls) -> String {
    format!("{} ({})", said.join(" "), calls.0.load(Ordering::Relaxed))
}
