//! The shapes that a layer can have, many of each. That they compile quickly is half of the test.

mod common;

use std::sync::Arc;

use common::{Caller, Failure, Script};
use smartcall::{Dual, DualOf, SmartCall, Work, kind};

everywhere!(six_that_map, six_that_wait, a_dozen_that_box);

/// The bound for an operation that the layers take and return.
macro_rules! op {
    ($K:ty) => { impl SmartCall<Result<u32, Failure>, $K, (u32,), Work: Send> + Send + Sync + 'static };
}

/// A layer that changes the result. It has no async body of its own, and so nothing to clone.
fn mapped<K: 'static>(op: op!(K)) -> op!(kind::Async) {
    move |n: u32| op.invoke_with((n,)).map_ok(|n| n + 1)
}

/// A layer that awaits, with code before and after.
fn waiting<K: 'static>(op: op!(K)) -> op!(kind::Async) {
    let op = Arc::new(op);
    move |n: u32| {
        let op = Arc::clone(&op);
        Dual::future(async move {
            let done = op.invoke_with((n,)).await?;
            Ok(done + 1)
        })
    }
}

/// The same layer with its type erased in each call. What is around it does not see the types inside.
fn boxed<K: 'static>(op: op!(K)) -> op!(kind::Async) {
    let op = Arc::new(op);
    move |n: u32| {
        let op = Arc::clone(&op);
        Dual::future(async move {
            let done = op.invoke_with((n,)).await?;
            Ok(done + 1)
        })
        .boxed()
    }
}

async fn six_that_map<K: 'static>(op: op!(K), script: Script, caller: Caller) {
    let op = mapped(mapped(mapped(mapped(mapped(mapped(op))))));
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(8));
    script.fail(1);
    let failed = caller.resolve(op.invoke_with((1,))).await;
    assert_eq!(failed, Err(Failure::Told));
}

/// A generic function that returns the handle, instead of awaiting it, compiles quickly.
fn six<K: 'static>(op: op!(K), n: u32) -> DualOf<impl Work<Output = Result<u32, Failure>> + Send> {
    let op = waiting(waiting(waiting(waiting(waiting(waiting(op))))));
    op.invoke_with((n,))
}

async fn six_that_wait<K: 'static>(op: op!(K), _script: Script, caller: Caller) {
    assert_eq!(caller.resolve(six(op, 1)).await, Ok(8));
}

async fn a_dozen_that_box<K: 'static>(op: op!(K), script: Script, caller: Caller) {
    let op = boxed(boxed(boxed(boxed(boxed(boxed(op))))));
    let op = boxed(boxed(boxed(boxed(boxed(boxed(op))))));
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(14));
    script.fail(1);
    let failed = caller.resolve(op.invoke_with((1,))).await;
    assert_eq!(failed, Err(Failure::Told));
}
