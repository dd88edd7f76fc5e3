//! Compares the crate with its limits and its peers: `cargo bench --bench scoreboard`.
//!
//! All subjects of a row are measured in turn, round after round. The bench prints a table, and writes
//! `scoreboard.json` to the target directory. The bodies are those of the other benches.

mod bodies;
mod rounds;
mod streams;

use std::env;
use std::fmt::Write;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bodies::block::{self, Executors, Pace, WORKERS};
use bodies::call::{self, ATTEMPTS, await_bare, await_handle, operation};
use bodies::facade::{self, Background, Client};
use bodies::many::{self, Bare};
use bodies::{context, pool, smart, wake};
use rounds::{Rounds, Subject, is_picked, is_test, measure, subject, timed, try_out};
use smartcall::Executor;

/// About how long a subject takes in a round.
const ROUND: Duration = Duration::from_millis(18);

/// A row: our subject, then the limit if there is one, then the peers.
struct Row<'a> {
    id: &'static str,
    what: String,
    has_limit: bool,
    subjects: Vec<Subject<'a>>,
}

/// A measured row.
struct Score {
    id: &'static str,
    what: String,
    has_limit: bool,
    names: Vec<&'static str>,
    rounds: Rounds,
}

fn row<'a>(id: &'static str, what: impl Into<String>, ours: Subject<'a>) -> Row<'a> {
    Row {
        id,
        what: what.into(),
        has_limit: false,
        subjects: vec![ours],
    }
}

impl<'a> Row<'a> {
    fn limit(mut self, limit: Subject<'a>) -> Self {
        self.has_limit = true;
        self.subjects.insert(1, limit);
        self
    }

    fn peer(mut self, peer: Subject<'a>) -> Self {
        self.subjects.push(peer);
        self
    }

    /// Measures the row, or runs it once, if it is selected.
    fn score(mut self, scores: &mut Vec<Score>) {
        if !is_picked(&format!("{} {}", self.id, self.what)) {
            return;
        }
        if is_test() {
            return try_out(self.id, &mut self.subjects);
        }
        self.subjects
            .iter_mut()
            .for_each(|subject| subject.fit(ROUND));
        scores.push(Score {
            names: self.subjects.iter().map(|subject| subject.name).collect(),
            rounds: measure(&mut self.subjects),
            id: self.id,
            what: self.what,
            has_limit: self.has_limit,
        });
    }
}

/// Creates a subject whose number of runs is determined later.
fn fitted<'a>(name: &'static str, run: impl FnMut(u64) -> Duration + 'a) -> Subject<'a> {
    subject(name, 1, run)
}

/// Creates a subject from one call.
fn one<'a, R: 'a>(name: &'static str, call: impl FnMut() -> R + 'a) -> Subject<'a> {
    fitted(name, timed(call))
}

/// Creates a subject from a function with its own loop.
fn many<'a, R: 'a>(name: &'static str, mut body: impl FnMut(u64) -> R + 'a) -> Subject<'a> {
    fitted(name, move |times| timed(|| body(times))(1))
}

fn main() {
    let mut scores = Vec::new();
    // This comes first, so that the pool's threads start on that core.
    on_one_core(|| {
        threads(&mut scores);
        facades(&mut scores);
        streams::threads(&mut scores);
    });
    calls(&mut scores);
    tasks(&mut scores);
    attribute(&mut scores);
    growth(&mut scores);
    streams::items(&mut scores);
    if is_test() {
        return;
    }
    let number = |score: &Score| score.id[1..].parse().unwrap_or(f64::MAX);
    scores.sort_by(|a, b| number(a).total_cmp(&number(b)));
    print(&scores);
    write_json(&scores);
}

/// Runs a closure, and all threads that it starts, on one core.
///
/// A wake-up of a thread on another core takes a time that depends on the core that the scheduler picks. That would
/// hide everything else in these rows.
fn on_one_core(f: impl FnOnce() + Send) {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    thread::scope(|scope| {
        scope.spawn(|| {
            let pinned = cores
                .first()
                .is_some_and(|core| core_affinity::set_for_current(*core));
            if !pinned {
                println!("P5, P7, P12, P14.4 to P14.6 and P15 could not be kept on one core");
            }
            f();
        });
    });
}

/// P1 to P4, P8: work that stays on its thread.
fn calls(scores: &mut Vec<Score>) {
    let (rounds, measured) = call::calibrate(20.0);
    println!("the 20 ns operation takes {measured:.1} ns ({rounds} rounds)");
    let step = |f: fn(u32, u64) -> u64| {
        let mut x = 1;
        move || {
            x = f(rounds, black_box(x));
            x
        }
    };
    row(
        "P1",
        "a sync call of 20 ns",
        one("get", step(|n, x| call::sync_get(move || operation(x, n)))),
    )
    .limit(one(
        "direct call",
        step(|n, x| call::sync_direct(move || operation(x, n))),
    ))
    .score(scores);

    let runtime = tokio::runtime::Runtime::new().expect("tokio's runtime starts");
    row(
        "P2",
        "a ready async call, under 1 ns",
        one("get", || call::ready_get(black_box(1))),
    )
    .peer(one("pollster", || call::ready_pollster(black_box(1))))
    .peer(one("futures-lite", || {
        call::ready_futures_lite(black_box(1))
    }))
    .peer(one("futures-executor", || {
        call::ready_futures_executor(black_box(1))
    }))
    .peer(one("async-io", || call::ready_async_io(black_box(1))))
    .peer(one("tokio Handle::block_on", || {
        call::ready_tokio(runtime.handle(), black_box(1))
    }))
    .score(scores);

    row(
        "P3",
        "an await, under 1 ns",
        many("handle", |n| await_handle(n, call::ready)),
    )
    .limit(many("bare future", |n| await_bare(n, call::ready)))
    .score(scores);
    row(
        "P3.1",
        "an await, pending once",
        many("handle", |n| await_handle(n, call::pending_once)),
    )
    .limit(many("bare future", |n| await_bare(n, call::pending_once)))
    .score(scores);

    let retry = |f: fn(u32, u32) -> Result<u64, u64>| {
        move |times: u64| timed(|| f(rounds, black_box(ATTEMPTS)))(times) / ATTEMPTS
    };
    row(
        "P4",
        "an attempt of retry, sync, 20 ns",
        fitted("get", retry(call::retry_get_sync)),
    )
    .limit(fitted("sync loop", retry(call::retry_loop_sync)))
    .score(scores);
    row(
        "P4.1",
        "an attempt of retry, async, 20 ns",
        fitted("get", retry(call::retry_get_async)),
    )
    .limit(fitted("async loop", retry(call::retry_loop_async)))
    .score(scores);

    row(
        "P19",
        "a limit that is not reached, around an await that is pending once",
        many("timeout", |n| call::limited(n, call::pending_once)),
    )
    .limit(many("bare future", |n| await_bare(n, call::pending_once)))
    .peer(many("tokio timeout", |n| {
        call::limited_tokio(&runtime, n, call::pending_once)
    }))
    .peer(many("futures-lite or, async-io Timer", |n| {
        call::limited_async_io(n, call::pending_once)
    }))
    .score(scores);

    row(
        "P8",
        "a look at the context",
        one("current", context::current),
    )
    .limit(one("nothing", || 0))
    .peer(one("tokio try_current", context::tokio_try_current))
    .peer(one("futures enter", context::futures_enter))
    .score(scores);
}

/// P5, P7: work that goes to another thread, on one core.
fn threads(scores: &mut Vec<Score>) {
    let runtime = tokio::runtime::Runtime::new().expect("tokio's runtime starts");
    row(
        "P5",
        "a hop to the pool, on one core",
        many("Dual::blocking", pool::dual),
    )
    .peer(many("unblock", pool::unblock))
    .peer(many("tokio spawn_blocking", |n| {
        pool::tokio_root(&runtime, n)
    }))
    .score(scores);
    row(
        "P7",
        "two wakes by other threads, on one core",
        fitted("get", wake::get),
    )
    .limit(fitted("thread::park", wake::park))
    .peer(fitted("pollster", wake::pollster))
    .peer(fitted("futures-lite", wake::futures_lite))
    .peer(fitted("futures-executor", wake::futures_executor))
    .score(scores);
}

/// P6, P9: blocking in a task.
fn tasks(scores: &mut Vec<Score>) {
    let ex = &Executors::new();
    let tight = |f: fn(&Executors, Pace, u64) -> _| move |times| f(ex, Pace::Tight, times);
    row(
        "P6",
        "sync code under 1 ns in a task",
        fitted("in_place", tight(block::in_place)),
    )
    .limit(fitted("direct call", tight(block::direct)))
    .peer(fitted("Dual::blocking", tight(block::pool)))
    .peer(fitted("unblock", tight(block::unblock)))
    .peer(fitted(
        "tokio spawn_blocking",
        tight(block::tokio_spawn_blocking),
    ))
    .score(scores);
    row(
        "P6.1",
        "the same",
        fitted("in_place", tight(block::in_place)),
    )
    .peer(fitted(
        "tokio block_in_place, again in a poll",
        tight(block::tokio_block_in_place_again),
    ))
    .peer(fitted("tokio block_in_place, first in a poll", |n| {
        block::tokio_block_in_place_first(ex, n)
    }))
    .score(scores);
    row(
        "P9",
        "a ready get in a worker",
        fitted("get", |n| block::ready_get(ex, n)),
    )
    .peer(fitted("tokio block_in_place + block_on", |n| {
        block::ready_tokio(ex, n)
    }))
    .score(scores);
    row(
        "P9.1",
        "a pending get in a worker, first in a poll",
        fitted("get", |n| block::pending_get_first(ex, n)),
    )
    .peer(fitted("tokio block_in_place + block_on", |n| {
        block::pending_tokio_first(ex, n)
    }))
    .score(scores);
    row(
        "P9.2",
        "a pending get in a worker, again in a poll",
        fitted("get", |n| block::pending_get(ex, n)),
    )
    .peer(fitted("tokio block_in_place + block_on", |n| {
        block::pending_tokio(ex, n)
    }))
    .score(scores);
}

/// P10: the attribute.
fn attribute(scores: &mut Vec<Score>) {
    row(
        "P10",
        "an await of a #[smart] fn, pending once",
        many("#[smart]", |n| smart::await_by_attribute(n, true)),
    )
    .limit(many("by hand", |n| smart::await_by_hand(n, true)))
    .score(scores);
    row(
        "P10.1",
        "a get of a #[smart] fn, under 1 ns",
        many("#[smart]", smart::get_by_attribute),
    )
    .limit(many("by hand", smart::get_by_hand))
    .score(scores);
}

/// P11, P13: many at once.
fn growth(scores: &mut Vec<Score>) {
    let sizes = [
        ("P11", 100_000, WORKERS),
        ("P13.1", 1, WORKERS),
        ("P13.2", 10, WORKERS),
        ("P13.3", 100, WORKERS),
        ("P13.4", 1_000, WORKERS),
        ("P13.5", 10_000, WORKERS),
        ("P13.6", 10_000, 1),
        ("P13.7", 10_000, 4),
        ("P13.8", 10_000, 8),
    ];
    for (id, handles, workers) in sizes {
        let ex = Arc::new(Executor::builder().threads(workers).build());
        let bare = Bare::new(workers);
        let what = format!(
            "{handles} handles at once, {workers} workers ({} bytes more each)",
            many::bytes_more(),
        );
        row(
            id,
            what,
            fitted("shim", |n| {
                (0..n).map(|_| many::in_shim(&ex, handles)).sum()
            }),
        )
        .limit(fitted("async-executor, bare", |n| {
            (0..n).map(|_| many::in_bare(&bare, handles)).sum()
        }))
        .score(scores);
    }
}

/// P12: a sync facade over an async service.
fn facades(scores: &mut Vec<Score>) {
    let client = Client::new();
    let background = Background::new(client.clone());
    let runtime = tokio::runtime::Runtime::new().expect("tokio's runtime starts");
    row(
        "P12",
        "a sync request to an async service, on one core",
        one("get", || facade::get(&client, black_box(1))),
    )
    .peer(one("a runtime per call", || {
        facade::runtime_per_call(&client, black_box(1))
    }))
    .peer(one("a background runtime", || background.get(black_box(1))))
    .peer(one("tokio Handle::block_on", || {
        facade::handle_block_on(runtime.handle(), &client, black_box(1))
    }))
    .score(scores);
}

impl Score {
    /// The peers, as indices of subjects.
    fn peers(&self) -> impl Iterator<Item = usize> {
        1 + usize::from(self.has_limit)..self.names.len()
    }

    /// The fastest peer.
    fn best_peer(&self) -> Option<usize> {
        self.peers()
            .min_by(|&a, &b| self.rounds.time(a).total_cmp(&self.rounds.time(b)))
    }

    fn ratio_to_limit(&self) -> Option<f64> {
        self.has_limit.then(|| self.rounds.ratio(0, 1))
    }

    fn ratio_to_best_peer(&self) -> Option<f64> {
        self.best_peer().map(|peer| self.rounds.ratio(0, peer))
    }
}

fn print(scores: &[Score]) {
    println!("| | | ours, ns | limit, ns | × | fastest peer, ns | × |");
    println!("|---|---|---|---|---|---|---|");
    for score in scores {
        let ns =
            |subject: usize| format!("{} {:.1}", score.names[subject], score.rounds.time(subject));
        let ratio = |ratio: Option<f64>| ratio.map_or(String::new(), |ratio| format!("{ratio:.3}"));
        println!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            score.id,
            score.what,
            ns(0),
            if score.has_limit {
                ns(1)
            } else {
                String::new()
            },
            ratio(score.ratio_to_limit()),
            score.best_peer().map_or(String::new(), ns),
            ratio(score.ratio_to_best_peer()),
        );
    }
}

fn write_json(scores: &[Score]) {
    let number =
        |number: Option<f64>| number.map_or("null".into(), |number| format!("{number:.4}"));
    let mut json = String::from("[");
    for (i, score) in scores.iter().enumerate() {
        let time = |subject: usize| format!("{:.2}", score.rounds.time(subject));
        let peers: Vec<_> = score
            .peers()
            .map(|peer| format!("{:?}: {}", score.names[peer], time(peer)))
            .collect();
        let limit = if score.has_limit {
            format!("{{\"name\": {:?}, \"ns\": {}}}", score.names[1], time(1))
        } else {
            "null".into()
        };
        write!(
            json,
            "{}\n  {{\"id\": {:?}, \"what\": {:?}, \"ours_ns\": {}, \"limit\": {limit}, \
             \"peers\": {{{}}}, \"ratio_to_best_peer\": {}, \"ratio_to_limit\": {}}}",
            if i == 0 { "" } else { "," },
            score.id,
            score.what,
            time(0),
            peers.join(", "),
            number(score.ratio_to_best_peer()),
            number(score.ratio_to_limit()),
        )
        .expect("a string can be written to");
    }
    json.push_str("\n]\n");
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(target)
        .join("scoreboard.json");
    fs::write(&path, json).expect("the target directory can be written to");
    println!("\n{} rows are in {}", scores.len(), path.display());
}
