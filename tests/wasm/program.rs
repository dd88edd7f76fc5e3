//! What works on a target without threads. `.ci/wasm` runs each case by `run.mjs`, which knows how it is to end.

use std::env;
use std::future::{self, Future};
use std::task::Poll;
use std::time::Duration;

use smartcall::offload::{Limited, SingleThread};
use smartcall::{Dual, Executor, LocalExecutor, SmartCall, join, sleep, smart};

#[smart]
async fn double(n: u32) -> u32 {
    2 * n
}

#[smart]
fn half(n: u32) -> u32 {
    n / 2
}

async fn twice<K>(op: impl SmartCall<u32, K>) -> u32 {
    op.invoke().await + op.invoke().await
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("works") => works(),
        Some("waits") => Dual::future(never()).get(),
        Some("sleeps") => sleep(Duration::from_millis(1)).get(),
        Some("starts") => Dual::future(async {}).start().get(),
        Some("executor") => drop(Executor::new()),
        Some("single") => drop(SingleThread::new(|| ())),
        case => panic!("there is no case {case:?}"),
    }
    println!("ended");
}

/// A future that keeps its waker, and is never ready.
fn never() -> impl Future<Output = ()> {
    let mut kept = None;
    future::poll_fn(move |cx| {
        let _ = kept.insert(cx.waker().clone());
        Poll::Pending
    })
}

/// What is ready, and sync code, in each way.
fn works() {
    assert_eq!(double(2).get(), 4);
    assert_eq!(half(4).get(), 2);
    assert_eq!(
        pollster::block_on(async { double(2).await + half(4).await }),
        6
    );
    assert_eq!(Dual::future(twice(|| 5)).get(), 10);
    assert_eq!(pollster::block_on(twice(async || 5)), 10);
    assert_eq!(join((half(4), half(6))).get(), (2, 3));
    let nested = Dual::blocking(|| Dual::future(async { half(8).await }).get());
    assert_eq!(pollster::block_on(nested), 4);
    let limited = Limited::new(std::num::NonZero::<usize>::MIN);
    assert_eq!(pollster::block_on(half(4).on(&limited)), 2);
    assert_eq!(half(4).now_or_later().ok(), Some(2));
    let local = LocalExecutor::new();
    assert_eq!(local.block_on(local.spawn(async { half(4).await })), 2);
    Dual::future(async {}).finish(Duration::ZERO);
}
