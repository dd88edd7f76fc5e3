//! Errors of the user's code arrive as they were made; `CannotBlock`, the error of `try_get`.

use std::error::Error;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use futures_lite::future::yield_now;
use smartcall::context::{self, Place};
use smartcall::{CannotBlock, Dual, DualOf, SmartCall, SmartFn, Work};

use crate::common::{Stubborn, limit, panic_of};

/// A user's error, that wraps another one and is neither `Clone` nor small.
#[derive(Debug)]
struct Failed {
    source: std::num::ParseIntError,
    _ballast: [u64; 8],
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Could not read the config. Try again!")
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

fn fails() -> Result<u32, Failed> {
    "five".parse().map_err(|source| Failed {
        source,
        _ballast: [5; 8],
    })
}

async fn fails_async() -> Result<u32, Failed> {
    yield_now().await;
    fails()
}

fn fails_smart() -> DualOf<impl Work<Output = Result<u32, Failed>> + Send> {
    Dual::pair((), |()| fails(), |()| fails_async())
}

/// Looks whether it is the user's error, with its type, its text and its source.
#[track_caller]
fn assert_failed(result: Result<u32, Failed>) {
    let error: Box<dyn Error> = Box::new(result.expect_err("it fails"));
    let error: &Failed = error.downcast_ref().expect("its own type");
    assert_eq!(error.to_string(), "Could not read the config. Try again!");
    let source = error.source().expect("a source").to_string();
    assert_eq!(source, "invalid digit found in string");
    assert_eq!(context::current(), Place::Outside);
}

/// Fails by `get` and by `.await`.
#[track_caller]
fn both_fail<K>(op: impl SmartCall<Result<u32, Failed>, K>) {
    assert_failed(op.invoke().get());
    assert_failed(op.invoke().try_get().expect("outside"));
    assert_failed(pollster::block_on(op.invoke()));
    assert_failed(Dual::future(async { op.invoke().await }).get());
    #[cfg(feature = "executor")]
    assert_failed(crate::common::one_thread().block_on(op.invoke()));
}

/// The error of a body is returned as it is, both.
#[test]
fn error_of_a_body() {
    limit(|| {
        both_fail(fails);
        both_fail(fails_async);
        both_fail(fails_smart);
        both_fail(SmartFn::new(fails));
        both_fail(smartcall::kind::in_place(fails));
        // A deref lends it.
        assert!(
            fails_smart()
                .boxed()
                .as_ref()
                .is_err_and(|error| error.source().is_some())
        );
        assert_eq!(context::current(), Place::Outside);
    });
}

/// An error that `?` takes through async functions, a task and the pool.
#[test]
fn error_through_layers() {
    async fn load() -> Result<u32, Box<dyn Error + Send + Sync>> {
        let from_pool = async || Ok::<u32, Failed>(fails.invoke().await? + 1);
        Ok(from_pool.invoke().await? + 1)
    }

    #[track_caller]
    fn check(result: Result<u32, Box<dyn Error + Send + Sync>>) {
        let error = result.expect_err("it fails");
        assert_failed(Err(*error.downcast().expect("its own type")));
    }

    limit(|| {
        check(Dual::future(load()).get());
        check(pollster::block_on(Dual::future(load())));
        #[cfg(feature = "executor")]
        {
            let ex = crate::common::one_thread();
            check(ex.block_on(ex.spawn(Dual::future(load()))));
            check(ex.spawn(load()).get());
        }
    });
}

/// A refused handle of what is not `Debug`, with the error of a host that can't help.
fn refused() -> CannotBlock<DualOf<impl Work<Output = Rc<dyn Fn() -> u32>>>> {
    let value: Rc<dyn Fn() -> u32> = Rc::new(|| 5);
    let dual = Dual::future(async { value });
    context::with_host(&Arc::new(Stubborn), || dual.try_get())
        .err()
        .expect("refused")
}

/// The error of `try_get` is small, and gives the handle back.
#[test]
fn error_of_try_get() {
    limit(|| {
        let error = refused();
        let shown = error.to_string();
        assert_eq!(
            shown,
            "cannot block here: this thread is polling a task of an executor that can't go on \
             without it"
        );
        assert_eq!(
            format!("{error:?}"),
            "CannotBlock(cannot block here: this thread is polling a task of an executor that can't go on without it)"
        );
        assert!(error.source().is_none());
        assert_eq!(error.into_handle().get()(), 5);
        assert_eq!(pollster::block_on(refused().into_handle())(), 5);

        let error = context::inside_executor(|| Dual::future(async { 5 }).try_get());
        let shown = error.expect_err("refused").to_string();
        assert_eq!(
            shown,
            "cannot block here: this thread is polling a task of an executor"
        );
    });
}

/// It goes through `?` into a box, if what it holds may.
#[test]
fn error_of_try_get_in_a_box() {
    fn resolve() -> Result<u32, Box<dyn Error>> {
        Ok(Dual::future(async { 5 }).try_get()?)
    }
    assert_eq!(resolve().expect("outside"), 5);
    assert!(context::inside_executor(resolve).is_err());
}

/// A refused `get` says what happened, the usual cause, and the way out.
#[test]
fn message_of_a_refused_get() {
    let message = panic_of(|| context::inside_executor(|| Dual::future(async { 5 }).get()));
    for part in [
        "cannot block here: this thread is polling a task of an executor. ",
        "This happens because `.get()`, `block_on`, or a function that calls one of them, was called from async code.",
        "Use `.await` here; or `try_get`",
        "`Dual::blocking(..).await`.",
    ] {
        assert!(message.contains(part), "{message}");
    }
}
