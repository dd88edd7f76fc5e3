//! The cost of being woken by another thread: `cargo bench --bench wake`.
//!
//! Two threads wake each other in turn, and each waits in the subject. A row is one round trip, which is two wakes.
//! The time is a few or many microseconds, depending on the cores that the scheduler picks. `taskset -c 0` keeps both
//! threads on one core.

#![allow(missing_docs, reason = "`criterion_group!` makes a public function")]

mod bodies;

use std::time::Duration;

use bodies::wake;
use criterion::{Criterion, criterion_group, criterion_main};

fn round_trip(c: &mut Criterion) {
    let mut group = c.benchmark_group("wake");
    let mut row = |name, subject: fn(u64) -> Duration| {
        group.bench_function(name, |b| b.iter_custom(subject));
    };
    row("thread::park", wake::park);
    row("get", wake::get);
    row("pollster", wake::pollster);
    row("futures-lite", wake::futures_lite);
    row("futures-executor", wake::futures_executor);
    row("async-io", wake::async_io);
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
}

criterion_group!(name = benches; config = short(); targets = round_trip);
criterion_main!(benches);
