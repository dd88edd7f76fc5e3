//! The executors of the `futures` crate, where the feature that detects them is on.

#![allow(
    clippy::async_yields_async,
    clippy::let_underscore_future,
    reason = "handles are made in one place and resolved in another"
)]

use std::sync::Arc;
use std::thread;

use futures::executor::{LocalPool, ThreadPool, block_on};
use futures::task::{LocalSpawnExt, SpawnExt};
use smartcall::Dual;
use smartcall::context::{self, Place, current};
use smartcall::offload::Job;

use crate::common::{Helpful, WithPool, limit, refused_here};

/// A get panics under `LocalPool::run_until` and in its tasks.
#[test]
fn refused_in_a_local_pool() {
    limit(|| {
        let mut pool = LocalPool::new();
        let elsewhere = pool.run_until(async {
            assert_eq!(
                current(),
                Place::Outside,
                "`current` does not look for others"
            );
            assert_eq!(refused_here().await, 5);
            refused_here()
        });
        assert_eq!(elsewhere.get(), 5);
        let task = async { refused_here().await };
        let task = pool
            .spawner()
            .spawn_local_with_handle(task)
            .expect("the pool is there");
        assert_eq!(pool.run_until(task), 5);
    });
}

/// A get panics under the `block_on` of `futures`.
#[test]
fn refused_in_block_on() {
    limit(|| {
        assert_eq!(block_on(async { refused_here().await }), 5);
        assert_eq!(block_on(async { refused_here() }).get(), 5);
    });
}

/// A get panics in the tasks of a `ThreadPool`.
#[test]
fn refused_in_a_thread_pool() {
    limit(|| {
        let pool = ThreadPool::builder().pool_size(1).create().expect("a pool");
        let task = async { refused_here().await };
        let task = pool.spawn_with_handle(task).expect("the pool is there");
        assert_eq!(block_on(task), 5);
    });
}

/// A get works on a plain thread, and in a driven future there.
#[test]
fn not_refused_in_a_plain_thread() {
    let nested = || Dual::future(async { Dual::future(async { 5 }).get() }).get();
    assert_eq!(nested(), 5);
    assert_eq!(
        Dual::future(async { Dual::blocking(nested).await }).get(),
        5
    );
    block_on(async {});
    assert_eq!(nested(), 5);
}

/// A get works in a `blocking_region`, nested gets as well.
#[test]
fn allowed_in_a_blocking_region() {
    let nested =
        || Dual::future(async { Dual::blocking(|| Dual::future(async { 5 }).get()).get() }).get();
    block_on(async {
        assert_eq!(context::blocking_region(nested), 5);
        let _ = refused_here();
        assert_eq!(
            context::blocking_region(|| context::blocking_region(nested)),
            5
        );
        let _ = refused_here();
        let inside = context::blocking_region(|| context::inside_executor(refused_here));
        assert_eq!(inside.await, 5);
    });
}

/// A host that the program sets decides for the detected executor, too.
#[test]
fn allowed_by_a_host_in_block_on() {
    let host = Helpful::new();
    block_on(async {
        let _ = refused_here();
        let five = context::with_host(&host, || Dual::future(async { 5 }).get());
        assert_eq!(five, 5);
        assert_eq!(host.calls(), (1, vec![thread::current().id()]));
        let _ = refused_here();
    });
}

/// A get panics in a `block_on` of `futures` in a task, and in the root of an `Executor`'s
/// `block_on`.
#[cfg(feature = "executor")]
#[test]
fn refused_in_block_on_in_a_task() {
    limit(|| {
        for ex in [
            smartcall::Executor::builder().threads(1).build(),
            smartcall::Executor::from(Arc::new(async_executor::Executor::new())),
        ] {
            let runs = async || block_on(async { refused_here() });
            let task = ex.spawn(async move { runs().await });
            assert_eq!(ex.block_on(task).get(), 5);
            assert_eq!(ex.block_on(runs()).get(), 5);
        }
    });
}

/// A get in the root of an `Executor`'s `block_on` works where that `block_on` itself does.
#[cfg(feature = "executor")]
#[test]
fn allowed_in_a_root_in_block_on() {
    limit(|| {
        let ex = smartcall::Executor::builder().threads(1).build();
        let root = || ex.block_on(async { Dual::future(async { 5 }).get() });
        block_on(async {
            assert_eq!(context::blocking_region(root), 5);
            assert_eq!(context::with_host(&Helpful::new(), root), 5);
        });
    });
}

/// A get panics in a `LocalPool` that is entered below a get.
#[test]
fn refused_in_a_local_pool_in_a_driven_poll() {
    Dual::future(async {
        assert_eq!(Dual::future(async { 5 }).get(), 5);
        let elsewhere = LocalPool::new().run_until(async {
            assert_eq!(current(), Place::Driving);
            refused_here()
        });
        assert_eq!(elsewhere.get(), 5);
    })
    .get();
}

/// On a thread of the pool, a get panics in `LocalPool::run_until`, and works around it.
#[test]
fn refused_in_a_local_pool_on_the_pool() {
    limit(|| {
        let part = Dual::blocking(|| {
            assert_eq!(Dual::future(async { 5 }).get(), 5);
            let elsewhere = LocalPool::new().run_until(async { refused_here() });
            elsewhere.get()
        });
        assert_eq!(pollster::block_on(part), 5);
    });
}

/// A job that a host runs on a `ThreadPool` may block.
#[test]
fn allowed_in_a_job_on_a_thread_pool() {
    limit(|| {
        let pool = ThreadPool::builder().pool_size(1).create().expect("a pool");
        let host = Arc::new(WithPool(move |job: Job| {
            pool.spawn(async { job.run() }).expect("the pool is there");
            Ok(())
        }));
        let nested = || Dual::future(async { Dual::future(async { 5 }).get() }).get();
        assert_eq!(
            pollster::block_on(context::hosted(&host, Dual::blocking(nested))),
            5
        );
    });
}
