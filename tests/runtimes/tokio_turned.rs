//! The runtime of ours has no workers: who waits turns it, or a thread of ours while nobody waits.

use std::future::Future;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use smartcall::offload::{self, Job, Pool};
use smartcall::{Dual, DualOf, Work};
use tokio::time::sleep;

use crate::common::{assert_contains, limit, panic_of};

const SHORT: Duration = Duration::from_millis(1);

/// tokio's `sleep` needs a runtime as it is called.
async fn short() {
    sleep(SHORT).await;
}

/// Spawns a future in the runtime of ours, and waits for it there.
fn spawned<F>(future: F) -> DualOf<impl Work<Output = F::Output> + Send + use<F>>
where
    F: Future<Output: Send> + Send + 'static,
{
    let spawned = async { tokio::spawn(future).await.expect("it does not panic") };
    Dual::future(spawned).in_runtime(&smartcall::tokio::runtime())
}

/// Waits for a task without a `.get()`.
fn told<F>(future: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    let (tell, told) = mpsc::channel();
    smartcall::tokio::runtime().spawn(async move { tell.send(future.await).expect("it waits") });
    told.recv().expect("it is told")
}

/// In a row, the thread that waits runs what it waits for.
#[test]
fn gets_in_a_row() {
    limit(|| {
        let here = thread::current().id();
        while spawned(async { thread::current().id() }).get() != here {}
    });
}

/// Connections live and tasks run while nobody waits by `.get()`: before one, between them, after many, during a long one.
#[test]
fn nobody_gets() {
    limit(|| {
        told(short());
        for n in 0..200 {
            for _ in 0..n % 5 {
                spawned(async {}).get();
            }
            if n % 3 == 0 {
                thread::sleep(SHORT * (n % 4));
            }
            told(async {});
            told(short());
            pollster::block_on(spawned(short()));
        }
        let (tell, mut end) = tokio::sync::oneshot::channel::<()>();
        let waits = thread::spawn(|| {
            Dual::future(async move { (&mut end).await.expect("it is told") }).get()
        });
        for _ in 0..50 {
            told(short());
            spawned(short()).get();
        }
        tell.send(()).expect("it waits");
        waits.join().expect("it does not panic");
    });
}

/// A `.get()` that computes keeps nobody waiting.
#[test]
fn get_that_computes() {
    limit(|| {
        for _ in 0..20 {
            let (tell, told) = mpsc::channel();
            let computes = async move {
                tokio::spawn(async move { tell.send(()).expect("it waits") });
                told.recv().expect("it is told");
            };
            Dual::future(computes).get();
        }
    });
}

/// Many threads wait at a time, each for tasks and timers.
#[test]
fn many_threads() {
    limit(|| {
        thread::scope(|scope| {
            for n in 0..32 {
                scope.spawn(move || {
                    for i in 0..50 {
                        assert_eq!(spawned(async move { i }).get(), i);
                        if i % 16 == n % 16 {
                            spawned(short()).get();
                        }
                    }
                });
            }
        });
    });
}

/// Calls in each other's polls.
#[test]
fn nested_calls() {
    fn nested(depth: u32) -> u32 {
        let here = async move {
            short().await;
            if depth == 0 { 0 } else { nested(depth - 1) + 1 }
        };
        Dual::future(here).get()
    }
    limit(|| assert_eq!(nested(50), 50));
}

/// A task of this runtime must not wait: nothing would turn it. The words name what helps, and the handle is returned.
#[test]
fn refused_in_a_task() {
    async fn waits() -> String {
        let returned = Dual::future(short()).try_get();
        returned.expect_err("it is refused").into_handle().await;
        panic_of(|| Dual::future(short()).get())
    }
    limit(|| {
        let by_gets = (0..20).map(|_| spawned(waits()).get());
        for said in by_gets.chain([told(waits())]) {
            assert_contains(&said, "smartcall's own tokio runtime, which has no workers");
            assert_contains(&said, "`smartcall::tokio::set_runtime`");
        }
        // A ready one does not wait.
        assert_eq!(spawned(async { Dual::ready(5).get() }).get(), 5);
        // Its blocking threads may wait, and code on them may wait for its tasks.
        let code = || spawned(async { tokio::task::yield_now().await }).get();
        spawned(async move { Dual::blocking(code).await }).get();
    });
}

/// A pool that no job is meant for.
struct Refuses;

impl Pool for Refuses {
    fn offload(&self, job: Job) -> Result<(), Job> {
        Err(job)
    }
}

/// A task that is polled by a thread that waits has nothing of that thread's call: not its pool, nor its job.
#[test]
fn tasks_see_nothing_of_the_call() {
    limit(|| {
        for _ in 0..50 {
            let pool = Arc::new(Refuses);
            let waits =
                async { spawned(async { Dual::blocking(offload::is_cancelled).await }).await };
            assert!(!Dual::future(waits).on(&pool).get());

            let code = || spawned(async { offload::is_cancelled() }).get();
            assert!(!offload::join_on_drop(Dual::blocking(code)).get());
        }
    });
}
