//! `context::current` in the tasks, the roots and the threads of an executor.

use std::sync::{Arc, mpsc};
use std::{panic, thread};

use futures::channel::oneshot;
use futures_lite::future::yield_now;
use smartcall::context::{Place, current};
use smartcall::{Dual, Executor, LocalExecutor};

use super::support::places;
use crate::common::{AtExit, adopted, limit, one_thread, panic_of, tells_drop};

/// A task is inside.
#[test]
fn inside_in_a_task() {
    limit(|| {
        for ex in [one_thread(), adopted()] {
            let task = Dual::future(ex.spawn(places()));
            assert_eq!(task.get(), [Place::Inside; 2]);
        }
        let ex = LocalExecutor::new();
        let task = ex.spawn(places());
        assert_eq!(ex.block_on(task), [Place::Inside; 2]);
    });
}

/// A task of an adopted executor is inside on a foreign thread as well.
#[test]
fn inside_in_an_adopted_task_that_others_run() {
    limit(|| {
        let bare = Arc::new(async_executor::Executor::new());
        let ex = Executor::from(Arc::clone(&bare));
        let (wake, woken) = oneshot::channel::<()>();
        let task = ex.spawn(async {
            let _ = woken.await;
            places().await
        });
        // The task lives on, and our threads are gone.
        drop(ex);
        drop(wake);
        assert_eq!(pollster::block_on(bare.run(task)), [Place::Inside; 2]);
    });
}

/// The root of `block_on` is inside, and the thread is outside after it.
#[test]
fn inside_in_the_root_of_block_on() {
    limit(|| {
        for ex in [one_thread(), adopted()] {
            assert_eq!(ex.block_on(places()), [Place::Inside; 2]);
            assert_eq!(current(), Place::Outside);
        }
        assert_eq!(LocalExecutor::new().block_on(places()), [Place::Inside; 2]);
        assert_eq!(current(), Place::Outside);
    });
}

/// A task is dropped inside: cancelled, with its executor, and before its first poll.
#[test]
fn inside_in_the_drop_of_a_task() {
    limit(|| {
        for ex in [one_thread(), adopted()] {
            let (future, dropped) = tells_drop();
            drop(ex.spawn(future));
            assert_eq!(dropped.recv(), Ok(Place::Inside));

            let (future, dropped) = tells_drop();
            ex.spawn(future).detach();
            drop(ex);
            assert_eq!(dropped.recv(), Ok(Place::Inside));
        }

        let (future, dropped) = tells_drop();
        let ex = LocalExecutor::new();
        let task = ex.spawn(future);
        ex.block_on(yield_now());
        drop(task);
        ex.block_on(yield_now());
        assert_eq!(dropped.recv(), Ok(Place::Inside));

        let (future, dropped) = tells_drop();
        ex.spawn(future).detach();
        drop(ex);
        assert_eq!(dropped.recv(), Ok(Place::Inside));
        assert_eq!(current(), Place::Outside);
    });
}

/// A pool thread, and a thread that a task spawned, are outside.
#[test]
fn outside_in_threads_of_a_task() {
    limit(|| {
        let ex = one_thread();
        let task = ex.spawn(async {
            let pool = Dual::blocking(current).await;
            let thread = thread::spawn(current).join().expect("no panic");
            [pool, thread, current()]
        });
        assert_eq!(task.get(), [Place::Outside, Place::Outside, Place::Inside]);
    });
}

/// A thread is outside once the executor has stopped. So are the executor's threads as they end.
#[test]
fn outside_after_the_executor_stopped() {
    limit(|| {
        let ex = one_thread();
        let (sender, seen) = mpsc::channel();
        let task = ex.spawn(async { AtExit::set(move || sender.send(current()).unwrap_or(())) });
        task.get();
        drop(ex);
        assert_eq!(seen.recv(), Ok(Place::Outside));
        assert_eq!(current(), Place::Outside);
        assert_eq!(Dual::future(async { 5 }).get(), 5);
    });
}

/// A task that panics leaves its thread inside, for the next task.
#[test]
fn restored_after_a_panic_in_a_task() {
    limit(|| {
        let ex = one_thread();
        let fails = ex.spawn(async { panic!("in a task") });
        assert_eq!(panic_of(|| ex.block_on(fails)), "in a task");
        assert_eq!(current(), Place::Outside);
        assert_eq!(ex.block_on(ex.spawn(places())), [Place::Inside; 2]);

        assert_eq!(
            panic_of(|| ex.block_on(async { panic!("in the root") })),
            "in the root"
        );
        assert_eq!(current(), Place::Outside);
        assert_eq!(Dual::future(async { 5 }).get(), 5);
    });
}
