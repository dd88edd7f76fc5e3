//! Subjects of the bench `block`.
//!
//! Each runs as a task on a worker and measures its own time there. How the task got there is not measured.

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, join_all};
use futures_lite::future::yield_now;
use smartcall::{Dual, Executor};
use tokio::runtime::Runtime;

use super::call::{ready, trivial};

/// The number of workers of each executor.
pub(crate) const WORKERS: usize = 2;

/// The executors, each with that many workers.
pub(crate) struct Executors {
    pub(crate) shim: Arc<Executor>,
    pub(crate) tokio: Runtime,
}

impl Executors {
    pub(crate) fn new() -> Self {
        Executors {
            shim: Arc::new(Executor::builder().threads(WORKERS).build()),
            tokio: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(WORKERS)
                .enable_all()
                .build()
                .expect("tokio's runtime starts"),
        }
    }

    pub(crate) fn on_shim<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> T {
        self.shim.spawn(task).get()
    }

    pub(crate) fn on_tokio<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let task = self.tokio.spawn(task);
        self.tokio.block_on(task).expect("the task does not panic")
    }
}

/// The pace of the calls: in a tight loop, or one each millisecond, as in a task that waits in between.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    Tight,
    Millisecond,
}

/// Measures `times` calls, one after the other.
///
/// Calls with a pause are measured one by one, which adds the time of reading the clock.
async fn paced<F: Future<Output = u64>>(
    pace: Pace,
    times: u64,
    call: impl Fn(u64) -> F,
) -> Duration {
    match pace {
        Pace::Tight => {
            let start = Instant::now();
            for i in 0..times {
                black_box(call(black_box(i)).await);
            }
            start.elapsed()
        }
        Pace::Millisecond => {
            let mut sum = Duration::ZERO;
            for i in 0..times {
                async_io::Timer::after(Duration::from_millis(1)).await;
                let start = Instant::now();
                black_box(call(black_box(i)).await);
                sum += start.elapsed();
            }
            sum
        }
    }
}

// Short sync code ----------------------------------------------------------------------

/// The call alone: the cost of the other subjects is what they take beyond it.
pub(crate) fn direct(ex: &Executors, pace: Pace, times: u64) -> Duration {
    ex.on_shim(paced(pace, times, async |x| trivial(x)))
}

pub(crate) fn in_place(ex: &Executors, pace: Pace, times: u64) -> Duration {
    ex.on_shim(paced(pace, times, |x| async move {
        Dual::in_place(move || trivial(x)).await
    }))
}

pub(crate) fn pool(ex: &Executors, pace: Pace, times: u64) -> Duration {
    ex.on_shim(paced(pace, times, |x| async move {
        Dual::blocking(move || trivial(x)).await
    }))
}

pub(crate) fn unblock(ex: &Executors, pace: Pace, times: u64) -> Duration {
    ex.on_shim(paced(pace, times, |x| {
        blocking::unblock(move || trivial(x))
    }))
}

pub(crate) fn tokio_spawn_blocking(ex: &Executors, pace: Pace, times: u64) -> Duration {
    ex.on_tokio(paced(pace, times, |x| async move {
        let value = tokio::task::spawn_blocking(move || trivial(x)).await;
        value.expect("the closure does not panic")
    }))
}

/// All calls but the first are in a poll that has handed its core off already.
pub(crate) fn tokio_block_in_place_again(ex: &Executors, pace: Pace, times: u64) -> Duration {
    ex.on_tokio(paced(pace, times, async |x| {
        tokio::task::block_in_place(|| trivial(x))
    }))
}

/// Each call is the first in its poll. Only the call is measured.
pub(crate) fn tokio_block_in_place_first(ex: &Executors, times: u64) -> Duration {
    ex.on_tokio(async move {
        let mut sum = Duration::ZERO;
        for x in 0..times {
            yield_now().await;
            let start = Instant::now();
            black_box(tokio::task::block_in_place(|| trivial(black_box(x))));
            sum += start.elapsed();
        }
        sum
    })
}

// A get in a worker --------------------------------------------------------------------

/// Measures `times` calls of sync code in a task.
fn timed(times: u64, call: impl Fn(u64)) -> Duration {
    let start = Instant::now();
    (0..times).for_each(call);
    start.elapsed()
}

pub(crate) fn ready_get(ex: &Executors, times: u64) -> Duration {
    ex.on_shim(async move {
        timed(times, |x| {
            black_box(Dual::future(ready(black_box(x))).get());
        })
    })
}

pub(crate) fn ready_tokio(ex: &Executors, times: u64) -> Duration {
    ex.on_tokio(async move {
        timed(times, |x| {
            black_box(tokio_get(ready(black_box(x))));
        })
    })
}

/// The usual way to wait for a future in sync code in a tokio task.
fn tokio_get<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

/// Gets tasks of the same executor. Each is spawned just before.
pub(crate) fn pending_get(ex: &Executors, times: u64) -> Duration {
    let shim = Arc::clone(&ex.shim);
    ex.on_shim(async move {
        timed(times, |x| {
            black_box(shim.spawn(async move { x }).get());
        })
    })
}

/// Each get is the first in its poll.
pub(crate) fn pending_get_first(ex: &Executors, times: u64) -> Duration {
    let shim = Arc::clone(&ex.shim);
    ex.on_shim(async move {
        first_in_polls(times, |x| {
            black_box(shim.spawn(async move { x }).get());
        })
        .await
    })
}

pub(crate) fn pending_tokio_first(ex: &Executors, times: u64) -> Duration {
    ex.on_tokio(async move {
        first_in_polls(times, |x| {
            black_box(tokio_get(tokio::spawn(async move { x }))).expect("the task does not panic");
        })
        .await
    })
}

/// Measures `times` calls, each in a poll of its own.
async fn first_in_polls(times: u64, call: impl Fn(u64)) -> Duration {
    let start = Instant::now();
    for x in 0..times {
        yield_now().await;
        call(black_box(x));
    }
    start.elapsed()
}

pub(crate) fn pending_tokio(ex: &Executors, times: u64) -> Duration {
    ex.on_tokio(async move {
        timed(times, |x| {
            black_box(tokio_get(tokio::spawn(async move { x }))).expect("the task does not panic");
        })
    })
}

// Many tasks that get ------------------------------------------------------------------

/// The number of tasks of a round that exist at once.
pub(crate) const IN_FLIGHT: u64 = 64;

/// Runs `tasks` tasks, each of which gets another one, with 64 in flight.
async fn in_flight(
    tasks: u64,
    gets: impl Fn(u64) -> BoxFuture<'static, ()> + Clone + Send + 'static,
) -> Duration {
    let start = Instant::now();
    let lanes = (0..IN_FLIGHT).map(|lane| {
        let gets = gets.clone();
        async move {
            for task in (lane..tasks).step_by(IN_FLIGHT as usize) {
                gets(task).await;
            }
        }
    });
    join_all(lanes).await;
    start.elapsed()
}

pub(crate) fn throughput(ex: &Executors, tasks: u64) -> Duration {
    let shim = Arc::clone(&ex.shim);
    ex.on_shim(in_flight(tasks, move |x| {
        let inner = Arc::clone(&shim);
        Box::pin(shim.spawn(async move {
            black_box(inner.spawn(async move { x }).get());
        }))
    }))
}

pub(crate) fn throughput_tokio(ex: &Executors, tasks: u64) -> Duration {
    ex.on_tokio(in_flight(tasks, |x| {
        Box::pin(async move {
            let task = tokio::spawn(async move {
                let got = tokio_get(tokio::spawn(async move { x }));
                black_box(got).expect("the task does not panic");
            });
            task.await.expect("the task does not panic");
        })
    }))
}

// The stall of others ------------------------------------------------------------------

/// How long a call takes that stalls other tasks.
const CALL: Duration = Duration::from_millis(100);

/// The kind of call that stalls the other tasks.
#[derive(Clone, Copy)]
pub(crate) enum Holds {
    Nothing,
    InPlace,
    Get,
    Pool,
}

/// Returns the longest time for which a task that is always ready was not polled, while one task per worker made a
/// call of 100 ms. It is summed over `times` runs.
pub(crate) fn stall(ex: &Executors, holds: Holds, times: u64) -> Duration {
    let worst = || {
        ex.on_shim(stall_of(
            |task| Box::pin(ex.shim.spawn(task)),
            move || {
                Box::pin(async move {
                    match holds {
                        Holds::Nothing => drop(async_io::Timer::after(CALL).await),
                        Holds::InPlace => Dual::in_place(|| thread::sleep(CALL)).await,
                        Holds::Get => Dual::blocking(|| thread::sleep(CALL)).get(),
                        Holds::Pool => Dual::blocking(|| thread::sleep(CALL)).await,
                    }
                })
            },
        ))
    };
    (0..times).map(|_| worst()).sum()
}

/// [`stall`] in tokio.
pub(crate) fn stall_tokio(ex: &Executors, holds: Holds, times: u64) -> Duration {
    let spawn = |task| -> BoxFuture<'static, ()> {
        let task = ex.tokio.spawn(task);
        Box::pin(async { task.await.expect("the task does not panic") })
    };
    let worst = || {
        ex.on_tokio(stall_of(spawn, move || {
            Box::pin(async move {
                match holds {
                    Holds::Nothing => tokio::time::sleep(CALL).await,
                    Holds::InPlace | Holds::Get => {
                        tokio::task::block_in_place(|| thread::sleep(CALL));
                    }
                    Holds::Pool => {
                        let slept = tokio::task::spawn_blocking(|| thread::sleep(CALL)).await;
                        slept.expect("the closure does not panic");
                    }
                }
            })
        }))
    };
    (0..times).map(|_| worst()).sum()
}

/// Spawns a task that is always ready, and one call per worker, and returns the longest stall.
fn stall_of(
    spawn: impl Fn(BoxFuture<'static, ()>) -> BoxFuture<'static, ()>,
    call: impl Fn() -> BoxFuture<'static, ()>,
) -> impl Future<Output = Duration> + Send + 'static {
    let (over, worst) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let watcher = {
        let (over, worst) = (Arc::clone(&over), Arc::clone(&worst));
        spawn(Box::pin(async move {
            let mut last = Instant::now();
            while !over.load(Ordering::Relaxed) {
                yield_now().await;
                let now = Instant::now();
                let gap = (now - last).as_nanos() as u64;
                worst.fetch_max(gap, Ordering::Relaxed);
                last = now;
            }
        }))
    };
    // Before the call, the executor is busy long enough for its monitor to relax.
    let calls: Vec<_> = (0..WORKERS)
        .map(|_| {
            let call = call();
            spawn(Box::pin(async {
                async_io::Timer::after(CALL).await;
                call.await;
            }))
        })
        .collect();
    async move {
        join_all(calls).await;
        over.store(true, Ordering::Relaxed);
        watcher.await;
        Duration::from_nanos(worst.load(Ordering::Relaxed))
    }
}
