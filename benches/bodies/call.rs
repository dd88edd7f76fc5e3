//! Subjects of the bench `call`.

use std::future::Future;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use smartcall::{Dual, DualOf, SmartCall, Work};
use tokio::runtime::{Handle, Runtime};

/// How often `retry` tries. The last attempt succeeds.
pub(crate) const ATTEMPTS: u32 = 10;

/// An operation that takes no time.
#[inline]
pub(crate) fn trivial(x: u64) -> u64 {
    x ^ 1
}

/// An operation that takes the time of `rounds` rounds, and needs `x` to begin.
///
/// It is never inlined, so that every subject runs the same instructions. Each call needs the value of the call
/// before, so that the processor can't run two calls at once.
#[inline(never)]
pub(crate) fn operation(x: u64, rounds: u32) -> u64 {
    // Not a plain `a * x + b`: the compiler folds several rounds of that into one.
    (0..rounds).fold(x, |x, _| (x ^ (x >> 7)).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// Returns how many rounds take about `nanoseconds`, and how many nanoseconds they took when measured.
pub(crate) fn calibrate(nanoseconds: f64) -> (u32, f64) {
    const CALLS: u32 = 10_000;
    let measure = |rounds| {
        let batch = || {
            let start = Instant::now();
            black_box((0..CALLS).fold(1, |x, _| operation(x, black_box(rounds))));
            start.elapsed()
        };
        // The best of many, since a disturbance only makes a batch longer.
        let best = (0..20).map(|_| batch()).min().unwrap_or_default();
        best.as_secs_f64() * 1e9 / f64::from(CALLS)
    };
    (1..200)
        .map(|rounds| (rounds, measure(rounds)))
        .find(|(_, measured)| *measured >= nanoseconds)
        .expect("200 rounds take longer than that")
}

/// A sync operation, called directly.
#[inline]
pub(crate) fn sync_direct<T>(op: impl Fn() -> T) -> T {
    op()
}

/// A sync operation, through the trait and `.get()`.
#[inline]
pub(crate) fn sync_get<T, K>(op: impl SmartCall<T, K>) -> T {
    op.invoke().get()
}

/// An async fn that is ready at once.
pub(crate) async fn ready(x: u64) -> u64 {
    black_box(x)
}

/// A ready async fn, through the trait and `.get()`.
#[inline]
pub(crate) fn ready_get(x: u64) -> u64 {
    ready.invoke_with((x,)).get()
}

#[inline]
pub(crate) fn ready_pollster(x: u64) -> u64 {
    pollster::block_on(ready(x))
}

#[inline]
pub(crate) fn ready_futures_lite(x: u64) -> u64 {
    futures_lite::future::block_on(ready(x))
}

#[inline]
pub(crate) fn ready_futures_executor(x: u64) -> u64 {
    futures::executor::block_on(ready(x))
}

#[inline]
pub(crate) fn ready_async_io(x: u64) -> u64 {
    async_io::block_on(ready(x))
}

#[inline]
pub(crate) fn ready_tokio(handle: &Handle, x: u64) -> u64 {
    handle.block_on(ready(x))
}

/// An async fn that is pending once.
pub(crate) async fn pending_once(x: u64) -> u64 {
    futures_lite::future::yield_now().await;
    black_box(x)
}

/// Awaits futures one after the other, bare.
pub(crate) fn await_bare<F: Future<Output = u64>>(times: u64, f: impl Fn(u64) -> F) -> u64 {
    pollster::block_on(async {
        let mut x = 0;
        for _ in 0..times {
            x = f(black_box(x)).await;
        }
        x
    })
}

/// Awaits futures one after the other, each through a handle.
pub(crate) fn await_handle<F: Future<Output = u64>>(times: u64, f: impl Fn(u64) -> F) -> u64 {
    pollster::block_on(async {
        let mut x = 0;
        for _ in 0..times {
            x = Dual::future(f(black_box(x))).await;
        }
        x
    })
}

/// A limit that is not reached.
const LIMIT: Duration = Duration::from_secs(1);

/// Awaits futures one after the other, each with a limit.
pub(crate) fn limited<F: Future<Output = u64>>(times: u64, f: impl Fn(u64) -> F) -> u64 {
    await_bare(times, |x| {
        let limited = Dual::future(f(x)).timeout(LIMIT);
        async { limited.await.unwrap_or(0) }
    })
}

pub(crate) fn limited_async_io<F: Future<Output = u64>>(times: u64, f: impl Fn(u64) -> F) -> u64 {
    let elapsed = async || {
        async_io::Timer::after(LIMIT).await;
        0
    };
    await_bare(times, |x| futures_lite::future::or(f(x), elapsed()))
}

/// The same on a worker, where tokio's timers are the fastest.
pub(crate) fn limited_tokio<F: Future<Output = u64> + Send>(
    runtime: &Runtime,
    times: u64,
    f: impl Fn(u64) -> F + Send + 'static,
) -> u64 {
    let task = runtime.spawn(async move {
        let mut x = 0;
        for _ in 0..times {
            let limited = tokio::time::timeout(LIMIT, f(black_box(x)));
            x = limited.await.unwrap_or(0);
        }
        x
    });
    runtime.block_on(task).expect("it does not panic")
}

/// An operation that fails nine times of ten.
#[inline(never)]
pub(crate) fn attempt(rounds: u32) -> Result<u64, u64> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    static VALUE: AtomicU64 = AtomicU64::new(0);
    let calls = CALLS.load(Ordering::Relaxed) + 1;
    CALLS.store(calls, Ordering::Relaxed);
    let x = operation(VALUE.load(Ordering::Relaxed), rounds);
    VALUE.store(x, Ordering::Relaxed);
    if calls % u64::from(ATTEMPTS) == 0 {
        Ok(x)
    } else {
        Err(x)
    }
}

/// The middleware, written once for every caller and every operation.
pub(crate) fn retry<T, E, K>(
    op: impl SmartCall<Result<T, E>, K>,
    attempts: u32,
) -> DualOf<impl Work<Output = Result<T, E>>> {
    Dual::future(async move {
        let mut left = attempts;
        loop {
            match op.invoke().await {
                Err(_) if left > 1 => left -= 1,
                done => return done,
            }
        }
    })
}

/// `retry` with a sync operation, by `.get()`.
pub(crate) fn retry_get_sync(rounds: u32, attempts: u32) -> Result<u64, u64> {
    retry(move || attempt(rounds), attempts).get()
}

/// `retry` with an async operation, by `.get()`.
pub(crate) fn retry_get_async(rounds: u32, attempts: u32) -> Result<u64, u64> {
    retry(move || async move { attempt(rounds) }, attempts).get()
}

/// The loop as written by hand for sync code only.
pub(crate) fn retry_loop_sync(rounds: u32, attempts: u32) -> Result<u64, u64> {
    let op = move || attempt(rounds);
    let mut left = attempts;
    loop {
        match op() {
            Err(_) if left > 1 => left -= 1,
            done => return done,
        }
    }
}

/// The loop as written by hand for async code only.
pub(crate) fn retry_loop_async(rounds: u32, attempts: u32) -> Result<u64, u64> {
    let op = move || async move { attempt(rounds) };
    pollster::block_on(async {
        let mut left = attempts;
        loop {
            match op().await {
                Err(_) if left > 1 => left -= 1,
                done => return done,
            }
        }
    })
}
