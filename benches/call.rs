//! The cost of a call through the handle: `cargo bench --bench call`.
//!
//! Rows of the groups `await` and `retry` are per await and per attempt.

#![allow(missing_docs, reason = "`criterion_group!` makes a public function")]

mod bodies;

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bodies::call::*;
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

/// How long the non-trivial operation takes.
const NANOSECONDS: f64 = 20.0;

/// The rounds of that operation, measured once.
static ROUNDS: LazyLock<u32> = LazyLock::new(|| {
    let (rounds, measured) = calibrate(NANOSECONDS);
    println!("the 20 ns operation takes {measured:.1} ns ({rounds} rounds)");
    rounds
});

fn sync(c: &mut Criterion) {
    let rounds = *ROUNDS;
    let mut group = c.benchmark_group("sync");
    let mut x = 1;
    group.bench_function("body under 1 ns/direct", |b| {
        b.iter(|| step(&mut x, |x| sync_direct(move || trivial(x))))
    });
    group.bench_function("body under 1 ns/get", |b| {
        b.iter(|| step(&mut x, |x| sync_get(move || trivial(x))))
    });
    group.bench_function("body of 20 ns/direct", |b| {
        b.iter(|| step(&mut x, |x| sync_direct(move || operation(x, rounds))))
    });
    group.bench_function("body of 20 ns/get", |b| {
        b.iter(|| step(&mut x, |x| sync_get(move || operation(x, rounds))))
    });
}

/// Passes the value of one call to the next.
#[inline]
fn step(x: &mut u64, f: impl FnOnce(u64) -> u64) -> u64 {
    *x = f(black_box(*x));
    *x
}

fn ready(c: &mut Criterion) {
    let runtime = Runtime::new().expect("tokio's runtime starts");
    let tokio = runtime.handle();
    let mut group = c.benchmark_group("ready, body under 1 ns");
    group.bench_function("get", |b| b.iter(|| ready_get(black_box(1))));
    group.bench_function("pollster", |b| b.iter(|| ready_pollster(black_box(1))));
    group.bench_function("futures-lite", |b| {
        b.iter(|| ready_futures_lite(black_box(1)))
    });
    group.bench_function("futures-executor", |b| {
        b.iter(|| ready_futures_executor(black_box(1)))
    });
    group.bench_function("async-io", |b| b.iter(|| ready_async_io(black_box(1))));
    group.bench_function("tokio Handle::block_on", |b| {
        b.iter(|| ready_tokio(tokio, black_box(1)))
    });
}

fn awaits(c: &mut Criterion) {
    use bodies::call::ready;
    let mut group = c.benchmark_group("await");
    let mut row = |name, body: &dyn Fn(u64) -> u64| {
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let start = Instant::now();
                black_box(body(times));
                start.elapsed()
            })
        });
    };
    row("body under 1 ns/bare", &|times| await_bare(times, ready));
    row("body under 1 ns/handle", &|times| {
        await_handle(times, ready)
    });
    row("pending once/bare", &|times| {
        await_bare(times, pending_once)
    });
    row("pending once/handle", &|times| {
        await_handle(times, pending_once)
    });
}

fn retry(c: &mut Criterion) {
    let rounds = *ROUNDS;
    let mut group = c.benchmark_group("retry");
    let mut row = |name, body: fn(u32, u32) -> Result<u64, u64>| {
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let start = Instant::now();
                for _ in 0..times {
                    black_box(body(rounds, black_box(ATTEMPTS))).expect("the last one succeeds");
                }
                start.elapsed() / ATTEMPTS
            })
        });
    };
    row("sync operation/loop", retry_loop_sync);
    row("sync operation/get", retry_get_sync);
    row("async operation/loop", retry_loop_async);
    row("async operation/get", retry_get_async);
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
}

criterion_group!(name = benches; config = short(); targets = sync, ready, awaits, retry);
criterion_main!(benches);
