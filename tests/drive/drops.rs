//! `try_get` in a destructor.

use std::future;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc;

use futures::future::select;
use futures_lite::future::yield_now;
use smartcall::{Dual, context};

use crate::common::limit;

/// Tries to get a handle when dropped, and sends what came of it.
struct GetsInDrop {
    dual: Option<Dual<u32>>,
    result: mpsc::Sender<Result<u32, Dual<u32>>>,
}

impl GetsInDrop {
    fn new() -> (Self, mpsc::Receiver<Result<u32, Dual<u32>>>) {
        let (result, results) = mpsc::channel();
        let dual = Dual::future(async {
            yield_now().await;
            5
        });
        let dual = Some(dual.boxed());
        (GetsInDrop { dual, result }, results)
    }
}

impl Drop for GetsInDrop {
    fn drop(&mut self) {
        let dual = self.dual.take().expect("it is dropped once");
        let result = dual.try_get().map_err(|error| error.into_handle());
        self.result.send(result).expect("somebody wants to know");
    }
}

/// The handle that came back from a refusal.
#[track_caller]
fn refused(results: &mpsc::Receiver<Result<u32, Dual<u32>>>) -> Dual<u32> {
    match results.recv().expect("it was dropped") {
        Ok(_) => panic!("it was not refused"),
        Err(dual) => dual,
    }
}

/// `try_get` in a destructor gives the value, or the handle back.
#[test]
fn try_get_in_a_drop() {
    limit(|| {
        let (gets, results) = GetsInDrop::new();
        drop(gets);
        assert!(matches!(results.recv(), Ok(Ok(5))));

        // In a poll of a get.
        let (gets, results) = GetsInDrop::new();
        Dual::future(async { drop(gets) }).get();
        assert!(matches!(results.recv(), Ok(Ok(5))));

        // While a panic unwinds: a second panic would abort the process.
        let (gets, results) = GetsInDrop::new();
        let unwinds = || {
            let _gets = gets;
            panic!("with something to drop");
        };
        assert!(panic::catch_unwind(AssertUnwindSafe(unwinds)).is_err());
        assert!(matches!(results.recv(), Ok(Ok(5))));

        let (gets, results) = GetsInDrop::new();
        let unwinds = || {
            let _gets = gets;
            context::inside_executor(|| panic!("with something to drop"));
        };
        assert!(panic::catch_unwind(AssertUnwindSafe(unwinds)).is_err());
        assert!(matches!(results.recv(), Ok(Ok(5))));

        let (gets, results) = GetsInDrop::new();
        let unwinds = async {
            let _gets = gets;
            panic!("with something to drop");
        };
        let unwinds = || -> u32 { pollster::block_on(context::inside(unwinds)) };
        assert!(panic::catch_unwind(AssertUnwindSafe(unwinds)).is_err());
        assert_eq!(refused(&results).get(), 5);
    });
}

/// `try_get` in a destructor of a future that is dropped midway.
#[test]
fn try_get_in_a_cancelled_future() {
    limit(|| {
        let (gets, results) = GetsInDrop::new();
        let holds = async {
            let _gets = gets;
            future::pending::<()>().await;
        };
        let holds = Box::pin(context::inside(holds));
        let (timeout, _) = pollster::block_on(select(yield_now(), holds)).factor_first();
        assert_eq!(timeout, ());
        assert_eq!(refused(&results).get(), 5);
    });
}

/// `try_get` in a destructor of a task that is cancelled, or dropped with its executor.
#[cfg(feature = "executor")]
#[test]
fn try_get_in_a_cancelled_task() {
    limit(|| {
        let holds = || {
            let (gets, results) = GetsInDrop::new();
            let (sender, begun) = mpsc::channel();
            let task = async move {
                let _gets = gets;
                sender.send(()).expect("somebody waits");
                future::pending::<()>().await;
            };
            (task, begun, results)
        };
        let ex = crate::common::one_thread();
        let (task, begun, results) = holds();
        let task = ex.spawn(task);
        begun.recv().expect("it begins");
        drop(task);
        // A worker drops it, and a spare thread takes over for the worker.
        assert!(matches!(results.recv(), Ok(Ok(5))));

        let (task, begun, results) = holds();
        ex.spawn(task).detach();
        begun.recv().expect("it begins");
        drop(ex);
        assert_eq!(refused(&results).get(), 5);

        let ex = smartcall::LocalExecutor::new();
        let (task, _begun, results) = holds();
        let task = ex.spawn(task);
        ex.block_on(yield_now());
        drop(task);
        drop(ex);
        assert_eq!(refused(&results).get(), 5);
    });
}
