//! Blocking code that is awaited stalls no executor, known or unknown.

use std::future::Future;
use std::sync::mpsc;

use futures::task::LocalSpawnExt;
use futures_lite::future::yield_now;
use smartcall::{Dual, DualOf, Work};

use crate::common::limit;

/// A sync part that waits until another task has made progress, and that task.
fn part_that_needs_another() -> (
    DualOf<impl Work<Output = u32> + 'static>,
    impl Future<Output = ()> + 'static,
) {
    let (sender, receiver) = mpsc::channel();
    let part = Dual::blocking(move || receiver.recv().expect("the other task sends"));
    let other = async move {
        yield_now().await;
        sender.send(5).expect("the part waits");
    };
    (part, other)
}

/// Blocking code that is awaited under pollster.
#[test]
fn sync_body_does_not_stall_pollster() {
    limit(|| {
        let (part, other) = part_that_needs_another();
        let (value, ()) = pollster::block_on(async { futures::join!(part, other) });
        assert_eq!(value, 5);
    });
}

/// Blocking code that is awaited under a `LocalPool`.
#[test]
fn sync_body_does_not_stall_a_local_pool() {
    limit(|| {
        let (part, other) = part_that_needs_another();
        let mut pool = futures::executor::LocalPool::new();
        let spawner = pool.spawner();
        spawner.spawn_local(other).expect("the pool is there");
        assert_eq!(pool.run_until(part), 5);

        // And the other way round, the sync part in the spawned task.
        let (part, other) = part_that_needs_another();
        let part = spawner
            .spawn_local_with_handle(part)
            .expect("the pool is there");
        assert_eq!(pool.run_until(async { futures::join!(part, other).0 }), 5);
    });
}

/// Blocking code that is awaited under smol, on one thread.
#[test]
fn sync_body_does_not_stall_smol() {
    limit(|| {
        let (part, other) = part_that_needs_another();
        let ex = smol::LocalExecutor::new();
        let part = ex.spawn(part);
        let other = ex.spawn(other);
        smol::block_on(ex.run(async {
            other.await;
            assert_eq!(part.await, 5);
        }));
    });
}

/// Blocking code that is awaited under tokio, on one thread.
#[test]
fn sync_body_does_not_stall_tokio() {
    limit(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let tasks = tokio::task::LocalSet::new();
        let (part, other) = part_that_needs_another();
        let part = tasks.spawn_local(part);
        let other = tasks.spawn_local(other);
        tasks.block_on(&runtime, async {
            other.await.expect("no panic");
            assert_eq!(part.await.expect("no panic"), 5);
        });
    });
}

/// Blocking code that is awaited under a `LocalExecutor`.
#[cfg(feature = "executor")]
#[test]
fn sync_body_does_not_stall_a_local_executor() {
    limit(|| {
        let (part, other) = part_that_needs_another();
        let ex = smartcall::LocalExecutor::new();
        let part = ex.spawn(part);
        let other = ex.spawn(other);
        ex.block_on(async {
            other.await;
            assert_eq!(part.await, 5);
        });
    });
}
