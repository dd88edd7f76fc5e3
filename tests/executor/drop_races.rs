//! Handles, tasks and executors that are dropped at the moment of completion.

use std::future::{self, Future};
use std::sync::{Arc, Barrier};
use std::task::Poll;
use std::{hint, thread};

use futures::channel::oneshot;
use smartcall::{Dual, Executor, LocalExecutor, offload};

use crate::common::{Counted, Steps, in_child, limit, one_thread, poll};

/// How often to race.
const ROUNDS: usize = 2_000;

/// Races the completion of a value against a poll and a drop of its future. `start` makes the
/// future, and has the closure called that gives the value.
fn race<F>(mut start: impl FnMut(Box<dyn FnOnce() -> Counted + Send>) -> F)
where
    F: Future<Output = Counted> + Unpin,
{
    let mut delivered = 0;
    for round in 0..ROUNDS {
        let barrier = Arc::new(Barrier::new(2));
        let (counted, drops) = Counted::new();
        let completes = {
            let barrier = Arc::clone(&barrier);
            move || {
                barrier.wait();
                counted
            }
        };
        let mut future = start(Box::new(completes));
        assert!(poll(&mut future).is_pending());
        barrier.wait();
        head_start(round);
        let value = match poll(&mut future) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        };
        drop(future);
        if let Some(value) = value {
            assert_eq!(
                drops.count(),
                0,
                "a value that was delivered is not dropped"
            );
            drop(value);
            delivered += 1;
        }
        drops.wait_for_one();
    }
    println!("{delivered} of {ROUNDS} were delivered");
}

/// Gives the other side of a race a head start, a different one in each round.
fn head_start(round: usize) {
    for _ in 0..round % 64 * 8 {
        hint::spin_loop();
    }
}

/// The drop of a handle races with the end of its blocking code.
#[test]
fn job_dropped_as_it_completes() {
    limit(|| race(|completes| Box::pin(Dual::blocking(completes))));
}

/// The same for a job that waited in the queue.
#[test]
fn queued_job_dropped_as_it_completes() {
    in_child(|| {
        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        race(|completes| {
            let (body, begun, tell) = Steps::new();
            let mut first = Box::pin(Dual::blocking(|| body.run()));
            assert!(poll(&mut first).is_pending());
            begun.recv().expect("it begins");
            let mut queued = Box::pin(Dual::blocking(completes));
            assert!(poll(&mut queued).is_pending());
            tell.send(()).expect("it waits");
            queued
        });
    });
}

/// The drop of a task races with its end.
#[test]
fn task_dropped_as_it_completes() {
    limit(|| {
        let ex = one_thread();
        race(|completes| ex.spawn(async { completes() }));
    });
}

/// The drop of an executor races with the end of its task, which another worker wakes.
#[test]
fn executor_dropped_as_a_task_completes() {
    limit(|| {
        for round in 0..ROUNDS / 4 {
            let ex = Executor::builder().threads(2).build();
            let (wake, woken) = oneshot::channel();
            let (counted, drops) = Counted::new();
            let task = ex.spawn(async move {
                let _ = woken.await;
                counted
            });
            let task = task.fallible();
            let barrier = Arc::new(Barrier::new(2));
            let wakes = Arc::clone(&barrier);
            ex.spawn(async move {
                wakes.wait();
                let _ = wake.send(());
            })
            .detach();
            barrier.wait();
            head_start(round);
            drop(ex);
            if let Some(value) = Dual::future(task).get() {
                assert_eq!(
                    drops.count(),
                    0,
                    "a value that was delivered is not dropped"
                );
                drop(value);
            }
            drops.wait_for_one();
        }
    });
}

/// The drop of an executor races with a foreign thread that wakes its task, or cancels it.
#[test]
fn executor_dropped_as_a_thread_wakes() {
    fn drops_one(wake: impl FnOnce() + Send + 'static, round: usize, drop_it: impl FnOnce()) {
        let barrier = Arc::new(Barrier::new(2));
        let wakes = thread::spawn({
            let barrier = Arc::clone(&barrier);
            move || {
                barrier.wait();
                wake();
            }
        });
        barrier.wait();
        head_start(round);
        drop_it();
        wakes.join().expect("no panic");
    }

    limit(|| {
        for round in 0..ROUNDS {
            let ex = one_thread();
            let (counted, drops) = Counted::new();
            let (wake, woken) = oneshot::channel();
            let task = ex.spawn(async move {
                let _ = woken.await;
                counted
            });
            let task = task.fallible();
            ex.block_on(ex.spawn(async {}));
            drops_one(|| wake.send(()).unwrap_or(()), round, || drop(ex));
            drop(Dual::future(task).get());
            drops.wait_for_one();

            let ex = one_thread();
            let (counted, drops) = Counted::new();
            let task = ex.spawn(async move {
                let _counted = counted;
                future::pending::<()>().await;
            });
            ex.block_on(ex.spawn(async {}));
            drops_one(|| drop(task), round, || drop(ex));
            drops.wait_for_one();

            let ex = LocalExecutor::new();
            let (wake, woken) = oneshot::channel::<()>();
            let (counted, drops) = Counted::new();
            let task = ex.spawn(async move {
                let _ = woken.await;
                counted
            });
            let task = task.fallible();
            ex.block_on(ex.spawn(async {}));
            drops_one(|| wake.send(()).unwrap_or(()), round, || drop(ex));
            drop(Dual::future(task).get());
            drops.wait_for_one();
        }
    });
}

/// What async-executor 1.14.1 does with a task that a foreign thread wakes as the executor is
/// dropped.
///
/// `src/executor/task_list.rs` explains it, and works around it. It shows in some of a hundred runs on a busy
/// machine.
#[test]
#[ignore = "async-executor 1.14.1 loses the task: it would hang"]
fn bare_executor_dropped_as_a_thread_wakes() {
    limit(|| {
        for round in 0..100 * ROUNDS {
            let ex = async_executor::Executor::new();
            let (wake, woken) = oneshot::channel();
            let task = ex.spawn(woken).fallible();
            while ex.try_tick() {}
            let barrier = Arc::new(Barrier::new(2));
            let wakes = thread::spawn({
                let barrier = Arc::clone(&barrier);
                move || {
                    barrier.wait();
                    wake.send(())
                }
            });
            barrier.wait();
            head_start(round);
            drop(ex);
            pollster::block_on(task);
            let _ = wakes.join().expect("no panic");
        }
    });
}
