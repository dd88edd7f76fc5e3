//! Runtimes of tokio that are entered in each other: what the thread is decides, and not what is entered.

use std::panic::Location;
use std::thread;

#[cfg(feature = "executor")]
use smartcall::Executor;
use smartcall::{Dual, context};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{LocalSet, block_in_place, spawn_blocking, spawn_local};

use super::tokio_support::{current_thread, get, multi_thread};
use crate::common::{in_child, limit, panicked_at};

/// Why a thread of a current-thread runtime is refused.
const CURRENT_THREAD: &str = "this thread is running a current-thread runtime of tokio";

/// Why a task of a `LocalSet` is refused.
const LOCAL_SET: &str = "this thread is running a `LocalSet` of tokio";

/// A future that is ready at the second poll.
async fn five() -> u32 {
    tokio::task::yield_now().await;
    5
}

/// Blocks in each way, and checks that the value is there.
fn goes_through() {
    assert!(context::can_block().is_ok());
    assert_eq!(get(five()), 5);
    assert_eq!(Dual::future(five()).try_get().ok(), Some(5));
    assert_eq!(get(async { get(five()) + 1 }), 6);
    assert_eq!(Dual::borrowing(|| get(five())).get(), 5);
}

/// Blocks in each way, and checks that the thread is refused at the caller's line, and that the
/// handle comes back as it was.
#[track_caller]
fn is_refused(why: &str) {
    let caller = Location::caller();
    let (line, (at, said)) = (line!(), panicked_at(|| get(five())));
    assert_eq!(at, format!("{}:{line}", file!()), "{said}, from {caller}");
    assert!(
        said.starts_with(&format!("cannot block here: {why}. ")),
        "{said}, from {caller}"
    );
    let refused = Dual::future(five()).try_get().expect_err("it is refused");
    assert_eq!(refused.to_string(), format!("cannot block here: {why}"));
    let refused = refused.into_handle().try_get().expect_err("as before");
    assert_eq!(refused.into_handle().now_or_later().ok(), None);
    // What stays on its thread is refused nowhere.
    assert_eq!(Dual::in_place(|| 5).get(), 5);
    assert_eq!(Dual::borrowing(|| 5).try_get().ok(), Some(5));
}

/// The runtimes that are entered in others.
fn both_kinds() -> [Runtime; 2] {
    [multi_thread(2), current_thread()]
}

/// Runs code on threads of the names that tests and programs have. It is asked only by name whether tokio has
/// started a thread.
fn on_each_thread(code: fn()) {
    code();
    for thread in [
        thread::Builder::new(),
        thread::Builder::new().name("a thread of one's own".into()),
        thread::Builder::new().name("tokio-like".into()),
    ] {
        let ran = thread.spawn(code).expect("it starts").join();
        ran.expect("it ends");
    }
}

/// A runtime of either kind that is entered in the root of a current-thread runtime.
#[test]
fn entered_in_a_current_thread_root() {
    limit(|| {
        on_each_thread(|| {
            for entered in both_kinds() {
                current_thread().block_on(async {
                    let _entered = entered.enter();
                    is_refused(CURRENT_THREAD);
                });
            }
        });
    });
}

/// A runtime of either kind that is entered in a task of a current-thread runtime, and in one of a `LocalSet` on it.
#[test]
fn entered_in_a_current_thread_task() {
    limit(|| {
        on_each_thread(|| {
            for entered in both_kinds() {
                let entered = entered.handle();
                let task = |entered: Handle| async move {
                    let _entered = entered.enter();
                    is_refused(CURRENT_THREAD);
                };
                let runtime = current_thread();
                let tried = runtime.block_on(runtime.spawn(task(entered.clone())));
                tried.expect("it ends");
                LocalSet::new().block_on(&runtime, async {
                    let tried = spawn_local(task(entered.clone()));
                    tried.await.expect("it ends");
                });
            }
        });
    });
}

/// A runtime of either kind that is entered in the root of a multi-thread runtime, and in each worker's tasks.
#[test]
fn entered_in_a_multi_thread_runtime() {
    limit(|| {
        for workers in [1, 2, 8] {
            let runtime = multi_thread(workers);
            for entered in both_kinds() {
                let handle = entered.handle();
                runtime.block_on(async {
                    let _entered = handle.enter();
                    goes_through();
                });
                let tasks: Vec<_> = (0..4 * workers)
                    .map(|_| {
                        let handle = handle.clone();
                        runtime.spawn(async move {
                            let _entered = handle.enter();
                            goes_through();
                        })
                    })
                    .collect();
                for task in tasks {
                    runtime.block_on(task).expect("it ends");
                }
            }
        }
    });
}

/// The same where tokio has named the threads.
#[test]
fn entered_in_a_worker_with_tokios_name() {
    limit(|| {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).build().expect("it starts");
        for entered in both_kinds() {
            let gets = runtime.spawn(async move {
                {
                    let _entered = entered.enter();
                    goes_through();
                }
                entered.shutdown_background();
            });
            runtime.block_on(gets).expect("it ends");
        }
    });
}

/// Two runtimes that are entered, the one in the other.
#[test]
fn entered_twice() {
    limit(|| {
        let (multi, current) = (multi_thread(1), current_thread());
        let (multi, current) = (multi.handle(), current.handle());
        for (first, second) in [(multi, current), (current, multi), (current, current)] {
            let both = |then: fn()| {
                let (first, second) = (first.clone(), second.clone());
                async move {
                    let _first = first.enter();
                    let _second = second.enter();
                    then();
                }
            };
            let refused = || is_refused(CURRENT_THREAD);
            let runtime = current_thread();
            runtime.block_on(both(refused));
            let tried = runtime.block_on(runtime.spawn(both(refused)));
            tried.expect("it ends");
            let runtime = multi_thread(1);
            runtime.block_on(both(goes_through));
            let tried = runtime.block_on(runtime.spawn(both(goes_through)));
            tried.expect("it ends");
            let _first = first.enter();
            let _second = second.enter();
            goes_through();
        }
    });
}

/// A runtime of either kind that is entered on a blocking thread, and in `block_in_place`.
#[test]
fn entered_on_a_blocking_thread() {
    async fn root() {
        for entered in both_kinds() {
            let handle = entered.handle().clone();
            let gets = move || {
                let _entered = handle.enter();
                goes_through();
            };
            spawn_blocking(gets).await.expect("it ends");
            entered.shutdown_background();
        }
    }
    limit(|| {
        current_thread().block_on(root());
        let runtime = multi_thread(1);
        runtime.block_on(root());
        for entered in both_kinds() {
            let handle = entered.handle().clone();
            let in_place = runtime.spawn(async move {
                block_in_place(|| {
                    let _entered = handle.enter();
                    goes_through();
                });
            });
            runtime.block_on(in_place).expect("it ends");
        }
    });
}

/// A `block_on` of a multi-thread runtime on a blocking thread and in `block_in_place`: a task runs
/// below on such a thread, but no `LocalSet`.
#[test]
fn root_above_a_task() {
    limit(|| {
        for name in ["tokio-rt-worker", "theirs"] {
            let mut builder = Builder::new_multi_thread();
            let builder = builder.worker_threads(1).thread_name(name);
            let runtime = builder.build().expect("it starts");
            let handle = runtime.handle().clone();
            let above = move || handle.block_on(async { goes_through() });
            let job = runtime.spawn_blocking(above.clone());
            runtime.block_on(job).expect("it ends");
            let in_place = runtime.spawn(async { block_in_place(above) });
            runtime.block_on(in_place).expect("it ends");
        }
    });
}

/// A current-thread runtime that runs on a blocking thread and in `block_in_place`, in its root and in a task.
#[test]
fn current_thread_above_a_task() {
    fn above() {
        let runtime = current_thread();
        runtime.block_on(async {
            is_refused(CURRENT_THREAD);
            let task = tokio::spawn(async { is_refused(CURRENT_THREAD) });
            task.await.expect("it ends");
        });
    }
    limit(|| {
        let runtime = multi_thread(1);
        let job = runtime.spawn_blocking(above);
        runtime.block_on(job).expect("it ends");
        let in_place = runtime.spawn(async { block_in_place(above) });
        runtime.block_on(in_place).expect("it ends");
    });
}

/// A task of a `LocalSet` on the root of a multi-thread runtime, with nothing else entered and with
/// either kind of runtime.
#[test]
fn local_set_task_on_a_multi_thread_root() {
    fn tasks() {
        let runtime = multi_thread(1);
        LocalSet::new().block_on(&runtime, async {
            let task = spawn_local(async { is_refused(LOCAL_SET) });
            task.await.expect("it ends");
            for entered in both_kinds() {
                let task = spawn_local(async move {
                    {
                        let _entered = entered.enter();
                        is_refused(LOCAL_SET);
                    }
                    entered.shutdown_background();
                });
                task.await.expect("it ends");
            }
            // A task that was moved off the set's thread goes through.
            let task = tokio::spawn(async { goes_through() });
            task.await.expect("it ends");
        });
    }
    limit(|| {
        on_each_thread(tasks);
        // On a blocking thread of another runtime.
        let other = multi_thread(1);
        let job = other.spawn_blocking(tasks);
        other.block_on(job).expect("it ends");
    });
}

/// tokio's own panic is not asked for where the thread is known: the hook sees none.
#[test]
fn refusals_that_nothing_reports() {
    in_child(|| {
        static REPORTED: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
        std::panic::set_hook(Box::new(|info| {
            REPORTED
                .lock()
                .expect("not poisoned")
                .push(info.to_string());
        }));
        let refuses = || assert!(Dual::future(five()).try_get().is_err());
        let code = move || {
            let (multi, current) = (multi_thread(1), current_thread());
            current.block_on(async {
                let _entered = multi.enter();
                refuses();
            });
            let task = current.spawn(async move { refuses() });
            current.block_on(task).expect("it ends");
            let in_place = multi.spawn(async move {
                get(async {
                    current_thread().block_on(async { refuses() });
                });
            });
            multi.block_on(in_place).expect("it ends");
        };
        for thread in [
            thread::Builder::new(),
            thread::Builder::new().name("a thread of one's own".into()),
        ] {
            let ran = thread.spawn(code).expect("it starts").join();
            ran.expect("it ends");
        }
        let entered = multi_thread(1);
        // On a thread without a name, more is known.
        let runtime = current_thread();
        let ran = thread::spawn(move || {
            LocalSet::new().block_on(&multi_thread(1), async move {
                let task = spawn_local(async move { refuses() });
                task.await.expect("it ends");
            });
            let task = runtime.spawn(async move {
                {
                    let _entered = entered.enter();
                    refuses();
                }
                entered.shutdown_background();
            });
            runtime.block_on(task).expect("it ends");
        });
        ran.join().expect("it ends");
        drop(std::panic::take_hook());
        let reported = std::mem::take(&mut *REPORTED.lock().expect("not poisoned"));
        assert_eq!(reported, [""; 0]);
    });
}

/// Runtimes that are entered, and that run, in tasks of an `Executor` and in a pool's jobs.
#[cfg(feature = "executor")]
#[test]
fn entered_in_an_executor_and_on_a_pool() {
    fn entered() {
        for entered in both_kinds() {
            let _entered = entered.enter();
            goes_through();
        }
    }
    fn runs() {
        for entered in both_kinds() {
            current_thread().block_on(async {
                let _entered = entered.enter();
                is_refused(CURRENT_THREAD);
            });
            let handle = entered.handle().clone();
            let runtime = current_thread();
            let task = runtime.spawn(async move {
                let _entered = handle.enter();
                is_refused(CURRENT_THREAD);
            });
            runtime.block_on(task).expect("it ends");
            multi_thread(1).block_on(async {
                let _entered = entered.enter();
                goes_through();
            });
        }
    }
    limit(|| {
        let ex = Executor::builder().threads(1).build();
        ex.block_on(async {
            entered();
            runs();
        });
        ex.block_on(ex.spawn(async {
            entered();
            runs();
        }));
        ex.block_on(ex.spawn(Dual::blocking(|| {
            entered();
            runs();
        })));
        let pool = smartcall::offload::Limited::new(std::num::NonZero::<usize>::MIN);
        pollster::block_on(
            Dual::blocking(|| {
                entered();
                runs();
            })
            .on(&pool),
        );
    });
}
