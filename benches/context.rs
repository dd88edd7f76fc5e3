//! The cost of checking the context: `cargo bench --bench context`.
//!
//! Rows under 1 ns are near the cost of criterion's own loop: see the row `nothing`.

#![allow(missing_docs, reason = "`criterion_group!` makes a public function")]

mod bodies;

use std::hint::black_box;
use std::time::Duration;

use bodies::context::*;
use criterion::{Criterion, criterion_group, criterion_main};
use smartcall::context::inside_executor;
use tokio::runtime::Runtime;

fn context(c: &mut Criterion) {
    let runtime = Runtime::new().expect("tokio's runtime starts");
    let mut group = c.benchmark_group("context");
    group.bench_function("nothing (under 1 ns)", |b| b.iter(|| black_box(0)));
    group.bench_function("current/outside (under 1 ns)", |b| b.iter(current));
    group.bench_function("current/inside (under 1 ns)", |b| {
        inside_executor(|| b.iter(current))
    });
    group.bench_function("tokio try_current/outside", |b| b.iter(tokio_try_current));
    group.bench_function("tokio try_current/inside", |b| {
        let _inside = runtime.enter();
        b.iter(tokio_try_current)
    });
    group.bench_function("futures enter", |b| b.iter(futures_enter));
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
}

criterion_group!(name = benches; config = short(); targets = context);
criterion_main!(benches);
