//! `.get()` on tokio's threads: where it works, and where it panics.

use std::panic::{self, Location};
use std::sync::{Arc, mpsc};
use std::thread;

use smartcall::Dual;
use smartcall::context::{self, Host};
use smartcall::offload::join_on_drop;
use tokio::sync::oneshot;
use tokio::task::{LocalSet, block_in_place, spawn_blocking, spawn_local, yield_now};

use super::tokio_support::{current_thread, get, multi_thread, task};
use crate::common::{here, limit, panic_of, panicked_at};

/// Checks that code on the caller's line is refused with smartcall's message.
#[track_caller]
fn assert_refused<T>(code: impl FnOnce() -> T) {
    let caller = Location::caller();
    let (at, text) = panicked_at(code);
    let here = format!("{}:{}", caller.file(), caller.line());
    assert_eq!(at, here, "{text}");
    assert!(
        text.starts_with(
            "cannot block here: this thread is running a current-thread runtime of tokio. "
        ) && text.contains("Use `.await` here")
            && text.ends_with("`#[tokio::test(flavor = \"multi_thread\")]`."),
        "{text}"
    );
}

/// Checks that a deref panics at its line with a message of its own, and that the handle can be
/// awaited afterwards.
#[track_caller]
fn assert_deref_refused() -> impl Future<Output = ()> + Send {
    let caller = Location::caller();
    let dual = Dual::future(task()).boxed();
    let (line, (at, text)) = (here!(), panicked_at(|| *dual));
    assert_eq!(at, line, "{text}");
    // What is driven by a get is told of the runtime that the get is in.
    let where_it_is = match context::current() {
        context::Place::Driving => "running a current-thread runtime of tokio. ",
        _ => "polling a task of an executor. ",
    };
    let start = format!("cannot block here: this thread is {where_it_is}");
    assert!(
        text.starts_with(&start)
            && text.contains("Was an `.await` forgotten?")
            && text.contains("`dual.await`"),
        "{text}"
    );
    async move { assert_eq!(dual.await, 5, "{caller}") }
}

/// Checks that all that blocks is refused here, and that the handle can be awaited nevertheless.
async fn assert_refuses() {
    assert_refused(|| get(async { 5 }));
    assert_deref_refused().await;
    assert_refused(|| Dual::blocking(|| 5).get());
    assert_refused(|| get(task()));

    let refused = Dual::future(task()).try_get().expect_err("refused");
    assert_eq!(
        refused.to_string(),
        "cannot block here: this thread is running a current-thread runtime of tokio"
    );
    assert_eq!(refused.into_handle().await, 5);

    // What needs no waiting is given in any place.
    assert_eq!(Dual::ready(5).get(), 5);
    assert_eq!(Dual::in_place(|| 5).get(), 5);
    assert_eq!(Dual::in_place(|| 5).await, 5);
}

/// A get works in a task of a multi-thread runtime.
#[test]
fn get_in_a_worker() {
    limit(|| {
        for workers in [1, 2, 8] {
            let runtime = multi_thread(workers);
            let gets = runtime.spawn(async {
                assert_eq!(get(task()), 5);
                assert_eq!(Dual::future(task()).try_get().ok(), Some(5));
                assert_eq!(get(async { get(task()) + 1 }), 6);
                task().await
            });
            assert_eq!(runtime.block_on(gets).expect("it ends"), 5);
        }
    });
}

/// A deref panics in a worker, where a get works.
#[test]
fn deref_in_a_worker() {
    limit(|| {
        let runtime = multi_thread(1);
        let derefs = runtime.spawn(async {
            assert_deref_refused().await;
            // On the thread of a job, and where the thread is spared, it is as good as a get.
            let lent = |dual: Dual<u32>| *dual;
            let dual = Dual::future(task()).boxed();
            assert_eq!(
                spawn_blocking(move || lent(dual)).await.expect("it ends"),
                5
            );
            let dual = Dual::future(task()).boxed();
            assert_eq!(Dual::blocking(move || lent(dual)).await, 5);
            assert_eq!(block_in_place(|| lent(Dual::future(task()).boxed())), 5);
            assert_eq!(lent(Dual::ready(5).boxed()), 5);
        });
        runtime.block_on(derefs).expect("it ends");
    });
}

/// A get works in the root of a multi-thread runtime, on the thread of `block_on`.
#[test]
fn get_in_a_multi_thread_root() {
    limit(|| {
        let root = async {
            assert_eq!(get(task()), 5);
            task().await;
            assert_eq!(get(async { get(task()) + 1 }), 6);
        };
        multi_thread(1).block_on(root);
    });
}

/// A get works where a foreign `block_on` in a worker hangs: a yield, a task that the worker would
/// run next, and more messages than the budget of a task allows for.
#[test]
fn worker_gets_what_a_foreign_driver_hangs_in() {
    limit(|| {
        let runtime = multi_thread(1);
        let gets = runtime.spawn(async {
            get(yield_now());
            assert_eq!(get(tokio::spawn(async { 5 })).expect("it ends"), 5);
            let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
            for i in 0..1000 {
                sender.send(i).expect("it is open");
            }
            get(async {
                for i in 0..1000 {
                    assert_eq!(receiver.recv().await, Some(i));
                }
            });
        });
        runtime.block_on(gets).expect("it ends");
    });
}

/// A get in a worker, of sync code that waits for a task.
#[test]
fn worker_gets_sync_code_that_waits() {
    limit(|| {
        let runtime = multi_thread(1);
        let gets = runtime.spawn(async {
            let (sender, receiver) = mpsc::channel();
            tokio::spawn(async move { sender.send(5) });
            Dual::blocking(move || receiver.recv()).get()
        });
        assert_eq!(runtime.block_on(gets).expect("it ends"), Ok(5));
    });
}

/// Every worker gets a task of the same runtime.
#[test]
fn every_worker_gets() {
    limit(|| {
        for workers in [1, 2, 8] {
            let runtime = multi_thread(workers);
            let tasks: Vec<_> = (0..10 * workers)
                .map(|_| runtime.spawn(async { get(task()) }))
                .collect();
            for task in tasks {
                assert_eq!(runtime.block_on(task).expect("it ends"), 5);
            }
        }
    });
}

/// A get works on a thread of tokio's pool, in each kind of runtime.
#[test]
fn get_on_a_thread_of_tokios_pool() {
    async fn root() {
        let gets = || {
            let here = thread::current().id();
            assert_eq!(get(async { thread::current().id() }), here);
            get(task())
        };
        assert_eq!(spawn_blocking(gets).await.expect("it ends"), 5);
        let nested = spawn_blocking(move || get(spawn_blocking(gets)));
        assert_eq!(nested.await.expect("it ends").expect("it ends"), 5);
    }
    limit(|| {
        multi_thread(1).block_on(root());
        current_thread().block_on(root());
    });
}

/// A get works in `block_in_place`, in a worker and in the root.
#[test]
fn get_in_block_in_place() {
    limit(|| {
        let runtime = multi_thread(1);
        let gets = || async { block_in_place(|| get(task()) + get(task())) };
        assert_eq!(
            runtime.block_on(runtime.spawn(gets())).expect("it ends"),
            10
        );
        assert_eq!(runtime.block_on(gets()), 10);
    });
}

/// A get works on a plain thread that has entered a runtime, of either kind.
#[test]
fn get_under_an_enter_guard() {
    limit(|| {
        for runtime in [multi_thread(1), current_thread()] {
            let (stop, stopped) = oneshot::channel::<()>();
            thread::scope(|scope| {
                scope.spawn(|| runtime.block_on(stopped));
                let _entered = runtime.enter();
                assert_eq!(get(task()), 5);
                assert_eq!(get(async { get(task()) + 1 }), 6);
                stop.send(()).expect("it runs");
            });
        }
    });
}

/// A get panics in the root of a current-thread runtime.
#[test]
fn refused_in_a_current_thread_root() {
    limit(|| current_thread().block_on(assert_refuses()));
}

/// A get panics in a task of a current-thread runtime.
#[test]
fn refused_in_a_current_thread_task() {
    limit(|| {
        let runtime = current_thread();
        let task = runtime.spawn(assert_refuses());
        runtime.block_on(task).expect("it ends");
    });
}

/// A get panics in a task of a `LocalSet` on a current-thread runtime, and in the set's own root.
#[test]
fn refused_in_a_local_set() {
    limit(|| {
        LocalSet::new().block_on(&current_thread(), async {
            assert_refuses().await;
            spawn_local(assert_refuses()).await.expect("it ends");
        });
    });
}

/// A get panics in a current-thread runtime that runs on a thread of another runtime's pool.
#[test]
fn refused_in_a_current_thread_runtime_on_a_pool() {
    limit(|| {
        let runs = || spawn_blocking(|| current_thread().block_on(assert_refuses()));
        multi_thread(1).block_on(async { runs().await.expect("it ends") });
        current_thread().block_on(async { runs().await.expect("it ends") });
    });
}

/// A get works once a current-thread runtime is done, and between its turns.
#[test]
fn get_after_a_current_thread_runtime() {
    limit(|| {
        let runtime = current_thread();
        runtime.block_on(assert_refuses());
        assert_eq!(get(async { 5 }), 5);
        runtime.block_on(assert_refuses());
        let elsewhere = multi_thread(1);
        assert_eq!(
            get(async { elsewhere.spawn(task()).await }).expect("it ends"),
            5
        );
    });
}

/// A get works in a `blocking_region` in a current-thread runtime.
#[test]
fn blocking_region_in_a_current_thread_runtime() {
    limit(|| {
        let elsewhere = multi_thread(1);
        current_thread().block_on(async {
            let value = elsewhere.spawn(task());
            let got = context::blocking_region(|| get(value));
            assert_eq!(got.expect("it ends"), 5);
            assert_refuses().await;
        });
    });
}

/// A host that the program sets decides for the detected runtime, and is asked alone.
#[test]
fn host_in_a_current_thread_runtime() {
    /// A host that has seen to it that the thread may block.
    struct Willing;

    impl Host for Willing {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            block();
        }
    }

    limit(|| {
        let elsewhere = multi_thread(1);
        current_thread().block_on(async {
            let value = elsewhere.spawn(task());
            let got = context::with_host(&Arc::new(Willing), || get(value));
            assert_eq!(got.expect("it ends"), 5);
            // A nested one is refused as well.
            let value = elsewhere.spawn(task());
            let got = context::with_host(&Arc::new(Willing), || get(async { get(value) }));
            assert_eq!(got.expect("it ends"), 5);
            assert_refuses().await;
        });
    });
}

/// A get panics in a current-thread runtime that runs inside a driven future.
#[test]
fn refused_in_a_current_thread_runtime_in_a_driven_future() {
    limit(|| {
        get(async { current_thread().block_on(assert_refuses()) });
        get(async { Dual::blocking(|| current_thread().block_on(assert_refuses())).await });
        let runtime = multi_thread(1);
        let gets =
            runtime.spawn(async { get(async { current_thread().block_on(assert_refuses()) }) });
        runtime.block_on(gets).expect("it ends");
    });
}

/// Shows what tokio says where it can't hand a thread over, and we could not know.
#[track_caller]
fn assert_tokio_panics<T>(code: impl FnOnce() -> T) {
    let text = panic_of(code);
    assert_eq!(
        text,
        "can call blocking only when running on the multi-threaded runtime"
    );
}

/// tokio panics in the root of a `LocalSet` on a multi-thread runtime. Nothing has run by then.
#[test]
fn local_set_root_on_a_multi_thread_root() {
    limit(|| {
        let set = LocalSet::new();
        let runtime = multi_thread(1);
        runtime.block_on(set.run_until(async {
            assert_tokio_panics(|| get(async { panic!("it does not run") }));
            assert_tokio_panics(|| Dual::future(task()).try_get().is_ok());
        }));
    });
}

/// A second thread in `block_on` of a current-thread runtime that the first thread drives.
#[test]
fn second_thread_in_a_current_thread_runtime() {
    limit(|| {
        let runtime = current_thread();
        let (begin, begun) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(|| {
                runtime.block_on(async {
                    begin.send(()).expect("somebody waits");
                    stopped.await
                })
            });
            begun.recv().expect("it begins");
            runtime.block_on(async { assert_tokio_panics(|| get(task())) });
            stop.send(()).expect("it runs");
        });
    });
}

/// A joined handle is dropped while its task unwinds: the runtime runs its other tasks meanwhile.
#[test]
fn joined_handle_dropped_as_the_task_unwinds() {
    limit(|| {
        let runtime = multi_thread(1);
        let task = runtime.spawn(async {
            let (send, sent) = oneshot::channel();
            let (begun, begins) = mpsc::channel();
            let mut waits = Box::pin(join_on_drop(Dual::blocking(move || {
                begun.send(()).expect("it is awaited");
                Dual::future(sent).get()
            })));
            assert!(futures::poll!(&mut waits).is_pending());
            begins.recv().expect("it begins");
            // It is next on this worker, and no other worker can take it.
            tokio::spawn(async { send.send(5) });
            panic::resume_unwind(Box::new("quietly"));
        });
        let ended: Result<(), _> = runtime.block_on(task);
        assert!(ended.is_err_and(|error| error.is_panic()));
    });
}
