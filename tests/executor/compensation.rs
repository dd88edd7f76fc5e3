//! A spare thread takes over for a worker that blocks.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::join_all;
use smartcall::SmartCall;
use smartcall::context::{self, Place};
use smartcall::{Dual, Executor, kind};

use super::support::{
    assert_names_the_setting, executor, get, in_a_task, once, wait_until, waits_for_a_task,
};
use crate::common::{in_child, limit, threads, threads_named};

/// A get whose value is ready starts no thread.
#[cfg(target_os = "linux")]
#[test]
fn ready_gets_start_no_thread() {
    in_child(|| {
        let starts_none = |_| {
            let ex = executor(2);
            // Whatever is started once is there after this.
            in_a_task(&ex, |_| get(async { 5 }));
            let before = threads();
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
            threads() == before
        };
        // The system may interrupt one of the gets, which is then a long one.
        assert!((0..5).any(starts_none));
    });
}

/// Long code after a get is no part of the get: while a worker is free it starts no spare thread.
#[cfg(target_os = "linux")]
#[test]
fn long_code_after_a_get() {
    in_child(|| {
        let keeps_it = |_| {
            in_a_task(&executor(2), |_| {
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

/// All workers block in gets of tasks of the same executor.
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

/// A get that parks asks for a spare thread at once, and does not wait for the monitor.
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
        // The receiver is gone where it has panicked.
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

/// Sync code and first polls that wait for a task, on one worker.
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

/// Nested gets, the innermost of which waits for a task, in the first poll and in a later one.
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

/// `block_on` in a task of the same executor, and gets and `block_on`s in that.
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

/// `block_on` of one executor in a task of another, with one worker each.
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

/// A spare thread takes over for in-place code that runs long, in each form of it.
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

/// Workers that a spare thread replaced run the executor's tasks again when they come back.
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
