//! Subjects of the bench `pool`.

use std::future::Future;
use std::hint::black_box;

use futures::future::join_all;
use smartcall::Dual;
use tokio::runtime::Runtime;

/// Hops one after the other.
async fn one_by_one<F: Future<Output = u64>>(hops: u64, hop: impl Fn(u64) -> F) {
    for i in 0..hops {
        black_box(hop(i).await);
    }
}

/// Hops in batches of `N` at once. Each batch is awaited before the next.
async fn at_once<const N: u64, F: Future<Output = u64>>(rounds: u64, hop: impl Fn(u64) -> F) {
    for _ in 0..rounds {
        black_box(join_all((0..N).map(&hop)).await);
    }
}

pub(crate) fn dual(hops: u64) {
    pollster::block_on(one_by_one(hops, |i| Dual::blocking(move || i)));
}

pub(crate) fn unblock(hops: u64) {
    pollster::block_on(one_by_one(hops, |i| blocking::unblock(move || i)));
}

/// tokio's pool, awaited by the root future of its own runtime.
pub(crate) fn tokio_root(runtime: &Runtime, hops: u64) {
    runtime.block_on(one_by_one(hops, tokio_hop));
}

/// tokio's pool, awaited by a task on one of its workers.
pub(crate) fn tokio_task(runtime: &Runtime, hops: u64) {
    let task = runtime.spawn(one_by_one(hops, tokio_hop));
    runtime.block_on(task).expect("the task does not panic");
}

pub(crate) fn dual_at_once<const N: u64>(rounds: u64) {
    pollster::block_on(at_once::<N, _>(rounds, |i| Dual::blocking(move || i)));
}

pub(crate) fn unblock_at_once<const N: u64>(rounds: u64) {
    pollster::block_on(at_once::<N, _>(rounds, |i| blocking::unblock(move || i)));
}

pub(crate) fn tokio_root_at_once<const N: u64>(runtime: &Runtime, rounds: u64) {
    runtime.block_on(at_once::<N, _>(rounds, tokio_hop));
}

pub(crate) fn tokio_task_at_once<const N: u64>(runtime: &Runtime, rounds: u64) {
    let task = runtime.spawn(at_once::<N, _>(rounds, tokio_hop));
    runtime.block_on(task).expect("the task does not panic");
}

async fn tokio_hop(i: u64) -> u64 {
    tokio::task::spawn_blocking(move || i)
        .await
        .expect("the closure does not panic")
}
