//! tokio: recognised, helped where it can be, and refused in words where it can't.

#![allow(
    clippy::async_yields_async,
    clippy::let_underscore_future,
    clippy::redundant_async_block,
    reason = "handles are made in one place and resolved in another"
)]
#![cfg(feature = "tokio")]

use std::cell::Cell;
use std::future::pending;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::{Arc, Barrier, Once, mpsc};
use std::thread;
use std::time::Duration;

use smartcall::Dual;
use smartcall::context::{self, Host};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::{LocalSet, block_in_place, spawn_blocking, spawn_local, yield_now};

mod common;
use common::{in_child, in_child_with, limit, wait_until};

// Helpers ------------------------------------------------------------------------------

fn multi_thread(workers: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(workers).thread_name("theirs");
    builder.enable_all().build().expect("it starts")
}

fn current_thread() -> Runtime {
    let mut builder = Builder::new_current_thread();
    let builder = builder.thread_name("theirs");
    builder.enable_all().build().expect("it starts")
}

/// Gets a future's value on this thread.
#[track_caller]
fn get<T>(future: impl Future<Output = T>) -> T {
    Dual::future(future).get()
}

/// Another task of the runtime that this is called in, which gives a five.
async fn task() -> u32 {
    let task = async {
        // It needs the runtime's own clock, and a second poll.
        tokio::time::sleep(Duration::from_millis(1)).await;
        5
    };
    tokio::spawn(task).await.expect("it ends")
}

/// Runs code that panics, and returns what it said.
#[track_caller]
fn words<T>(code: impl FnOnce() -> T) -> String {
    let Err(payload) = panic::catch_unwind(AssertUnwindSafe(code)) else {
        panic!("it does not panic");
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a text")).to_owned(),
    }
}

thread_local! {
    /// Where this thread panicked last.
    static PLACE: Cell<Option<(String, u32)>> = const { Cell::new(None) };
}

/// Keeps the place of each panic.
fn watch_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().expect("a panic has one");
            PLACE.set(Some((place.file().to_owned(), place.line())));
            usual(info);
        }));
    });
}

/// Shows that code on this very line is refused, in our words.
#[track_caller]
fn assert_refused<T>(code: impl FnOnce() -> T) {
    watch_panics();
    let caller = Location::caller();
    let text = words(code);
    let here = (caller.file().to_owned(), caller.line());
    assert_eq!(PLACE.take(), Some(here), "{text}");
    assert!(
        text.starts_with(
            "cannot block here: this thread is running a current-thread runtime of tokio. "
        ) && text.contains("Use `.await` here")
            && text.ends_with("In a multi-thread runtime it would go through."),
        "{text}"
    );
}

/// Shows that a deref is refused at the caller's line, in words of its own, and that the handle is
/// awaited afterwards.
#[track_caller]
fn assert_deref_refused() -> impl Future<Output = ()> + Send {
    watch_panics();
    let caller = Location::caller();
    let dual = Dual::future(task()).boxed();
    let (line, text) = (line!(), words(|| *dual));
    assert_eq!(PLACE.take(), Some((file!().to_owned(), line)), "{text}");
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

/// Shows that all that blocks is refused here, and that the handle works nevertheless.
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

// The rows of the table in which a get goes through -------------------------------------

/// A12: a task of a multi-thread runtime, on a worker's thread.
#[test]
fn worker() {
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

/// A12: a deref is refused in a worker, where a get goes through: nobody waits there without a word.
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

/// A12: the root of a multi-thread runtime, on the thread of `block_on`.
#[test]
fn multi_thread_root() {
    limit(|| {
        let root = async {
            assert_eq!(get(task()), 5);
            task().await;
            assert_eq!(get(async { get(task()) + 1 }), 6);
        };
        multi_thread(1).block_on(root);
    });
}

/// A12: what a foreign `block_on` in a worker hangs in: a yield, a task that the worker would
/// have run next, and more messages than a task's budget allows for.
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

/// A12: sync code that waits for a task, got in a worker.
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

/// C14: every worker in a get, on tasks of the same runtime.
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

/// A12: a thread of tokio's pool just blocks, whatever the runtime.
#[test]
fn thread_of_the_pool() {
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

/// A12: inside `block_in_place`, in a worker and in the root.
#[test]
fn in_block_in_place() {
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

/// A12: a plain thread that has entered a runtime, of either flavour, is a plain thread.
#[test]
fn under_an_enter_guard() {
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

// The rows in which it is refused -------------------------------------------------------

/// A12: the root of a current-thread runtime.
#[test]
fn current_thread_root() {
    limit(|| current_thread().block_on(assert_refuses()));
}

/// A12: a task of a current-thread runtime.
#[test]
fn current_thread_task() {
    limit(|| {
        let runtime = current_thread();
        let task = runtime.spawn(assert_refuses());
        runtime.block_on(task).expect("it ends");
    });
}

/// A12: a task of a `LocalSet` on a current-thread runtime, and the set's own root.
#[test]
fn local_set() {
    limit(|| {
        LocalSet::new().block_on(&current_thread(), async {
            assert_refuses().await;
            spawn_local(assert_refuses()).await.expect("it ends");
        });
    });
}

/// A12: a current-thread runtime that is run on a thread of another one's pool.
#[test]
fn current_thread_on_a_thread_of_a_pool() {
    limit(|| {
        let runs = || spawn_blocking(|| current_thread().block_on(assert_refuses()));
        multi_thread(1).block_on(async { runs().await.expect("it ends") });
        current_thread().block_on(async { runs().await.expect("it ends") });
    });
}

/// A12: nothing is left of it when the runtime is done, or between its turns.
#[test]
fn plain_again_after_it() {
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

/// A `blocking_region` says that it may block nevertheless.
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

/// A12: a host of somebody else's speaks for the runtime that would be found, and is asked alone.
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
            // So it is for one that is nested in it.
            let value = elsewhere.spawn(task());
            let got = context::with_host(&Arc::new(Willing), || get(async { get(value) }));
            assert_eq!(got.expect("it ends"), 5);
            assert_refuses().await;
        });
    });
}

/// C17: one that is run inside a driven future is refused as it is outside one.
#[test]
fn current_thread_in_a_driven_future() {
    limit(|| {
        get(async { current_thread().block_on(assert_refuses()) });
        get(async { Dual::blocking(|| current_thread().block_on(assert_refuses())).await });
        let runtime = multi_thread(1);
        let gets =
            runtime.spawn(async { get(async { current_thread().block_on(assert_refuses()) }) });
        runtime.block_on(gets).expect("it ends");
    });
}

// What is left over: tokio panics by itself ---------------------------------------------

/// Shows what tokio says where it can't hand a thread over, and we could not know.
#[track_caller]
fn assert_tokio_panics<T>(code: impl FnOnce() -> T) {
    let text = words(code);
    assert_eq!(
        text,
        "can call blocking only when running on the multi-threaded runtime"
    );
}

/// A `LocalSet` on the root of a multi-thread runtime. Nothing has run by then.
#[test]
fn local_set_on_a_multi_thread_root() {
    limit(|| {
        let set = LocalSet::new();
        let runtime = multi_thread(1);
        runtime.block_on(set.run_until(async {
            assert_tokio_panics(|| get(async { panic!("it does not run") }));
            assert_tokio_panics(|| Dual::future(task()).try_get().is_ok());
            let task = spawn_local(async {
                assert_tokio_panics(|| get(task()));
                task().await
            });
            assert_eq!(task.await.expect("it ends"), 5);
        }));
    });
}

/// A second thread in `block_on` of a current-thread runtime, which the first one drives.
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

// Blocking code ------------------------------------------------------------------------

/// A11: blocking code that is awaited in tokio runs on tokio's pool, where its runtime is there.
#[test]
fn blocking_code_runs_on_tokios_pool() {
    limit(|| {
        async fn root() {
            let here = thread::current().id();
            let code = move || {
                assert_ne!(thread::current().id(), here);
                assert_eq!(thread::current().name(), Some("theirs"));
                let by_hand = Handle::current().block_on(task());
                by_hand + get(task())
            };
            assert_eq!(Dual::blocking(code).await, 10);
            let task = tokio::spawn(Dual::blocking(code));
            assert_eq!(task.await.expect("it ends"), 10);
            let meet = Arc::new(Barrier::new(2));
            let part = || {
                let meet = Arc::clone(&meet);
                Dual::blocking(move || meet.wait().is_leader())
            };
            let (one, other) = tokio::join!(part(), part());
            assert_ne!(one, other);
        }
        multi_thread(1).block_on(root());
        current_thread().block_on(root());
    });
}

/// The same of blocking code that a get meets in a worker, beside another part.
#[test]
fn blocking_code_under_a_get_runs_on_tokios_pool() {
    limit(|| {
        let runtime = multi_thread(1);
        let name = || Dual::blocking(|| thread::current().name().map(String::from));
        let gets = runtime.spawn(async move { get(async { tokio::join!(name(), name()) }) });
        let (one, other) = runtime.block_on(gets).expect("it ends");
        assert_eq!(
            (one.as_deref(), other.as_deref()),
            (Some("theirs"), Some("theirs"))
        );
    });
}

/// D3: a panic on tokio's pool reaches whoever waits, as it is.
#[test]
fn panic_on_tokios_pool() {
    limit(|| {
        let runtime = multi_thread(1);
        let panicking = Dual::<u32, _>::blocking(|| panic!("five"));
        let text = words(|| runtime.block_on(panicking));
        assert_eq!(text, "five");
        assert_eq!(runtime.block_on(Dual::blocking(|| 5)), 5);
    });
}

// Outside of any runtime ----------------------------------------------------------------

/// Needs a clock and sockets of tokio's.
async fn needs_the_reactor() -> u32 {
    tokio::time::sleep(Duration::from_millis(1)).await;
    let server = TcpListener::bind("127.0.0.1:0").await.expect("it listens");
    let address = server.local_addr().expect("it has one");
    let serve = async {
        let (mut client, _) = server.accept().await.expect("it comes");
        client.write_u32(5).await.expect("it is there");
    };
    let ask = async {
        let mut stream = TcpStream::connect(address).await.expect("it is there");
        stream.read_u32().await.expect("it is sent")
    };
    let ((), five) = tokio::join!(serve, ask);
    five
}

/// A1: a future that needs tokio's reactor, got on a plain thread, again and again.
#[test]
fn reactor_on_a_plain_thread() {
    limit(|| {
        for _ in 0..10 {
            assert_eq!(get(needs_the_reactor()), 5);
        }
        assert_eq!(get(async { get(needs_the_reactor()) }), 5);
        let spawned = async { tokio::spawn(needs_the_reactor()).await };
        assert_eq!(get(spawned).expect("it ends"), 5);
        thread::spawn(|| assert_eq!(get(needs_the_reactor()), 5))
            .join()
            .expect("it ends");
    });
}

/// A runtime that is there is used: ours is for threads that have none.
#[test]
fn runtime_that_is_there_is_used() {
    limit(|| {
        let runtime = multi_thread(1);
        let name = || async {
            let name = async { thread::current().name().map(String::from) };
            tokio::spawn(name).await.expect("it ends")
        };
        {
            let _entered = runtime.enter();
            assert_eq!(get(name()).as_deref(), Some("theirs"));
        }
        assert_eq!(get(name()).as_deref(), Some("smartcall-tokio"));
        // Nor is it left behind.
        assert!(Handle::try_current().is_err());
    });
}

/// A2: the same in tasks of the shim, awaited and got, and in its roots and its pool.
#[cfg(feature = "executor")]
#[test]
fn reactor_in_the_shim() {
    use smartcall::{Executor, LocalExecutor};

    limit(|| {
        let ex = Arc::new(Executor::builder().threads(1).build());
        assert_eq!(ex.block_on(needs_the_reactor()), 5);
        assert_eq!(ex.block_on(ex.spawn(needs_the_reactor())), 5);
        assert_eq!(ex.block_on(ex.spawn(async { get(needs_the_reactor()) })), 5);
        let job = Dual::blocking(|| get(needs_the_reactor()));
        assert_eq!(ex.block_on(ex.spawn(job)), 5);
        let local = LocalExecutor::new();
        assert_eq!(local.block_on(local.spawn(needs_the_reactor())), 5);
        // A shim's `block_on` in a worker of tokio goes through tokio.
        let runtime = multi_thread(1);
        let blocks = runtime.spawn(async move { ex.block_on(ex.spawn(async { get(task()) })) });
        assert_eq!(runtime.block_on(blocks).expect("it ends"), 5);
    });
}

/// What is started in a runtime goes on in it; where there is none, in ours.
#[cfg(feature = "executor")]
#[test]
fn started_in_the_runtime_of_the_caller() {
    async fn name() -> Option<String> {
        // It waits, so that the second poll is by the thread of another executor, too.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let name = async { thread::current().name().map(String::from) };
        tokio::spawn(name).await.expect("it ends")
    }

    limit(|| {
        let runtime = multi_thread(1);
        let started = runtime.block_on(async { Dual::future(name()).start() });
        assert_eq!(started.get().as_deref(), Some("theirs"));
        assert_eq!(
            Dual::future(name()).start().get().as_deref(),
            Some("smartcall-tokio")
        );
    });
}

/// C9: a thousand first gets at once start one runtime.
#[cfg(target_os = "linux")]
#[test]
fn racing_first_gets_start_one_runtime() {
    in_child(|| {
        assert_eq!(threads_named("smartcall-tokio"), 0);
        let meet = Arc::new(Barrier::new(1000));
        let threads: Vec<_> = (0..1000)
            .map(|_| {
                let meet = Arc::clone(&meet);
                let gets = move || {
                    meet.wait();
                    get(async {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                        Handle::current().id()
                    })
                };
                thread::Builder::new().stack_size(256 << 10).spawn(gets)
            })
            .collect();
        let ids = threads
            .into_iter()
            .map(|thread| thread.expect("it starts").join().expect("it ends"));
        let ids: std::collections::HashSet<_> = ids.collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(threads_named("smartcall-tokio"), 1);
    });
}

/// tokio's own setting holds for our runtime as well.
#[cfg(target_os = "linux")]
#[test]
fn as_many_workers_as_tokio_is_told() {
    in_child_with(&[("TOKIO_WORKER_THREADS", "3")], || {
        assert_eq!(get(needs_the_reactor()), 5);
        // A thread gets its name when it first runs.
        wait_until(|| threads_named("smartcall-tokio") >= 3);
        assert_eq!(threads_named("smartcall-tokio"), 3);
    });
}

/// Counts the threads of this process whose names begin so.
#[cfg(target_os = "linux")]
fn threads_named(prefix: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("proc is mounted");
    let names = tasks.filter_map(|task| {
        // A thread may end while we look.
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    });
    names.filter(|name| name.starts_with(prefix)).count()
}

// A runtime that is shut down ------------------------------------------------------------

/// The ways to shut a runtime down while others hold on to it.
const SHUTDOWNS: [fn(Runtime); 3] = [Runtime::shutdown_background, drop, |runtime| {
    runtime.shutdown_timeout(Duration::from_millis(10))
}];

/// C10: a get on a plain thread, of a task that will never end.
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

/// C10: gets in the runtime's own worker, of a task and of a channel whose sender is in one.
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
/// A shutdown that comes while tokio hands a worker over leaves nobody to cancel the tasks, and
/// whoever waits for one waits for ever, under any driver.
fn assert_worker_was_handed_over(runtime: &Runtime) {
    assert_eq!(runtime.block_on(runtime.spawn(task())).expect("it ends"), 5);
    assert_eq!(runtime.block_on(runtime.spawn(task())).expect("it ends"), 5);
}

/// C10: a job that the pool runs, and others that it has yet to come to. It comes to all of them.
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

/// C10: a job for a runtime that is gone already.
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
            let text = words(|| get(overlapping));
            assert!(
                text.starts_with("the pool refused this job, or dropped it before it ran"),
                "{text}"
            );
            // What runs on this thread needs no pool.
            assert_eq!(get(async { Dual::blocking(|| 5).await }), 5);
        }
    });
}
