//! `Task`: dropped, cancelled, detached, polled again.

use std::sync::mpsc;
use std::{future, panic};

use futures::channel::oneshot;
use futures_lite::future::yield_now;
use smartcall::LocalExecutor;

use crate::common::{Counted, assert_contains, limit, one_thread, panic_of, poll, wait_until};

/// Dropping a task cancels it: its future is dropped and not polled again.
#[test]
fn task_dropped() {
    limit(|| {
        let ex = one_thread();
        let (counted, drops) = Counted::new();
        let (begins, begun) = mpsc::channel();
        let (wake, woken) = oneshot::channel::<()>();
        let task = ex.spawn(async move {
            let _counted = counted;
            begins.send(()).expect("somebody waits");
            let _ = woken.await;
            panic!("it is not polled again");
        });
        begun.recv().expect("it begins");
        drop(task);
        drops.wait_for_one();
        assert!(wake.is_canceled());
    });
}

/// `cancel` waits until the future is dropped, and gives the value of a task that was done.
#[test]
fn task_cancelled() {
    limit(|| {
        let ex = one_thread();
        let (counted, drops) = Counted::new();
        let task = ex.spawn(async move {
            let _counted = counted;
            future::pending::<()>().await;
        });
        assert_eq!(ex.block_on(task.cancel()), None);
        assert_eq!(drops.count(), 1);

        let task = ex.spawn(async { 5 });
        wait_until(|| task.is_finished());
        assert_eq!(ex.block_on(task.cancel()), Some(5));

        // Its value was taken already.
        let mut task = ex.spawn(async { 5 });
        assert_eq!(ex.block_on(&mut task), 5);
        assert!(task.is_finished());
        assert_eq!(ex.block_on(task.cancel()), None);
    });
}

/// A detached task runs on.
#[test]
fn task_detached() {
    limit(|| {
        let ex = one_thread();
        let (wake, woken) = oneshot::channel();
        let (sender, receiver) = mpsc::channel();
        ex.spawn(async move { sender.send(woken.await) }).detach();
        wake.send(5).expect("it waits");
        assert_eq!(receiver.recv(), Ok(Ok(5)));
    });
}

/// `is_finished` is true once an await would not wait.
#[test]
fn task_is_finished() {
    limit(|| {
        let ex = LocalExecutor::new();
        let task = ex.spawn(yield_now());
        assert!(!task.is_finished());
        assert_eq!(format!("{task:?}"), "Task { finished: false, .. }");
        ex.block_on(async {
            while !task.is_finished() {
                yield_now().await;
            }
        });
        let mut task = task;
        assert!(poll(&mut task).is_ready());
        assert!(task.is_finished());
        assert_eq!(format!("{task:?}"), "Task { finished: true, .. }");
    });
}

/// A task that is polled again after completion panics, in both forms.
#[test]
fn task_polled_again() {
    limit(|| {
        let ex = one_thread();
        let again = "a `Task` was polled again after it had completed";
        let mut task = ex.spawn(async { 5 });
        assert_eq!(ex.block_on(&mut task), 5);
        assert_contains(&panic_of(|| ex.block_on(&mut task)), again);
        let mut task = ex.spawn(async { 5 }).fallible();
        assert_eq!(ex.block_on(&mut task), Some(5));
        assert_contains(&panic_of(|| ex.block_on(&mut task)), again);
    });
}

/// A fallible task is cancelled when it is dropped.
#[test]
fn fallible_task_dropped() {
    limit(|| {
        let ex = one_thread();
        let (counted, drops) = Counted::new();
        let task = ex.spawn(async move {
            let _counted = counted;
            future::pending::<()>().await;
        });
        drop(task.fallible());
        drops.wait_for_one();
    });
}
