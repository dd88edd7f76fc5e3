//! `Dual::borrowing`: blocking code that stays on its thread, while its executor is told of it.

use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use smartcall::{Dual, context};

use crate::common::limit;

/// Code that borrows, and waits until another task has sent something.
fn receives(receiver: &Mutex<Receiver<u32>>) -> u32 {
    let receiver = receiver.lock().expect("not poisoned");
    receiver.recv().expect("it is sent")
}

/// A channel whose receiver can be lent to another thread.
fn channel() -> (Sender<u32>, Mutex<Receiver<u32>>) {
    let (sender, receiver) = mpsc::channel();
    (sender, Mutex::new(receiver))
}

/// `Dual::borrowing` code borrows from its caller and runs on its caller's thread.
#[test]
fn borrowing_code_borrows_and_stays_on_its_thread() {
    let here = thread::current().id();
    let mut calls = 0;
    let mut code = || {
        calls += 1;
        thread::current().id()
    };
    assert_eq!(Dual::borrowing(&mut code).get(), here);
    assert_eq!(pollster::block_on(Dual::borrowing(&mut code)), here);
    let both = async { futures::join!(Dual::borrowing(|| 1), Dual::borrowing(|| 2)) };
    assert_eq!(Dual::future(both).get(), (1, 2));
    assert_eq!(calls, 2);
}

/// `Dual::borrowing` code runs in every place, also where a `get` panics.
#[test]
fn borrowing_code_is_never_refused() {
    let refused = context::inside_executor(|| Dual::borrowing(|| 5).try_get().map_err(drop));
    assert_eq!(refused, Ok(5));
    let value = pollster::block_on(context::inside(Dual::borrowing(|| 5)));
    assert_eq!(value, 5);
}

/// `Dual::borrowing` code that is dropped unresolved never runs.
#[test]
fn dropped_borrowing_code_never_runs() {
    let mut ran = false;
    drop(Dual::borrowing(|| ran = true));
    assert!(!ran);
}

/// A spare thread runs the other tasks of an `Executor` while `borrowing` code blocks its worker.
#[cfg(feature = "executor")]
#[test]
fn a_spare_takes_over_for_a_worker_of_an_executor() {
    use smartcall::Executor;

    limit(|| {
        let ex = Executor::builder().threads(1).build();
        let (sender, receiver) = channel();
        let waits = ex.spawn(async move { Dual::borrowing(|| receives(&receiver)).await });
        let sends = ex.spawn(async move { sender.send(5) });
        assert_eq!(waits.get(), 5);
        assert_eq!(sends.get(), Ok(()));
    });
}

#[cfg(feature = "tokio")]
mod in_tokio {
    use super::*;

    use tokio::runtime::Builder;

    /// tokio hands the worker over to another thread while `borrowing` code blocks it.
    #[test]
    fn a_worker_of_a_multi_thread_runtime_is_handed_over() {
        limit(|| {
            let runtime = Builder::new_multi_thread().worker_threads(1).build();
            let runtime = runtime.expect("a runtime starts");
            for got in [false, true] {
                let (sender, receiver) = channel();
                let waits = runtime.spawn(async move {
                    let code = Dual::borrowing(|| receives(&receiver));
                    if got { code.get() } else { code.await }
                });
                let sends = runtime.spawn(async move { sender.send(5) });
                assert_eq!(runtime.block_on(waits).expect("it ends"), 5);
                assert_eq!(runtime.block_on(sends).expect("it ends"), Ok(()));
            }
        });
    }

    /// A current-thread runtime of tokio runs `borrowing` code, and waits for it.
    #[test]
    fn a_current_thread_runtime_runs_borrowing_code() {
        let runtime = Builder::new_current_thread().build().expect("it starts");
        let text = String::from("text");
        let len = runtime.block_on(async {
            let got = Dual::borrowing(|| text.len()).get();
            got + Dual::borrowing(|| text.len()).await
        });
        assert_eq!(len, 8);
    }

    /// A `get` in `borrowing` code works where it works around that code.
    #[test]
    fn a_get_in_borrowing_code_works_where_it_does_around_it() {
        limit(|| {
            let runtime = Builder::new_multi_thread().worker_threads(1).build();
            let runtime = runtime.expect("a runtime starts");
            let (sender, receiver) = futures::channel::oneshot::channel();
            let waits = runtime.spawn(async move {
                Dual::borrowing(|| Dual::future(receiver).get().expect("it is sent")).await
            });
            runtime.spawn(async move { sender.send(5) });
            assert_eq!(runtime.block_on(waits).expect("it ends"), 5);
        });
    }
}

/// `can_block` is an error where `get` panics.
#[test]
fn can_block_tells_what_get_does() {
    assert!(context::can_block().is_ok());
    context::inside_executor(|| {
        let refused = context::can_block().expect_err("a task");
        let handle = Dual::future(async { 5 }).try_get().expect_err("a task");
        assert_eq!(refused.to_string(), handle.to_string());
        context::blocking_region(|| assert!(context::can_block().is_ok()));
    });
    Dual::future(async { assert!(context::can_block().is_ok()) }).get();
    #[cfg(feature = "executor")]
    {
        let ex = smartcall::Executor::builder().threads(1).build();
        assert!(ex.spawn(async { context::can_block() }).get().is_ok());
        let local = smartcall::LocalExecutor::new();
        assert!(local.block_on(async { context::can_block() }).is_err());
    }
    #[cfg(feature = "tokio")]
    {
        use tokio::runtime::{Builder, Runtime};

        let runtime = Runtime::new().expect("a runtime starts");
        let task = runtime.spawn(async { context::can_block() });
        assert!(runtime.block_on(task).expect("it ends").is_ok());
        let runtime = Builder::new_current_thread().build().expect("it starts");
        assert!(runtime.block_on(async { context::can_block() }).is_err());
        assert!(
            runtime
                .block_on(async { tokio::task::spawn_blocking(context::can_block).await })
                .expect("it ends")
                .is_ok()
        );
    }
}
