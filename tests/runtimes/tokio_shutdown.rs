//! Runtimes of tokio that shut down while threads wait for them.

use std::future::pending;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use smartcall::Dual;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

#[cfg(feature = "executor")]
use super::tokio_support::current_thread;
use super::tokio_support::{get, multi_thread, task};
use crate::common::{limit, panic_of};

/// The ways to shut a runtime down while others hold on to it.
const SHUTDOWNS: [fn(Runtime); 3] = [Runtime::shutdown_background, drop, |runtime| {
    runtime.shutdown_timeout(Duration::from_millis(10))
}];

/// A get on a plain thread, of a task that will never end.
#[test]
fn shutdown_while_a_thread_waits_for_a_task() {
    limit(|| {
        for shut_down in SHUTDOWNS {
            let runtime = multi_thread(1);
            let task = runtime.spawn(pending::<()>());
            let waits = thread::spawn(|| get(task));
            shut_down(runtime);
            let error = waits
                .join()
                .expect("it ends")
                .expect_err("it was cancelled");
            assert!(error.is_cancelled());
        }
    });
}

/// Gets in the runtime's own worker, of a task and of a channel whose sender is in one.
#[test]
fn shutdown_while_a_worker_waits() {
    limit(|| {
        for shut_down in SHUTDOWNS {
            let runtime = multi_thread(1);
            let (ends, ended) = mpsc::channel();
            let waits = runtime.spawn(async move {
                let task = tokio::spawn(pending::<()>());
                ends.send(get(task).is_err()).expect("somebody waits");

                let (sender, receiver) = oneshot::channel::<()>();
                tokio::spawn(async {
                    let _sender = sender;
                    pending::<()>().await
                });
                ends.send(get(receiver).is_err()).expect("somebody waits");
            });
            assert_worker_was_handed_over(&runtime);
            shut_down(runtime);
            // The second get is in a runtime that is gone, and gets nothing either.
            assert_eq!(ended.iter().collect::<Vec<_>>(), [true; 2]);
            drop(waits);
        }
    });
}

/// Shows that the only worker runs tasks, although it is blocked in one.
///
/// After a shutdown while tokio hands a worker over, no thread cancels the tasks, and a wait for a
/// task never ends, under any driver.
fn assert_worker_was_handed_over(runtime: &Runtime) {
    assert_eq!(runtime.block_on(runtime.spawn(task())).expect("it ends"), 5);
    assert_eq!(runtime.block_on(runtime.spawn(task())).expect("it ends"), 5);
}

/// A job that the pool runs, and others that wait for their turn. All of them end.
#[test]
fn shutdown_while_jobs_wait_for_their_turn() {
    limit(|| {
        for shut_down in SHUTDOWNS {
            let mut builder = Builder::new_multi_thread();
            let builder = builder.worker_threads(1).max_blocking_threads(1);
            let runtime = builder.enable_all().build().expect("it starts");
            let handle = runtime.handle().clone();
            let (begin, begun) = mpsc::channel();
            let (release, released) = mpsc::channel();
            let waits = thread::spawn(move || {
                let _entered = handle.enter();
                let first = Dual::blocking(move || released.recv());
                let begins = async {
                    // Polled last each time. The others are on their way after the second poll.
                    for _ in 0..2 {
                        futures_lite::future::yield_now().await;
                    }
                    begin.send(()).expect("somebody waits");
                };
                let second = Dual::blocking(|| 6);
                get(async { futures::join!(first, second, begins) })
            });
            begun.recv().expect("it begins");
            let ends = thread::spawn(move || shut_down(runtime));
            release.send(5).expect("it waits");
            ends.join().expect("it ends");
            assert_eq!(waits.join().expect("it ends"), (Ok(5), 6, ()));
        }
    });
}

/// A job for a runtime that has shut down already.
#[test]
fn job_after_the_shutdown() {
    limit(|| {
        for shut_down in SHUTDOWNS {
            let runtime = multi_thread(1);
            let handle = runtime.handle().clone();
            shut_down(runtime);
            let _entered = handle.enter();
            let overlapping = async {
                tokio::join!(Dual::blocking(|| 5), Dual::blocking(|| 6));
            };
            let text = panic_of(|| get(overlapping));
            assert!(
                text.starts_with("the pool refused this job, or dropped it before it ran"),
                "{text}"
            );
            // What runs on this thread needs no pool.
            assert_eq!(get(async { Dual::blocking(|| 5).await }), 5);
        }
    });
}

/// A value that has something to flush, by tokio's timer, when it is dropped.
#[cfg(feature = "executor")]
struct Flushes {
    flushed: mpsc::Sender<()>,
    limit: Duration,
    /// Whether the flush comes to an end.
    ends: bool,
}

#[cfg(feature = "executor")]
impl Drop for Flushes {
    fn drop(&mut self) {
        let (flushed, ends) = (self.flushed.clone(), self.ends);
        let flush = async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let spawned = tokio::spawn(tokio::time::sleep(Duration::from_millis(1)));
            spawned.await.expect("it ends");
            if !ends {
                pending::<()>().await;
            }
            flushed.send(()).expect("somebody waits");
        };
        Dual::future(flush).finish(self.limit);
    }
}

/// Runs a task that waits for ever with a value that flushes, and shuts its runtime down.
#[cfg(feature = "executor")]
fn shut_down_while_a_task_holds(runtime: Runtime, flushes: Flushes, shut_down: fn(Runtime)) {
    let (begin, begun) = oneshot::channel();
    let holds = async move {
        let _flushes = flushes;
        begin.send(()).expect("somebody waits");
        pending::<()>().await
    };
    drop(runtime.spawn(holds));
    runtime.block_on(begun).expect("it begins");
    shut_down(runtime);
}

/// `finish` in a destructor while a runtime shuts down has timers and tasks, of a runtime that goes on.
#[cfg(feature = "executor")]
#[test]
fn finish_in_a_drop_while_the_runtime_shuts_down() {
    limit(|| {
        for shut_down in SHUTDOWNS {
            for runtime in [multi_thread(1), multi_thread(2), current_thread()] {
                let (flushed, waits) = mpsc::channel();
                let flushes = Flushes {
                    flushed,
                    limit: Duration::MAX,
                    ends: true,
                };
                shut_down_while_a_task_holds(runtime, flushes, shut_down);
                assert_eq!(waits.recv(), Ok(()));
            }
        }
    });
}

/// `finish` of what never ends does not keep a runtime from shutting down.
#[cfg(feature = "executor")]
#[test]
fn finish_of_what_never_ends_while_the_runtime_shuts_down() {
    limit(|| {
        for shut_down in SHUTDOWNS {
            for runtime in [multi_thread(1), multi_thread(2), current_thread()] {
                let (flushed, _waits) = mpsc::channel();
                let flushes = Flushes {
                    flushed,
                    limit: Duration::from_millis(5),
                    ends: false,
                };
                shut_down_while_a_task_holds(runtime, flushes, shut_down);
            }
        }
    });
}
