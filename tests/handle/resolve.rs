//! Where a handle can be resolved, and by which executor.

#![allow(
    clippy::async_yields_async,
    reason = "handles are made in one place and resolved in another"
)]

use std::cell::OnceCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use futures::executor::LocalPool;
use futures::future::BoxFuture;
use smartcall::work::LocalBoxed;
use smartcall::{Dual, Work, context};

use super::support::resolves;
use crate::common::{Stubborn, limit};

/// Calls `f` wherever a thread can stand.
fn everywhere(f: fn(&str)) {
    f("outside");
    Dual::future(async { f("driving") }).get();
    context::blocking_region(|| f("in a blocking region"));
    context::inside_executor(|| f("inside"));
    context::with_host(&Arc::new(Stubborn), || f("with a host that can't help"));
    pollster::block_on(context::inside(async { f("in a wrapped future") }));
    pollster::block_on(async { f("in pollster") });
    LocalPool::new().run_until(async { f("in a LocalPool") });
    pollster::block_on(Dual::blocking(move || f("on the pool")));
    #[cfg(feature = "executor")]
    {
        let ex = smartcall::Executor::builder().threads(1).build();
        ex.block_on(async { f("in an executor's block_on") });
        ex.block_on(ex.spawn(async move { f("in a task") }));
        let ex = smartcall::LocalExecutor::new();
        ex.block_on(async { f("in a local executor's block_on") });
        ex.block_on(ex.spawn(async move { f("in a local task") }));
    }
}

/// The same, and by a deref.
macro_rules! lends {
    ($place:ident, $make:expr) => {
        resolves!($place, $make);
        assert_eq!(*$make, 5, "{}", $place);
    };
}

/// A ready value resolves in any context.
#[test]
fn ready_value_resolves_in_any_context() {
    limit(|| {
        everywhere(|place| {
            resolves!(place, Dual::ready(5));
            lends!(place, Dual::ready(5).boxed());
            lends!(place, Dual::ready(5).boxed_local());
            lends!(place, Dual::ready(5).boxed().boxed_local());
            resolves!(place, Dual::new(Box::pin(Dual::ready(5))));
        });
    });
}

/// In-place code resolves in any context, except by a deref in a task, which panics.
#[test]
fn in_place_code_resolves_in_any_context() {
    limit(|| {
        everywhere(|place| {
            resolves!(place, Dual::in_place(|| 5));
            resolves!(place, Dual::in_place(|| 5).boxed());
            resolves!(place, Dual::in_place(|| 5).boxed_local());
            resolves!(place, Dual::in_place(|| 5).map(|n| n));
            resolves!(place, Dual::borrowing(|| 5));
            resolves!(place, Dual::borrowing(|| 5).boxed());
        });
    });
}

/// A handle that a deref has resolved before resolves in any context.
#[test]
fn dereferenced_value_resolves_in_any_context() {
    fn dereferenced() -> Dual<u32> {
        let dual = Dual::future(async { 5 }).boxed();
        context::blocking_region(|| assert_eq!(*dual, 5));
        dual
    }

    limit(|| {
        everywhere(|place| {
            lends!(place, dereferenced());
            lends!(place, dereferenced().boxed());
            lends!(place, dereferenced().boxed_local());
        });
    });
}

/// Boxed work that may wait is refused like work that is not boxed.
#[test]
fn boxed_work_that_may_wait_is_refused() {
    fn refused<T, W: Work<Output = T>>(dual: Dual<T, W>) -> bool {
        context::inside_executor(|| dual.try_get().is_err())
    }

    assert!(refused(Dual::blocking(|| 5).boxed()));
    assert!(refused(Dual::future(async { 5 }).boxed_local()));
    assert!(refused(Dual::pair(5, |n| n, async |n| n).boxed()));
}

/// `Debug` does not resolve a handle and shows nothing of it, also in the middle of its body.
#[test]
fn debug_never_resolves() {
    limit(|| {
        let me = Rc::new(OnceCell::<Dual<String, LocalBoxed<'static, String>>>::new());
        let body = {
            let me = Rc::clone(&me);
            move || format!("{:?}", me.get())
        };
        let dual = me.get_or_init(|| Dual::in_place(body).boxed_local());
        assert_eq!(format!("{dual:?}"), "Dual { .. }");
        assert!(!dual.is_ready());
        assert_eq!(**dual, "Some(Dual { .. })");
        assert_eq!(format!("{dual:?}"), "Dual { .. }");
    });
}

/// An executor that runs a future, in a task if it has tasks.
type Run<T> = fn(BoxFuture<'static, T>) -> T;

/// Executors, by name, that block on a future.
fn executors<T: Send + 'static>() -> Vec<(&'static str, Run<T>)> {
    vec![
        #[cfg(feature = "executor")]
        ("shim", |future| {
            let ex = smartcall::Executor::builder().threads(1).build();
            ex.block_on(ex.spawn(future))
        }),
        ("tokio", |future| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .build()
                .expect("a runtime");
            runtime.block_on(runtime.spawn(future)).expect("no panic")
        }),
        ("LocalPool", |future| LocalPool::new().run_until(future)),
        ("smol", |future| smol::block_on(smol::spawn(future))),
        ("pollster", |future| pollster::block_on(future)),
    ]
}

/// Handles whose futures give a five, each after a wait for another thread.
fn fives() -> Vec<fn() -> Dual<u32>> {
    fn from_afar() -> impl Future<Output = u32> + Send {
        let (sender, receiver) = futures::channel::oneshot::channel();
        async move {
            thread::spawn(move || sender.send(5));
            receiver.await.expect("it is sent")
        }
    }
    vec![
        || Dual::future(from_afar()).boxed(),
        || Dual::blocking(|| 5).boxed(),
        || Dual::pair((), |()| 6, |()| from_afar()).boxed(),
    ]
}

/// A handle that is made on one executor is awaited on another.
#[test]
fn made_on_one_executor_and_awaited_on_another() {
    limit(|| {
        for (first, make) in executors() {
            for (second, resolve) in executors() {
                for five in fives() {
                    let dual = make(Box::pin(async move { five() }));
                    assert_eq!(resolve(Box::pin(dual)), 5, "{first}, {second}");
                }
            }
        }
    });
}

/// A handle that is first polled on one executor is awaited on another.
#[test]
#[allow(clippy::async_yields_async, reason = "it is awaited elsewhere")]
fn polled_on_one_executor_and_awaited_on_another() {
    limit(|| {
        for (first, start) in executors() {
            for (second, resolve) in executors() {
                for five in fives() {
                    let started = start(Box::pin(async move {
                        let mut dual = Box::pin(five());
                        // What is ready at once is as good, if rare.
                        match futures::poll!(&mut dual) {
                            Poll::Ready(value) => Box::pin(Dual::ready(value).boxed()),
                            Poll::Pending => dual,
                        }
                    }));
                    assert_eq!(resolve(started), 5, "{first}, {second}");
                }
            }
        }
    });
}
