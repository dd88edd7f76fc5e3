//! `Dual::borrowing`: blocking code that stays on its thread, while its executor is told.

use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use crate::common::limit;
use smartcall::{Dual, context};

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

#[test]
fn it_borrows_and_stays_on_its_thread() {
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

#[test]
fn it_is_never_refused() {
    let refused = context::inside_executor(|| Dual::borrowing(|| 5).try_get().map_err(drop));
    assert_eq!(refused, Ok(5));
    let value = pollster::block_on(context::inside(Dual::borrowing(|| 5)));
    assert_eq!(value, 5);
}

#[test]
fn what_was_dropped_never_runs() {
    let mut ran = false;
    drop(Dual::borrowing(|| ran = true));
    assert!(!ran);
}

#[cfg(feature = "executor")]
#[test]
fn a_spare_stands_in_for_a_worker_of_the_shim() {
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

    #[test]
    fn a_current_thread_runtime_runs_it() {
        let runtime = Builder::new_current_thread().build().expect("it starts");
        let text = String::from("text");
        let len = runtime.block_on(async {
            let got = Dual::borrowing(|| text.len()).get();
            got + Dual::borrowing(|| text.len()).await
        });
        assert_eq!(len, 8);
    }

    #[test]
    fn a_get_in_it_goes_through_where_it_would() {
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

#[test]
fn can_block_says_what_get_would_do() {
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
