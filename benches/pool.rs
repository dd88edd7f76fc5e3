//! The cost of awaiting blocking code: `cargo bench --bench pool`.
//!
//! Each hop takes an empty closure to a thread of the pool, and its value back. All hops of a sample are made in one
//! future, so that no row pays for entering its driver.

#![allow(missing_docs, reason = "`criterion_group!` makes a public function")]

mod bodies;

use std::time::{Duration, Instant};

use bodies::pool::*;
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

/// How many hops the rows of `pool/at once` make at once.
const AT_ONCE: u64 = 8;

fn pool(c: &mut Criterion) {
    let runtime = Runtime::new().expect("tokio's runtime starts");
    let mut group = c.benchmark_group("pool");
    let mut row = |name, body: &dyn Fn(u64)| {
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let start = Instant::now();
                body(times);
                start.elapsed()
            })
        });
    };
    row("one/unblock", &unblock);
    row("one/dual", &dual);
    row("one/tokio root", &|hops| tokio_root(&runtime, hops));
    row("one/tokio task", &|hops| tokio_task(&runtime, hops));
    row("eight/unblock", &unblock_at_once::<AT_ONCE>);
    row("eight/dual", &dual_at_once::<AT_ONCE>);
    row("eight/tokio root", &|rounds| {
        tokio_root_at_once::<AT_ONCE>(&runtime, rounds)
    });
    row("eight/tokio task", &|rounds| {
        tokio_task_at_once::<AT_ONCE>(&runtime, rounds)
    });
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
}

criterion_group!(name = benches; config = short(); targets = pool);
criterion_main!(benches);
