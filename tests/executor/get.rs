//! `.get()` and `block_on` on the threads of an executor: where they work, and where they panic.

#![allow(
    clippy::async_yields_async,
    reason = "handles are made in one place and resolved in another"
)]

use std::sync::Arc;
use std::thread;

use futures_lite::future::yield_now;
use smartcall::context::{self, Place, current};
use smartcall::{Dual, Executor, LocalExecutor};

use super::support::places;
use crate::common::{
    Helpful, adopted, assert_deref_refused, assert_refused, here, limit, one_thread, panicked_at,
    refused_here,
};

/// Blocks in each way there is, on a task of an executor; a deref is none.
fn goes_through(ex: &Executor) {
    let spawned = || {
        ex.spawn(async {
            yield_now().await;
            5
        })
    };
    let task = || Dual::new(spawned());
    assert!(context::can_block().is_ok());
    assert_eq!(spawned().get(), 5);
    assert_eq!(task().get(), 5);
    assert_eq!(task().boxed().get(), 5);
    assert_eq!(task().try_get().ok(), Some(5));
    let dual = task().boxed();
    let (line, said) = (here!(), panicked_at(|| *dual));
    assert_deref_refused(said, line);
    assert_eq!(dual.get(), 5);
    assert_eq!(Dual::blocking(|| 5).get(), 5);
    assert_eq!(ex.block_on(task()), 5);
    assert_eq!(LocalExecutor::new().block_on(task()), 5);
}

/// A get works in a task, on as many threads as there may be.
#[test]
fn get_in_a_task() {
    limit(|| {
        for ex in [one_thread(), adopted()] {
            let ex = Arc::new(ex);
            let inner = Arc::clone(&ex);
            let task = ex.spawn(async move { goes_through(&inner) });
            task.get();
        }
    });
}

/// A get works in the root of `block_on`.
#[test]
fn get_in_the_root_of_block_on() {
    limit(|| {
        let ex = one_thread();
        ex.block_on(async { goes_through(&ex) });
    });
}

/// A get panics in the tasks and the root of a `LocalExecutor`.
#[test]
fn refused_in_a_local_executor() {
    limit(|| {
        let ex = LocalExecutor::new();
        let task = ex.spawn(async { refused_here().await });
        assert_eq!(ex.block_on(task), 5);
        let task = ex.spawn(async { refused_here() });
        assert_eq!(ex.block_on(task).get(), 5);
        assert_eq!(ex.block_on(async { refused_here().await }), 5);
    });
}

/// A get panics in in-place code of a task, and works on the pool and in a `blocking_region`.
#[test]
fn refused_below_a_task() {
    limit(|| {
        let ex = LocalExecutor::new();
        let task = ex.spawn(async {
            assert_eq!(Dual::in_place(refused_here).await.await, 5);
            let nested = Dual::blocking(|| Dual::future(async { 5 }).get());
            assert_eq!(nested.await, 5);
            assert_eq!(
                context::blocking_region(|| Dual::future(async { 5 }).get()),
                5
            );
            refused_here()
        });
        assert_eq!(ex.block_on(task).get(), 5);
    });
}

/// `block_on` panics where a get does, at the caller's line.
#[test]
fn block_on_refused_in_a_task() {
    limit(|| {
        let other = one_thread();
        let local = LocalExecutor::new();
        local.block_on(async {
            let (line, said) = (here!(), panicked_at(|| other.block_on(async {})));
            assert_refused(said, line);
            let local = LocalExecutor::new();
            let (line, said) = (here!(), panicked_at(|| local.block_on(async {})));
            assert_refused(said, line);
        });
    });
}

/// `block_on` blocks through the host of its thread.
#[test]
fn block_on_through_a_host() {
    limit(|| {
        let here = thread::current().id();
        let ex = one_thread();
        let host = Helpful::new();
        context::with_host(&host, || {
            assert_eq!(ex.block_on(async { current() }), Place::Inside);
            assert_eq!(host.calls(), (1, vec![here]));
            assert_eq!(LocalExecutor::new().block_on(places()), [Place::Inside; 2]);
            assert_eq!(host.calls().0, 2);
        });
    });
}

/// A get in a `blocking_region` in a task: the executor is not asked, but a spare thread runs what the get waits for. Without a
/// spare the get is not refused either.
#[test]
fn get_in_a_region_in_a_task() {
    limit(|| {
        let region = |ex: &Arc<Executor>| {
            let inner = Arc::clone(ex);
            ex.spawn(async move { context::blocking_region(|| inner.spawn(async { 5 }).get()) })
        };
        let ex = Arc::new(Executor::builder().threads(1).max_spares(1).build());
        for _ in 0..20 {
            assert_eq!(region(&ex).get(), 5);
        }
        let none = Executor::builder().threads(1).max_spares(0).build();
        let (sender, receiver) = futures::channel::oneshot::channel();
        let other = thread::spawn(move || sender.send(5));
        let waits = async move { context::blocking_region(|| Dual::future(receiver).get()) };
        assert_eq!(none.spawn(waits).get(), Ok(5));
        assert_eq!(other.join().expect("no panic"), Ok(()));
        let adopted = Arc::new(adopted());
        assert_eq!(region(&adopted).get(), 5);
    });
}
