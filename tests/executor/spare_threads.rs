//! Spare threads are reused, and end with their executor.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use futures::channel::oneshot;
use futures::future::join_all;
use smartcall::{Dual, Executor};

use super::support::{executor, get, in_a_task, wait_until};
use crate::common::{in_child, never, panic_of, threads_named};

/// Spare threads are reused: ten thousand gets, one after the other, start a few.
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

/// Dropping the executor ends its workers, its spare threads, its monitor, and the gets that are
/// parked there.
#[cfg(target_os = "linux")]
#[test]
fn drop_ends_all_threads() {
    in_child(|| {
        let ex = executor(2);
        // Some spare threads are idle, and some replace a worker.
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
                    never().await
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
            let text = panic_of(|| get(task));
            assert!(
                text.starts_with("the executor was dropped before this"),
                "{text}"
            );
        }
    });
}

/// Executors are dropped again and again with gets that have parked, are about to park, or have not
/// begun.
#[cfg(target_os = "linux")]
#[test]
fn drop_while_tasks_are_about_to_park() {
    in_child(|| {
        for round in 0..200 {
            let ex = executor(1 + round % 3);
            let tasks: Vec<_> = (0..4)
                .map(|_| ex.spawn(async { get(never()) }).fallible())
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

/// An executor that one of its own tasks drops last ends its threads.
#[cfg(target_os = "linux")]
#[test]
fn executor_dropped_by_its_own_task_ends_its_threads() {
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

/// Each executor has a monitor of its own, which ends with it.
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
