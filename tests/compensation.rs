//! Compensation: workers that block are stood in for, and what happens where they can't be.

#![cfg(feature = "executor")]

use std::future::pending;
use std::iter;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use futures::future::join_all;
use smartcall::context::{self, Host, Place};
use smartcall::{Dual, DualOf, Executor, LocalExecutor, SmartCall, Task, Work, kind};

mod common;
use common::{in_child, limit};

// Helpers ------------------------------------------------------------------------------

/// An executor that its own tasks can spawn on.
fn executor(threads: usize) -> Arc<Executor> {
    Arc::new(Executor::builder().threads(threads).name("ex").build())
}

/// An executor of one thread, with so many to stand in for it.
fn executor_with_spares(max_spares: usize) -> Arc<Executor> {
    let builder = Executor::builder().threads(1).name("ex");
    Arc::new(builder.max_spares(max_spares).build())
}

/// Gets a future's value on this thread.
#[track_caller]
fn get<T>(future: impl Future<Output = T>) -> T {
    Dual::future(future).get()
}

/// Runs sync code in a task, and waits for it.
fn in_a_task<T: Send + 'static>(
    ex: &Arc<Executor>,
    code: impl FnOnce(&Arc<Executor>) -> T + Send + 'static,
) -> T {
    let inner = Arc::clone(ex);
    ex.block_on(ex.spawn(async move { code(&inner) }))
}

/// The least that a middleware does.
fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

/// Sync code that waits for a task, which sends a five.
fn waits_for_a_task(ex: &Executor) -> impl Fn() -> u32 + Clone + Send + Sync + use<> {
    let (sender, receiver) = mpsc::channel();
    ex.spawn(async move { sender.send(5).expect("somebody waits") })
        .detach();
    let receiver = Arc::new(Mutex::new(receiver));
    move || {
        let receiver = receiver.lock().expect("not poisoned");
        receiver.recv().expect("it is sent")
    }
}

/// Waits for something that is to become true without telling. It is given less time than the
/// ten seconds that an idle spare has.
#[track_caller]
fn wait_until(so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it stays untrue");
        thread::sleep(Duration::from_millis(1));
    }
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

/// Shows that a text is the refusal at the bound.
#[track_caller]
fn assert_names_the_setting(text: &str) {
    assert!(
        text.starts_with("cannot block here") && text.contains("`Builder::max_spares`"),
        "{text}"
    );
}

// A value that is there ----------------------------------------------------------------

/// A get whose value is ready hands nothing over: no thread is started for it.
#[cfg(target_os = "linux")]
#[test]
fn ready_gets_start_no_thread() {
    in_child(|| {
        let ex = executor(2);
        // Whatever is started once is there after this.
        in_a_task(&ex, |_| get(async { 5 }));
        let before = common::threads();
        // Not so often that the system is likely to interrupt one of them, which would then be
        // a long one.
        for _ in 0..20 {
            in_a_task(&ex, |_| {
                assert_eq!(get(async { 5 }), 5);
                assert_eq!(*Dual::ready(5).boxed(), 5);
                assert_eq!(get(async { get(async { 5 }) }), 5);
                assert_eq!(Dual::blocking(|| 5).get(), 5);
                assert_eq!(Dual::in_place(|| 5).get(), 5);
                assert_eq!(Dual::future(async { 5 }).try_get().ok(), Some(5));
            });
        }
        assert_eq!(common::threads(), before);
    });
}

/// A get that is over hands nothing over: long code after it keeps its thread to itself.
#[cfg(target_os = "linux")]
#[test]
fn long_code_after_a_get() {
    in_child(|| {
        let keeps_it = |_| {
            in_a_task(&executor(1), |_| {
                assert_eq!(get(async { 5 }), 5);
                // Long enough for the monitor to look.
                thread::sleep(Duration::from_millis(200));
                threads_named("ex-spare") == 0
            })
        };
        // The system may interrupt the get, which is then a long one.
        assert!((0..5).any(keeps_it));
    });
}

// Parked -------------------------------------------------------------------------------

/// C14: all workers blocked in gets, on tasks of the same executor.
#[test]
fn every_worker_gets() {
    limit(|| {
        for threads in [1, 2, 8] {
            let ex = executor(threads);
            let barrier = Arc::new(Barrier::new(threads));
            let come = Arc::new(AtomicUsize::new(0));
            let tasks = (0..10 * threads).map(|i| {
                let inner = Arc::clone(&ex);
                let (barrier, come) = (Arc::clone(&barrier), Arc::clone(&come));
                ex.spawn(async move {
                    // The first few wait for each other, and so take all workers.
                    if come.fetch_add(1, Ordering::Relaxed) < threads {
                        barrier.wait();
                    }
                    get(inner.spawn(async move { i }))
                })
            });
            let got = ex.block_on(join_all(tasks.collect::<Vec<_>>()));
            assert_eq!(got, (0..10 * threads).collect::<Vec<_>>());
        }
    });
}

/// A get that parks asks for a spare then and there: it is not left to the monitor, which has
/// no complaint if there is none.
#[test]
fn parked_get_hands_over_at_once() {
    limit(|| {
        let conclusive = (0..1000).find_map(|_| two_gets_for_one_spare());
        assert_names_the_setting(&conclusive.expect("one of them"));
    });
}

/// Two gets begin while there is a spare, and both park. Returns what the second one says, or
/// nothing if the monitor took the spare before both had begun.
fn two_gets_for_one_spare() -> Option<String> {
    let ex = Executor::builder().threads(2).max_spares(1).build();
    let (begun, refused) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let waits = |ex: &Executor, value: oneshot::Receiver<()>| {
        let (begun, refused) = (Arc::clone(&begun), Arc::clone(&refused));
        let panics = Arc::clone(&refused);
        ex.spawn(async move {
            let waits = async move {
                begun.fetch_add(1, Ordering::SeqCst);
                // Short enough to be no matter for the monitor, as a rule.
                while begun.load(Ordering::SeqCst) < 2 && !refused.load(Ordering::SeqCst) {
                    std::hint::spin_loop();
                }
                value.await
            };
            panic::catch_unwind(AssertUnwindSafe(|| match Dual::future(waits).try_get() {
                Ok(value) => value.is_ok(),
                Err(_) => {
                    panics.store(true, Ordering::SeqCst);
                    false
                }
            }))
        })
    };
    let (first, value) = oneshot::channel();
    let one = waits(&ex, value);
    let (second, value) = oneshot::channel();
    let other = waits(&ex, value);
    while begun.load(Ordering::SeqCst) < 2 && !refused.load(Ordering::SeqCst) {
        thread::yield_now();
    }
    let inconclusive = refused.load(Ordering::SeqCst);
    if !inconclusive {
        // One of them panics when it parks.
        wait_until(|| one.is_finished() || other.is_finished());
    }
    for value in [first, second] {
        // Nobody listens any more where it has panicked.
        let _ = value.send(());
    }
    let results = ex.block_on(async { [one.await, other.await] });
    if inconclusive {
        return None;
    }
    let mut panics = results.into_iter().filter_map(Result::err);
    let payload = panics.next().expect("one has no spare");
    assert!(panics.next().is_none(), "the other has one");
    Some(*payload.downcast::<String>().expect("a text"))
}

/// C18: sync code and first polls that wait for a task, on one worker.
#[test]
fn gets_that_block_without_parking() {
    limit(|| {
        let ex = executor(1);
        in_a_task(&ex, |ex| {
            let waits = waits_for_a_task(ex);
            assert_eq!(Dual::blocking(waits).get(), 5);
            let waits = waits_for_a_task(ex);
            assert_eq!(get(async { waits() }), 5);
            let waits = waits_for_a_task(ex);
            let pair = Dual::pair(waits, |waits| waits(), async |waits| waits());
            assert_eq!(pair.get(), 5);
        });
    });
}

/// C20: nested gets, the innermost of which waits for a task, in the first poll and later.
#[test]
fn nested_gets() {
    limit(|| {
        let ex = executor(1);
        in_a_task(&ex, |ex| {
            let nested = async {
                let first = get(ex.spawn(async { 5 }));
                ex.spawn(async {}).await;
                first + get(async { get(ex.spawn(async { 6 })) })
            };
            assert_eq!(get(nested), 11);
        });
    });
}

/// C19: `block_on` in a task of the same executor, and gets and `block_on`s in that.
#[test]
fn block_on_in_a_task() {
    limit(|| {
        let ex = executor(1);
        in_a_task(&ex, |ex| {
            let words = ["bor", "rowed"];
            let root = async {
                assert_eq!(context::current(), Place::Inside);
                let five = ex.spawn(async { 5 }).await;
                assert_eq!(get(ex.spawn(async { 5 })), five);
                assert_eq!(ex.block_on(async { ex.spawn(async { 5 }).await }), five);
                let waits = waits_for_a_task(ex);
                assert_eq!(Dual::in_place(waits).await, five);
                words.concat()
            };
            assert_eq!(ex.block_on(root), "borrowed");
        });
    });
}

/// C19: by one executor in a task of another, with a worker each.
#[test]
fn block_on_of_another_executor() {
    limit(|| {
        let (ex, other) = (executor(1), executor(1));
        let got = in_a_task(&ex, move |ex| {
            let there = Arc::clone(&other);
            let here = Arc::clone(ex);
            other.block_on(other.spawn(async move {
                let back = here.spawn(async { 5 });
                here.block_on(async { there.spawn(async { 6 }).await + back.await })
            }))
        });
        assert_eq!(got, 11);
    });
}

// Running on ---------------------------------------------------------------------------

/// In-place code that runs on is stood in for, in all of its forms.
#[test]
fn in_place_code_that_waits_for_a_task() {
    limit(|| {
        let ex = executor(1);
        let inner = Arc::clone(&ex);
        let task = ex.spawn(async move {
            let waits = waits_for_a_task(&inner);
            assert_eq!(Dual::in_place(waits).await, 5);
            let waits = waits_for_a_task(&inner);
            assert_eq!(Dual::in_place(waits).get(), 5);
            let waits = waits_for_a_task(&inner);
            assert_eq!(kind::in_place(waits).invoke().await, 5);
            let waits = waits_for_a_task(&inner);
            // The mutex, which is not `Clone`, goes into the closure.
            let waits = Mutex::new(waits);
            let by_reference = kind::in_place(move || waits.lock().expect("not poisoned")());
            assert_eq!(once(&by_reference).await, 5);
            // As a part of a get, it is part of a call already.
            let waits = waits_for_a_task(&inner);
            assert_eq!(get(async { Dual::in_place(waits).await }), 5);
            // After many that are short.
            for _ in 0..100_000 {
                Dual::in_place(|| ()).await;
            }
            let waits = waits_for_a_task(&inner);
            assert_eq!(Dual::in_place(waits).await, 5);
        });
        ex.block_on(task);
    });
}

/// Threads that were stood in for go on with the executor's tasks when they come back.
#[test]
fn workers_come_back() {
    limit(|| {
        let ex = executor(2);
        for _ in 0..100 {
            let tasks: Vec<_> = (0..8)
                .map(|i| {
                    let inner = Arc::clone(&ex);
                    ex.spawn(async move {
                        let waits = waits_for_a_task(&inner);
                        match i % 2 {
                            0 => Dual::in_place(waits).await,
                            _ => Dual::blocking(waits).get(),
                        }
                    })
                })
                .collect();
            assert_eq!(ex.block_on(join_all(tasks)), [5; 8]);
        }
    });
}

// The bound ----------------------------------------------------------------------------

/// At the bound a get panics at the caller's line, `try_get` gives the handle back, and
/// in-place code runs on.
#[track_caller]
fn assert_at_the_bound(ex: &Executor) -> Task<()> {
    let caller = Location::caller();
    ex.spawn(async move {
        assert_names_the_setting(&words(|| get(async { 5 })));
        assert_names_the_setting(&words(|| Dual::blocking(|| 5).get()));

        let refused = Dual::future(async { 5 }).try_get().expect_err("no spare");
        assert_names_the_setting(&refused.to_string());
        assert_eq!(refused.into_handle().await, 5, "{caller}");

        assert_eq!(Dual::in_place(|| 5).get(), 5);
        // Long enough for the monitor to look.
        let long = Dual::in_place(|| thread::sleep(Duration::from_millis(20)));
        long.await;
        assert_eq!(Dual::blocking(|| 5).await, 5);
        assert_eq!(Dual::ready(5).get(), 5);
    })
}

/// No spare may be started at all.
#[cfg(target_os = "linux")]
#[test]
fn no_spares() {
    in_child(|| {
        let ex = executor_with_spares(0);
        ex.block_on(assert_at_the_bound(&ex));
        let inner = Arc::clone(&ex);
        ex.block_on(ex.spawn(async move {
            assert_names_the_setting(&words(|| inner.block_on(async {})));
        }));
        assert_eq!(threads_named("ex-spare"), 0);
    });
}

/// The only spare stands in for another task; when that is back, it can be had again.
#[cfg(target_os = "linux")]
#[test]
fn one_spare() {
    in_child(|| {
        let ex = executor_with_spares(1);
        for _ in 0..20 {
            let (release, released) = oneshot::channel();
            let (begin, begun) = mpsc::channel();
            let inner = Arc::clone(&ex);
            let blocked = ex.spawn(async move {
                // The spare of the last round may be on its way yet.
                let mut released = Dual::future(async {
                    begin.send(()).expect("somebody waits");
                    released.await
                })
                .boxed();
                loop {
                    match released.try_get() {
                        Ok(value) => return value,
                        Err(refused) => released = refused.into_handle(),
                    }
                    inner.spawn(async {}).await;
                }
            });
            begun.recv().expect("it begins");
            // It runs on the spare: the worker is blocked.
            ex.block_on(assert_at_the_bound(&ex));
            release.send(()).expect("it waits");
            assert_eq!(ex.block_on(blocked), Ok(()));
        }
        assert_eq!(threads_named("ex-spare"), 1);
    });
}

/// In a `block_on` in a task a get is refused as around it, once another task has the only spare.
#[test]
fn no_spare_left_in_block_on() {
    limit(|| {
        let builder = Executor::builder().threads(2).max_spares(1);
        let ex = Arc::new(builder.build());
        let refused = || {
            in_a_task(&ex, |ex| {
                let (_release, released) = oneshot::channel::<()>();
                let takes_it = ex.spawn(async { Dual::future(released).try_get().is_ok() });
                takes_it.detach();
                // If this call takes too long, it is the one that gets the spare.
                ex.block_on(async {
                    let tries = iter::repeat_with(|| Dual::future(async { 5 }).try_get());
                    let refused = tries.take(10_000).find_map(Result::err);
                    refused.map(|refused| refused.to_string())
                })
            })
        };
        let text = iter::repeat_with(refused).take(100).flatten().next();
        assert_names_the_setting(&text.expect("the other task is first at times"));
    });
}

/// What is nested in a wait that has handed its place over needs no further spare.
#[test]
fn nested_waits_share_one_spare() {
    limit(|| {
        let ex = executor_with_spares(1);
        in_a_task(&ex, |ex| {
            let nested = async {
                ex.spawn(async {}).await;
                // By now the spare is on duty, and it is the only one.
                let got = get(ex.spawn(async { 5 }));
                let root = async { get(ex.spawn(async { 6 })) };
                got + ex.block_on(async { ex.block_on(root) })
            };
            assert_eq!(get(nested), 11);
        });
    });
}

/// C17: a wait leaves nobody behind who could wake the get: sync code after it is alone, and
/// runs on the get's own thread.
#[test]
fn sync_code_after_a_wait() {
    limit(|| {
        let ran_here = in_a_task(&executor(1), |ex| {
            let here = thread::current().id();
            let after_a_wait = || async {
                ex.spawn(async {}).await;
                Dual::blocking(|| thread::current().id()).await
            };
            // Whoever woke the get may for a moment not have let go of it.
            (0..10).any(|_| get(after_a_wait()) == here)
        });
        assert!(ran_here);
    });
}

// Threads ------------------------------------------------------------------------------

/// C3: spares are used again, so that ten thousand gets, one after the other, start a few.
#[cfg(target_os = "linux")]
#[test]
fn spares_are_reused() {
    in_child(|| {
        let ex = executor(1);
        let most = in_a_task(&ex, |ex| {
            (0..10_000).fold(0, |most, i| {
                assert_eq!(get(ex.spawn(async move { i })), i);
                match i % 100 {
                    0 => threads_named("ex-spare").max(most),
                    _ => most,
                }
            })
        });
        // A spare that is dismissed is not back at once, and another one is called meanwhile.
        assert!((1..50).contains(&most), "{most} spares");
    });
}

/// C3, E5: dropping the executor ends its workers, its spares and its monitor at once, and the
/// gets that are parked there.
#[cfg(target_os = "linux")]
#[test]
fn drop_ends_all_threads() {
    in_child(|| {
        let ex = executor(2);
        // Spares that idle, and some that stand in.
        in_a_task(&ex, |ex| {
            let meet = Arc::new(Barrier::new(4));
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let meet = Arc::clone(&meet);
                    ex.spawn(async move { Dual::in_place(|| meet.wait()).await.is_leader() })
                })
                .collect();
            get(join_all(tasks));
        });
        let (begin, begun) = mpsc::channel();
        let parked: Vec<_> = (0..6)
            .map(|_| {
                let begin = begin.clone();
                let waits = async move {
                    begin.send(()).expect("somebody waits");
                    pending::<()>().await
                };
                ex.spawn(async { get(waits) })
            })
            .collect();
        for _ in &parked {
            begun.recv().expect("it begins");
        }
        wait_until(|| threads_named("ex-spare") >= 6);
        // A spare goes by the name of who started it until it has its own.
        wait_until(|| threads_named("ex-monitor") == 1);
        let ex = Arc::into_inner(ex).expect("nobody else has it");
        drop(ex);
        wait_until(|| threads_named("ex-") == 0);
        for task in parked {
            let text = words(|| get(task));
            assert!(
                text.starts_with("the executor was dropped before this"),
                "{text}"
            );
        }
    });
}

/// E5: the same, again and again, with gets that have parked, are about to, or have yet to begin.
#[cfg(target_os = "linux")]
#[test]
fn drop_while_tasks_are_about_to_park() {
    in_child(|| {
        for round in 0..200 {
            let ex = executor(1 + round % 3);
            let tasks: Vec<_> = (0..4)
                .map(|_| ex.spawn(async { get(pending::<()>()) }).fallible())
                .collect();
            for _ in 0..round {
                thread::yield_now();
            }
            drop(Arc::into_inner(ex).expect("nobody else has it"));
            for task in tasks {
                // None if it had not begun, its panic if it had.
                if let Ok(value) = panic::catch_unwind(AssertUnwindSafe(|| get(task))) {
                    assert_eq!(value, None);
                }
            }
        }
        wait_until(|| threads_named("ex-") == 0);
    });
}

/// C3: an executor that one of its own tasks drops last.
#[cfg(target_os = "linux")]
#[test]
fn executor_dropped_by_its_own_task() {
    in_child(|| {
        for _ in 0..20 {
            let ex = executor(2);
            let inner = Arc::clone(&ex);
            let (release, released) = oneshot::channel::<()>();
            ex.spawn(async move {
                get(released).expect("it is released");
                drop(inner);
            })
            .detach();
            drop(ex);
            release.send(()).expect("it waits");
        }
        wait_until(|| threads_named("ex-") == 0);
    });
}

/// C3: no monitor is left when the last executor is gone, and each has its own till then.
#[cfg(target_os = "linux")]
#[test]
fn monitors_end_with_their_executors() {
    in_child(|| {
        let names = ["one", "two", "six"];
        let executors = names.map(|name| Executor::builder().threads(1).name(name).build());
        let mut left = [1; 3];
        let monitors = || names.map(|name| threads_named(&format!("{name}-monitor")));
        wait_until(|| monitors() == left);
        for (i, ex) in executors.into_iter().enumerate() {
            ex.block_on(ex.spawn(async { get(async { 5 }) }));
            drop(ex);
            left[i] = 0;
            wait_until(|| monitors() == left);
            wait_until(|| threads_named(&format!("{}-", names[i])) == 0);
        }
    });
}

// Idle ---------------------------------------------------------------------------------

/// The processor time that this process has used, in ticks of 10 ms.
#[cfg(target_os = "linux")]
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("proc is mounted");
    // The name in parentheses may hold anything; utime and stime are fields 14 and 15.
    let (_, rest) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<_> = rest.split_whitespace().collect();
    let field = |n: usize| fields[n - 3].parse::<u64>().expect("a number");
    field(14) + field(15)
}

/// Shows that the process uses no processor time for a second.
#[cfg(target_os = "linux")]
#[track_caller]
fn assert_idle() {
    // What is on its way to sleep gets there.
    thread::sleep(Duration::from_millis(100));
    let before = ticks();
    thread::sleep(Duration::from_secs(1));
    let used = ticks() - before;
    assert!(used <= 2, "{used} ticks of 10 ms in a second");
}

/// A process whose executors are idle uses no processor time, whatever they have done before.
#[cfg(target_os = "linux")]
#[test]
fn idle_executors_use_no_time() {
    in_child(|| {
        let executors = [1, 2, 8].map(executor);
        assert_idle();
        for ex in &executors {
            in_a_task(ex, |ex| {
                for i in 0..100 {
                    assert_eq!(get(ex.spawn(async move { i })), i);
                }
                let waits = waits_for_a_task(ex);
                assert_eq!(Dual::in_place(waits).get(), 5);
            });
        }
        assert_idle();
    });
}

/// Nor does one that has workers parked, spares in their places, and spares that are parked and
/// were dismissed since.
#[cfg(target_os = "linux")]
#[test]
fn parked_gets_use_no_time() {
    in_child(|| {
        let ex = executor(1);
        let (send, receive) = oneshot::channel();
        let (back, is_back) = mpsc::channel();
        let (begin, begun) = mpsc::channel();
        let waits = async move {
            begin.send(()).expect("somebody waits");
            receive.await
        };
        let worker = ex.spawn(async move {
            let five = get(waits);
            back.send(five).expect("somebody waits");
        });
        begun.recv().expect("it begins");
        // On the spare. When the worker is back, the spare is dismissed, and parks nevertheless.
        let (release, released) = oneshot::channel();
        let spare = ex.spawn(async move {
            send.send(5).expect("somebody waits");
            let five = is_back.recv();
            (five, get(released))
        });
        ex.block_on(worker);
        assert_idle();
        release.send(6).expect("somebody waits");
        assert_eq!(ex.block_on(spare), (Ok(Ok(5)), Ok(6)));
    });
}

/// Nor does one in which long calls have no spare.
#[cfg(target_os = "linux")]
#[test]
fn long_calls_at_the_bound_use_no_time() {
    in_child(|| {
        let ex = executor_with_spares(0);
        let (release, released) = mpsc::channel();
        let task = ex.spawn(async move { Dual::in_place(move || released.recv()).await });
        assert_idle();
        release.send(5).expect("it waits");
        assert_eq!(ex.block_on(task), Ok(5));
    });
}

// An executor that was adopted ---------------------------------------------------------

/// Runs an executor on the current thread until it is told to stop.
fn run_until(ex: &async_executor::Executor<'static>, stop: oneshot::Receiver<()>) {
    futures_lite::future::block_on(ex.run(stop)).expect("it is told");
}

/// Blocks all threads of an adopted executor at once, each in its own task: its own threads,
/// and one of the program's that runs it as well.
fn on_all_threads_of_an_adopted<F>(code: impl Fn(Arc<Executor>) -> F)
where
    F: Future<Output = u32> + Send + 'static,
{
    let bare = Arc::new(async_executor::Executor::new());
    let ex = Arc::new(Executor::from(Arc::clone(&bare)));
    let threads = 1 + thread::available_parallelism().expect("it is known").get();
    let (stop, stopped) = oneshot::channel();
    let own = thread::spawn(move || run_until(&bare, stopped));

    let barrier = Arc::new(Barrier::new(threads));
    let tasks: Vec<_> = (0..threads)
        .map(|_| {
            let barrier = Arc::clone(&barrier);
            let code = code(Arc::clone(&ex));
            ex.spawn(async move {
                barrier.wait();
                let here = thread::current().id();
                (code.await, here)
            })
        })
        .collect();
    let (got, ran): (Vec<_>, Vec<ThreadId>) = ex.block_on(join_all(tasks)).into_iter().unzip();
    assert_eq!(got, vec![5; threads]);
    assert!(ran.contains(&own.thread().id()));
    stop.send(()).expect("it runs");
    own.join().expect("it does not panic");
}

/// C14: gets on all threads of an adopted executor.
#[test]
fn adopted_executor() {
    limit(|| {
        on_all_threads_of_an_adopted(|ex| async move { get(ex.spawn(async { 5 })) });
        on_all_threads_of_an_adopted(|ex| async move { ex.block_on(ex.spawn(async { 5 })) });
        on_all_threads_of_an_adopted(|ex| async move {
            get(async { get(async { 5 }) + get(ex.spawn(async { 0 })) })
        });
    });
}

/// C18: sync code that waits for a task, on all threads of an adopted executor.
#[test]
fn adopted_executor_with_sync_code() {
    limit(|| {
        on_all_threads_of_an_adopted(
            |ex| async move { Dual::blocking(waits_for_a_task(&ex)).get() },
        );
        on_all_threads_of_an_adopted(
            |ex| async move { Dual::in_place(waits_for_a_task(&ex)).await },
        );
    });
}

/// E5: dropping the handle of an adopted executor ends the gets that are parked on its threads.
#[test]
fn adopted_executor_is_dropped() {
    limit(|| {
        let bare = Arc::new(async_executor::Executor::new());
        let ex = Executor::from(Arc::clone(&bare));
        let (begin, begun) = mpsc::channel();
        let waits = async move {
            begin.send(()).expect("somebody waits");
            pending::<()>().await
        };
        let task = ex.spawn(async { get(waits) });
        begun.recv().expect("it begins");
        drop(ex);
        let text = words(|| futures_lite::future::block_on(bare.run(task)));
        assert!(
            text.starts_with("the executor was dropped before this"),
            "{text}"
        );
    });
}

/// An adopted executor whose own threads are all blocked, by code that tells nobody, until the
/// senders are dropped: whatever else it runs is run by the program, or by a spare.
fn adopted_and_blocked() -> (
    Arc<async_executor::Executor<'static>>,
    Arc<Executor>,
    Vec<mpsc::Sender<()>>,
) {
    let bare = Arc::new(async_executor::Executor::new());
    let ex = Arc::new(Executor::from(Arc::clone(&bare)));
    let threads = thread::available_parallelism().expect("it is known").get();
    let (begin, begun) = mpsc::channel();
    let block = |_| {
        let (release, released) = mpsc::channel::<()>();
        let begin = begin.clone();
        let blocks = ex.spawn(async move {
            begin.send(()).expect("somebody waits");
            let _ = released.recv();
        });
        blocks.detach();
        release
    };
    let blocked = (0..threads).map(block).collect();
    for _ in 0..threads {
        begun.recv().expect("it begins");
    }
    (bare, ex, blocked)
}

/// C14: a get on a thread of the program's that runs an adopted executor has a spare of its own.
#[test]
fn adopted_executor_on_a_thread_of_the_programs() {
    limit(|| {
        let (bare, ex, _blocked) = adopted_and_blocked();
        let inner = Arc::clone(&ex);
        let task = ex.spawn(async move {
            let nested = async { get(inner.spawn(async { 6 })) };
            get(inner.spawn(async { 5 })) + get(nested)
        });
        assert_eq!(futures_lite::future::block_on(bare.run(task)), 11);
        // It stands in for whatever runs the task, an executor that is recognised as well.
        let inner = Arc::clone(&ex);
        let task = ex.spawn(async move { get(inner.spawn(async { 5 })) });
        assert_eq!(futures::executor::block_on(bare.run(task)), 5);
    });
}

/// C3: such a spare is one for all that is nested, and goes back to idle at the end of the get.
#[cfg(target_os = "linux")]
#[test]
fn spares_for_threads_of_the_programs_are_reused() {
    in_child(|| {
        let (bare, ex, _blocked) = adopted_and_blocked();
        for round in 0..50 {
            let inner = Arc::clone(&ex);
            let task = ex.spawn(async move {
                let nested = async { get(inner.spawn(async { 5 })) };
                get(async { get(nested) })
            });
            let bare = Arc::clone(&bare);
            let own = thread::spawn(move || futures_lite::future::block_on(bare.run(task)));
            assert_eq!(own.join().expect("no panic"), 5);
            if round == 0 {
                assert_eq!(threads_named("smartcall-spare"), 1);
            }
        }
        // The last one may still be on its way when the next is called for.
        assert!(threads_named("smartcall-spare") < 25);
    });
}

/// An adopted executor may have 2,048 spares, and a get that finds none left is refused in words.
#[cfg(target_os = "linux")]
#[test]
fn no_spare_left_in_an_adopted_executor() {
    in_child(|| {
        let ex = Executor::from(Arc::new(async_executor::Executor::new()));
        let block = |_| {
            let (release, released) = oneshot::channel::<()>();
            ex.spawn(async { get(released).is_ok() }).detach();
            release
        };
        let blocked: Vec<_> = (0..2048).map(block).collect();
        let refused = || {
            // The last one may be on its way to its spare.
            thread::sleep(Duration::from_millis(1));
            let five = async { Dual::future(async { 5 }).try_get().err() };
            ex.block_on(ex.spawn(async { five.await.map(|refused| refused.to_string()) }))
        };
        let text = iter::repeat_with(refused).find_map(|refused| refused);
        assert_names_the_setting(&text.expect("the search has no end"));
        assert_eq!(threads_named("smartcall-spare"), 2048);
        drop(blocked);
    });
}

/// A12: with the adopting executor gone nobody stands in for a thread of the program's.
#[test]
fn adopted_task_refuses_when_its_executor_is_gone() {
    limit(|| {
        let bare = Arc::new(async_executor::Executor::new());
        let ex = Executor::from(Arc::clone(&bare));
        let (wake, woken) = oneshot::channel::<()>();
        let task = ex.spawn(async {
            let _ = woken.await;
            words(|| get(async { 5 }))
        });
        drop(ex);
        drop(wake);
        let text = futures_lite::future::block_on(bare.run(task));
        assert!(
            text.starts_with(
                "cannot block here: this thread is polling a task of an executor that can't go \
                 on without it."
            ),
            "{text}"
        );
    });
}

// Hosts of others ----------------------------------------------------------------------

/// A bare executor of one thread, with a thread to run it while that one is blocked.
struct StandIn {
    ex: async_executor::Executor<'static>,
    asked: Mutex<Vec<Place>>,
}

impl Host for StandIn {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        let place = context::current();
        self.asked.lock().expect("not poisoned").push(place);
        if place != Place::Driving {
            return block();
        }
        let (stop, stopped) = oneshot::channel();
        thread::scope(|scope| {
            scope.spawn(|| run_until(&self.ex, stopped));
            block();
            stop.send(()).expect("it runs");
        });
    }
}

/// A12: a get in a task of an executor that brought a host.
#[test]
fn host_of_a_bare_executor() {
    limit(|| {
        let host = Arc::new(StandIn {
            ex: async_executor::Executor::new(),
            asked: Mutex::default(),
        });
        let inner = Arc::clone(&host);
        let task = host.ex.spawn(context::hosted(&host, async move {
            assert_eq!(get(async { 5 }), 5);
            assert_eq!(*inner.asked.lock().expect("not poisoned"), [Place::Inside]);
            let nested = async { get(inner.ex.spawn(async { 6 })) };
            get(nested)
        }));
        assert_eq!(futures_lite::future::block_on(host.ex.run(task)), 6);
        let asked = host.asked.lock().expect("not poisoned");
        // Around each get, and where the thread parked.
        assert_eq!(*asked, [Place::Inside, Place::Inside, Place::Driving]);
    });
}

// LocalExecutor ------------------------------------------------------------------------

/// A12: in a `LocalExecutor` nobody can stand in, so all that blocks is refused, in words.
#[test]
fn local_executor_refuses() {
    limit(|| {
        let ex = std::rc::Rc::new(LocalExecutor::new());
        let refuses = |ex: std::rc::Rc<LocalExecutor>| async move {
            let said = [
                words(|| get(async { 5 })),
                words(|| Dual::blocking(|| 5).get()),
                words(|| ex.block_on(async { 5 })),
                words(|| Executor::builder().threads(1).build().block_on(async { 5 })),
            ];
            for text in said {
                assert!(
                    text.starts_with(
                        "cannot block here: this thread is polling a task of an executor that \
                         can't go on without it."
                    ) && text.contains("Use `.await` here")
                        && text.contains("`Dual::blocking(..).await`"),
                    "{text}"
                );
            }
            let lent = Dual::future(async { 5 }).boxed();
            let text = words(|| *lent);
            assert!(text.contains("Was an `.await` forgotten?"), "{text}");
            assert_eq!(lent.await, 5);
            let refused = Dual::future(async { 5 }).try_get().expect_err("inside");
            assert_eq!(refused.into_handle().await, 5);
            assert_eq!(Dual::in_place(|| 5).get(), 5);
            assert_eq!(Dual::blocking(|| 5).await, 5);
        };
        let root = refuses(std::rc::Rc::clone(&ex));
        let task = ex.spawn(refuses(std::rc::Rc::clone(&ex)));
        ex.block_on(async {
            root.await;
            task.await;
        });
    });
}
