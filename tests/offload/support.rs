//! What the tests of this folder share.

#![allow(
    clippy::redundant_async_block,
    reason = "handles are made in one place and resolved in another"
)]
#![allow(unreachable_pub, reason = "it is a part of a test binary")]

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Waker};
use std::thread::{self, ThreadId};

use futures::future::join_all;
use smartcall::offload::{self, Limited};
use smartcall::{Dual, DualOf, Work};

use crate::common::Gauge;

pub fn set_limit(n: usize) {
    offload::set_max_jobs(n.try_into().expect("it is not zero"));
}

/// Awaits all futures at once, as async code on some executor would.
pub fn await_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    pollster::block_on(join_all(futures))
}

/// Shows that exactly `n` jobs run at once: as many meet, and never more are at it.
#[track_caller]
pub fn assert_at_once(n: usize) {
    let gauge = Arc::new(Gauge::default());
    let barrier = Arc::new(Barrier::new(n));
    await_all((0..4 * n).map(|_| {
        let (gauge, barrier) = (Arc::clone(&gauge), Arc::clone(&barrier));
        let job = move || {
            gauge.run(|| {
                barrier.wait();
                thread::yield_now();
            })
        };
        Dual::blocking(job)
    }));
    assert_eq!(gauge.most(), n, "jobs at once");
}

/// Polls a job for the first time, which sends it to the pool.
pub fn send_off(job: &mut (impl Future + Unpin)) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(pin!(job).poll(&mut cx).is_pending());
}

/// A future that needs the pool: two parts that overlap, wherever it is resolved.
pub async fn needs_the_pool() -> u32 {
    let part = || Dual::blocking(|| 1);
    let (one, two) = futures::join!(part(), part());
    one + two
}

/// How a handle is resolved.
pub const CALLERS: [fn(Dual<ThreadId>) -> ThreadId; 2] = [
    |dual| dual.get(),
    |dual| pollster::block_on(async { dual.await }),
];

pub fn limited(n: usize) -> Limited {
    Limited::new(n.try_into().expect("it is not zero"))
}

pub fn here() -> DualOf<impl Work<Output = ThreadId> + Send> {
    Dual::blocking(|| thread::current().id())
}

pub fn this_thread() -> ThreadId {
    thread::current().id()
}
