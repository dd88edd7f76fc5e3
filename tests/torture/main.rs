//! The torture bench: random programs on an `Executor`, on tokio and on plain threads at once, against
//! a sequential model.
//!
//! `cargo test --release --test torture -- --ignored --nocapture`
//!
//! `TORTURE_SECONDS` sets how long, 60 if not set. `TORTURE_SEED`, which is printed, sets the first
//! batch of programs, which is another one each time if it is not set; with `TORTURE_PROGRAM` beside it,
//! only that program of the batch is run, again and again. `tests/torture/` says what programs there are and what is checked. After each
//! batch no thread may be left of it and no job of its pools, and over all batches no bytes.

#![cfg(feature = "executor")]

use std::alloc::System;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use smartcall::offload;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[path = "mod.rs"]
mod torture;

use torture::generator::{Choices, Program, Site, scramble};
use torture::runner::{Bench, Watch, Watchdog, silence_payloads};
use torture::sites::Sites;
use torture::tally::Tally;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The programs of a batch, which runs for some tenths of a second.
const BATCH: usize = 48;

/// How many of a batch's programs run on a site at once.
const LANES: usize = 2;

/// How many batches a quarter of the time has at least, for bytes to be looked at.
const WARM: usize = 20;

/// How many bytes a thread of a pool keeps to use them again: its drivers, the wakers of its runtime, and the lists of what its polls
/// wait for.
const THREAD: usize = 8_192;

/// How many bytes more there may be: lists grow to what is needed at most.
const BYTES: isize = if cfg!(feature = "tokio") {
    8_192
} else {
    4_096
};

/// One test at a time: threads and bytes are those of the process.
static ALONE: Mutex<()> = Mutex::new(());

/// The same programs each time: what others find is for those who look for it.
#[test]
fn smoke() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    Torture::new(Duration::from_secs(1), 1).run();
}

#[test]
#[ignore = "it takes a minute; see the top of the file"]
fn torture() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let seconds = number_of("TORTURE_SECONDS").unwrap_or(60);
    let seed = RandomState::new().hash_one(0);
    let torture = Torture::new(Duration::from_secs(seconds), seed).run();
    println!("{}", torture.tally.tables());
    let zeros = torture.tally.zeros();
    if torture.only.is_none() {
        assert!(zeros.is_empty(), "never reached: {zeros:#?}");
    }
}

fn number_of(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not {text}")),
    )
}

/// A run of the bench.
struct Torture {
    seed: u64,
    /// The one program of the batch to run, if it is not all.
    only: Option<usize>,
    until: Instant,
    tally: Arc<Tally>,
    watch: Arc<Watch>,
    _watchdog: Watchdog,
    /// What there was after each batch.
    live: Vec<Live>,
}

/// What there is once other threads are done with what they were given.
#[derive(Clone, Copy)]
struct Live {
    /// The bytes that are allocated.
    bytes: usize,
    threads: usize,
}

impl Live {
    /// The bytes without those that threads keep to use them again.
    fn without_threads(self) -> isize {
        self.bytes as isize - (self.threads * THREAD) as isize
    }
}

impl Torture {
    /// A run of so long, from a batch of this seed on unless the environment has another.
    fn new(time: Duration, seed: u64) -> Self {
        silence_payloads();
        let seed = number_of("TORTURE_SEED").unwrap_or(seed);
        println!("TORTURE_SEED={seed}");
        let (watch, watchdog) = Watch::start();
        Torture {
            seed,
            only: number_of("TORTURE_PROGRAM").map(|number| number as usize),
            until: Instant::now() + time,
            tally: Arc::new(Tally::new()),
            watch,
            _watchdog: watchdog,
            // For some two hundred batches a second, so that it is not itself what grows.
            live: Vec::with_capacity(200 * (time.as_secs() as usize + 1)),
        }
    }

    fn run(mut self) -> Self {
        let mut batch = Batch::new(self.seed);
        while Instant::now() < self.until {
            self.run_batch(&batch);
            if self.only.is_none() {
                batch = batch.next();
            }
        }
        println!("{}, 0 failures", self.tally.totals());
        self.check_bytes();
        self
    }

    /// Runs a batch, and fails if anything is wrong with it.
    fn run_batch(&mut self, batch: &Batch) {
        let threads = threads();
        let failures = self.failures_of(batch);
        assert!(failures.is_empty(), "{batch}:\n{}", failures.join("\n"));
        let left = threads_left(&threads);
        assert!(left.is_empty(), "{batch}: threads are left, {left:?}");
        self.live.push(Live {
            bytes: settled(),
            threads: self::threads().len(),
        });
    }

    fn failures_of(&self, batch: &Batch) -> Vec<String> {
        offload::set_max_jobs(batch.pool);
        self.tally.size(batch.pool.get(), batch.workers);
        let bench = Bench {
            sites: Arc::new(Sites::new(batch.workers)),
            tally: Arc::clone(&self.tally),
            watch: Arc::clone(&self.watch),
        };
        let mut failures: Vec<String> = thread::scope(|scope| {
            let lane = |site, first| {
                let bench = &bench;
                let thread = thread::Builder::new().name(format!("torture-{site:?}"));
                let code = move || self.run_lane(bench, batch, site, first);
                thread.spawn_scoped(scope, code).expect("a thread starts")
            };
            let firsts = (0..LANES).flat_map(|first| Site::ALL.map(|site| (site, first)));
            let lanes: Vec<_> = firsts.map(|(site, first)| lane(site, first)).collect();
            let failures = lanes
                .into_iter()
                .map(|lane| lane.join().expect("it catches panics"));
            failures.flatten().collect()
        });
        failures.extend(bench.sites.pools.left());
        failures
    }

    /// Runs every so many of the batch's programs on one site.
    fn run_lane(&self, bench: &Bench, batch: &Batch, site: Site, first: usize) -> Vec<String> {
        let mut failures = Vec::new();
        for number in (first..BATCH).step_by(LANES) {
            let number = self.only.unwrap_or(number);
            let program = Arc::new(batch.program(number));
            let name = format!("TORTURE_SEED={} program {number}", batch.seed);
            let failed = bench.run(&program, &name, site);
            if !failed.is_empty() {
                let failed = failed.join("\n  ");
                failures.push(format!("{name} on {site:?}:\n  {failed}\n  of {program}"));
            }
        }
        failures
    }

    /// Checks that bytes do not become more and more.
    ///
    /// The first half of the batches warms up: threads of the pool, which stay, and drivers, which
    /// are used again. Of the batches after that the least counts, since some end with a
    /// little more that is about to go.
    fn check_bytes(&self) {
        let quarter = self.live.len() / 4;
        let least = |batches: Range<usize>| {
            let live = self.live[batches].iter().copied();
            live.min_by_key(|live| live.without_threads())
        };
        let third = least(2 * quarter..3 * quarter);
        let last = least(3 * quarter..self.live.len());
        // Few batches warm up nothing.
        let (Some(third), Some(last), true) = (third, last, quarter >= WARM) else {
            return;
        };
        let programs = quarter * BATCH * Site::ALL.len();
        println!(
            "{} bytes in {} threads, and {} bytes in {} after some {programs} programs more",
            third.bytes, third.threads, last.bytes, last.threads
        );
        let more = last.without_threads() - third.without_threads();
        assert!(more < BYTES, "{more} bytes are left, see above");
    }
}

/// Programs that run on the same executors.
struct Batch {
    seed: u64,
    pool: NonZeroUsize,
    workers: usize,
}

impl Batch {
    fn new(seed: u64) -> Self {
        let mut choices = Choices::Seeded(seed);
        Batch {
            seed,
            pool: NonZeroUsize::MIN.saturating_add(choices.below(4)),
            workers: choices.below(4) + 1,
        }
    }

    fn next(&self) -> Self {
        Batch::new(scramble(self.seed.wrapping_add(1)))
    }

    fn program(&self, number: usize) -> Program {
        Program::new(Choices::Seeded(scramble(self.seed ^ (number as u64 + 1))))
    }
}

impl std::fmt::Display for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Batch {
            seed,
            pool,
            workers,
        } = self;
        write!(
            f,
            "TORTURE_SEED={seed} (a pool of {pool}, {workers} workers)"
        )
    }
}

/// The ids of this process's threads. Elsewhere than on Linux there are none to be seen.
fn threads() -> BTreeSet<String> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    let names = threads.map(|thread| thread.expect("it is listed").file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

/// The names of the threads that there were not before, once they have had time to end.
fn threads_left(before: &BTreeSet<String>) -> Vec<String> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let new = threads().into_iter().filter(|id| !before.contains(id));
        // A thread that has ended meanwhile has no name.
        let names =
            new.filter_map(|id| fs::read_to_string(format!("/proc/self/task/{id}/comm")).ok());
        let left: Vec<_> = names.filter(|name| !stays(name)).collect();
        if left.is_empty() || Instant::now() > until {
            return left;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Whether a thread is one that its crate keeps for the next call, as of that crate's design.
fn stays(name: &str) -> bool {
    [
        "blocking-",
        "async-io",
        "smartcall-tokio",
        "smartcall-backg",
        // The watchdog of the default pool.
        "smartcall-watch",
        "futures-timer",
    ]
    .iter()
    .any(|kept| name.starts_with(kept))
}

/// The bytes that are allocated once other threads are done with what they were given.
fn settled() -> usize {
    let mut last = live();
    let mut looks = 0;
    while looks < 3 {
        thread::sleep(Duration::from_millis(1));
        let now = live();
        looks = if now == last { looks + 1 } else { 0 };
        last = now;
    }
    last
}

fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}
