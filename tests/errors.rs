//! Errors and panics: of the user's code, which come through as they are, and of wrong use.

mod common;

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread;

use common::{in_child, limit};
use futures::join;
use futures_lite::future::yield_now;
use smartcall::context::{self, Host, Place};
use smartcall::offload::Job;
use smartcall::{CannotBlock, Dual, DualOf, SmartCall, SmartFn, Work};
#[cfg(feature = "executor")]
use smartcall::{Executor, LocalExecutor};

/// An executor with one worker thread.
#[cfg(feature = "executor")]
fn shim() -> Executor {
    Executor::builder().threads(1).build()
}

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
    assert_failed(shim().block_on(op.invoke()));
}

/// D1, D2, D4: the error of a body is returned as it is, both.
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

/// D1: an error that `?` takes through async functions, a task and the pool.
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
            let ex = shim();
            check(ex.block_on(ex.spawn(Dual::future(load()))));
            check(ex.spawn(load()).get());
        }
    });
}

/// A payload that is no text.
#[derive(Debug, PartialEq)]
struct Payload(u32);

/// Panics without a word on stderr.
fn explode() -> u32 {
    resume_unwind(Box::new(Payload(5)))
}

async fn explode_async() -> u32 {
    yield_now().await;
    explode()
}

/// Looks whether the payload came through, and whether it left the thread as it was.
#[track_caller]
fn assert_explodes<R>(f: impl FnOnce() -> R) {
    let before = context::current();
    let payload = catch_unwind(AssertUnwindSafe(f)).err().expect("a panic");
    assert_eq!(payload.downcast_ref(), Some(&Payload(5)));
    assert_eq!(context::current(), before);
}

/// Panics in every way in which a handle can be resolved, outside of executors.
fn explodes_in_every_way() {
    explodes_in_every_get();
    assert_explodes(|| *explode.invoke().boxed());
    assert_explodes(|| *explode_async.invoke().boxed());
}

/// Panics in every way in which a handle can be resolved that goes through where there is a host.
fn explodes_in_every_get() {
    assert_explodes(|| explode.invoke().get());
    assert_explodes(|| explode.invoke().try_get());
    assert_explodes(|| explode.invoke().boxed().get());
    assert_explodes(|| explode_async.invoke().get());
    assert_explodes(|| explode_async.invoke().boxed().get());
    assert_explodes(|| Dual::in_place(explode).get());
    assert_explodes(|| Dual::pair((), |()| explode(), |()| explode_async()).get());
    // Driven: sync code that is alone, that is not, and a `get` in a poll.
    assert_explodes(|| Dual::future(async { explode.invoke().await }).get());
    let joined = async { join!(explode.invoke(), yield_now()) };
    assert_explodes(|| Dual::future(joined).get());
    assert_explodes(|| Dual::future(async { explode_async.invoke().get() }).get());
}

/// D3, D4: a panic reaches who resolves the handle, with its payload, and the thread is as
/// it was.
#[test]
fn panic_of_a_body() {
    limit(|| {
        explodes_in_every_way();
        assert_eq!(context::current(), Place::Outside);
        assert_eq!(explode_free.invoke().get(), 5);
        context::blocking_region(explodes_in_every_way);
        Dual::future(async { explodes_in_every_way() }).get();
        assert_eq!(context::current(), Place::Outside);
    });
}

fn explode_free() -> u32 {
    5
}

/// D3, D4: the same awaited: on the pool, polled through, and where it stands.
#[test]
fn panic_of_an_awaited_body() {
    limit(|| {
        for _ in 0..100 {
            assert_explodes(|| pollster::block_on(explode.invoke()));
        }
        assert_explodes(|| pollster::block_on(explode_async.invoke()));
        assert_explodes(|| pollster::block_on(Dual::in_place(explode)));
        assert_explodes(|| pollster::block_on(explode.invoke().boxed()));
        assert_explodes(|| pollster::block_on(context::inside(explode_async.invoke())));
        let pair = Dual::pair((), |()| 6, |()| explode_async());
        assert_explodes(|| pollster::block_on(pair));
        // The pool's threads are usable, and stand where they did.
        let places = [(); 8].map(|()| Dual::blocking(context::current));
        let places = pollster::block_on(futures::future::join_all(places));
        assert_eq!(places, [Place::Outside; 8]);
    });
}

/// D3, D4: a panic in a task, in `block_on`, and in the pool's job of a task.
#[cfg(feature = "executor")]
#[test]
fn panic_in_an_executor() {
    limit(|| {
        let ex = shim();
        assert_explodes(|| ex.block_on(explode_async()));
        assert_explodes(|| ex.block_on(explode.invoke()));
        assert_explodes(|| ex.block_on(ex.spawn(explode_async())));
        assert_explodes(|| ex.block_on(ex.spawn(explode.invoke())));
        assert_explodes(|| ex.spawn(explode_async()).get());
        assert_eq!(
            ex.block_on(ex.spawn(async { context::current() })),
            Place::Inside
        );
        assert_eq!(ex.block_on(ex.spawn(Dual::blocking(explode_free))), 5);

        let ex = LocalExecutor::new();
        assert_explodes(|| ex.block_on(explode_async()));
        assert_explodes(|| ex.block_on(ex.spawn(explode.invoke())));
        assert_eq!(ex.block_on(ex.spawn(Dual::blocking(explode_free))), 5);
    });
}

/// D3: a task that is polled again after its panic is told that, and not that its executor
/// is gone.
#[cfg(feature = "executor")]
#[test]
fn task_polled_after_a_panic() {
    limit(|| {
        let ex = shim();
        let mut task = ex.spawn(explode_async());
        assert_explodes(|| ex.block_on(&mut task));
        let message = message_of(|| ex.block_on(&mut task));
        assert!(
            message.starts_with("a `Task` was polled again"),
            "{message}"
        );
    });
}

/// A host that can block, and one that can't.
struct Blocks(bool);

impl Host for Blocks {
    fn can_block(&self) -> bool {
        self.0
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }
}

/// D4: a panic leaves a thread inside an executor as it was, with its host.
#[test]
fn panic_inside_an_executor() {
    limit(|| {
        let host = Arc::new(Blocks(true));
        context::with_host(&host, || {
            explodes_in_every_get();
            assert_eq!(context::current(), Place::Inside);
            assert_eq!(Dual::future(async { 5 }).get(), 5);
        });
        assert_explodes(|| context::with_host(&host, explode));
        // The thread has no host any more, or it would hold it.
        assert_eq!(Arc::strong_count(&host), 1);
        assert_explodes(|| pollster::block_on(context::hosted(&host, explode_async())));
        assert_eq!(Arc::strong_count(&host), 1);
        assert_explodes(|| context::inside_executor(explode));
        assert_explodes(|| context::blocking_region(explode));
    });
}

/// A host whose pool is a thread for each job.
struct ThreadEach;

impl Host for ThreadEach {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        // The thread ends as it should, though the job panics.
        let ended = thread::spawn(|| job.run()).join();
        assert!(ended.is_ok());
        Ok(())
    }
}

/// D3, D4: a panic on a host's own pool goes to whoever awaits, not through the pool.
#[test]
fn panic_on_a_hosts_own_pool() {
    limit(|| {
        let host = Arc::new(ThreadEach);
        assert_explodes(|| pollster::block_on(context::hosted(&host, explode.invoke())));
        let five = context::hosted(&host, explode_free.invoke());
        assert_eq!(pollster::block_on(five), 5);
    });
}

/// The text of a panic.
fn text(payload: &(dyn Any + Send)) -> String {
    match payload.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => String::from(*payload.downcast_ref::<&str>().expect("a text")),
    }
}

#[track_caller]
fn message_of<R>(f: impl FnOnce() -> R) -> String {
    text(&*catch_unwind(AssertUnwindSafe(f)).err().expect("a panic"))
}

/// D2: a user's own panic text is never rewritten.
#[test]
fn panic_text_is_the_users() {
    limit(|| {
        let says = || -> u32 { panic!("Not today, {}. It's over!", "user") };
        let expected = "Not today, user. It's over!";
        assert_eq!(message_of(|| says.invoke().get()), expected);
        assert_eq!(message_of(|| *says.invoke().boxed()), expected);
        assert_eq!(message_of(|| pollster::block_on(says.invoke())), expected);
        assert_eq!(
            message_of(|| Dual::future(async { says.invoke().await }).get()),
            expected
        );
    });
}

/// A refused handle of what is not `Debug`, with the error of a host that can't help.
fn refused() -> CannotBlock<DualOf<impl Work<Output = Rc<dyn Fn() -> u32>>>> {
    let value: Rc<dyn Fn() -> u32> = Rc::new(|| 5);
    let dual = Dual::future(async { value });
    context::with_host(&Arc::new(Blocks(false)), || dual.try_get())
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
    let message = message_of(|| context::inside_executor(|| Dual::future(async { 5 }).get()));
    for part in [
        "cannot block here: this thread is polling a task of an executor. ",
        "This happens because `.get()` or `block_on` was called from async code.",
        "Use `.await` here; or `try_get`",
        "`Dual::blocking(..).await`.",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

/// Records where the panics of this process are.
fn record_locations() -> Arc<Mutex<Vec<(String, u32)>>> {
    let locations = Arc::<Mutex<Vec<_>>>::default();
    let record = Arc::clone(&locations);
    panic::set_hook(Box::new(move |info| {
        let location = info.location().expect("panics have one");
        let location = (location.file().to_owned(), location.line());
        record.lock().expect("no panic").push(location);
    }));
    locations
}

/// Asserts that an expression panics, once, at its own line.
macro_rules! panics_here {
    ($locations:ident, $panics:expr) => {
        assert!(
            catch_unwind(AssertUnwindSafe(|| {
                let _ = $panics;
            }))
            .is_err()
        );
        let found = std::mem::take(&mut *$locations.lock().expect("no panic"));
        assert_eq!(found, [(file!().to_owned(), line!())]);
    };
}

fn future() -> DualOf<impl Work<Output = Vec<u32>>> {
    Dual::future(async { vec![5] })
}

/// A12: a refused `get` panics at the line that called it, and so does all else that blocks.
#[test]
fn refused_at_the_callers_line() {
    in_child(|| {
        let at = record_locations();
        let mut dual = future().boxed();
        context::inside_executor(|| {
            panics_here!(at, future().get());
            panics_here!(at, future().boxed().get());
            panics_here!(at, *future().boxed());
            panics_here!(at, dual.len());
            panics_here!(at, dual.push(6));
            panics_here!(at, *dual = Vec::new());
            panics_here!(at, dual[0]);
        });
        context::with_host(&Arc::new(Blocks(false)), || {
            panics_here!(at, future().get());
            panics_here!(at, *dual);
        });
    });
}

/// A12: the same in tasks, for `get` and for `block_on`.
#[cfg(feature = "executor")]
#[test]
fn refused_in_a_task_at_the_callers_line() {
    in_child(|| {
        let at = record_locations();
        let (other, local) = (shim(), LocalExecutor::new());
        local.block_on(async {
            panics_here!(at, future().get());
            panics_here!(at, *future().boxed());
            panics_here!(at, local.block_on(async {}));
            panics_here!(at, other.block_on(async {}));
        });
    });
}

/// An executor that can't be started is refused at the line that asked for it.
#[cfg(feature = "executor")]
#[test]
fn not_started_at_the_callers_line() {
    in_child(|| {
        let at = record_locations();
        panics_here!(at, smartcall::Executor::builder().threads(0).build());
    });
}

/// The line in which `breaks` panics.
const BREAKS: u32 = line!() + 3;

fn breaks() -> u32 {
    panic!("the body's own message")
}

/// A body's own panic is located in the body, whoever resolves the handle.
#[test]
fn body_panics_at_its_own_line() {
    in_child(|| {
        let at = record_locations();
        let ways: [fn() -> u32; 7] = [
            || breaks.invoke().get(),
            || breaks.invoke().try_get().expect("outside"),
            || *breaks.invoke().boxed(),
            || Dual::future(async { breaks() }).get(),
            || Dual::future(async { breaks() }).try_get().expect("outside"),
            || Dual::in_place(breaks).boxed().get(),
            || pollster::block_on(breaks.invoke()),
        ];
        for way in ways {
            assert!(catch_unwind(way).is_err());
            let found = std::mem::take(&mut *at.lock().expect("no panic"));
            assert_eq!(found, [(file!().to_owned(), BREAKS)]);
        }
    });
}

/// A handle that is used after its body panicked tells it at the line of that use.
#[test]
fn misused_at_the_callers_line() {
    in_child(|| {
        let broken = || {
            let dual = Dual::in_place(breaks).boxed();
            assert!(catch_unwind(AssertUnwindSafe(|| *dual)).is_err());
            dual
        };
        let [first, second, mut third] = [broken(), broken(), broken()];
        let mut polled = Box::pin(Dual::ready(5).boxed());
        assert_eq!(pollster::block_on(polled.as_mut()), 5);
        let at = record_locations();
        panics_here!(at, *first);
        panics_here!(at, first.get());
        panics_here!(at, second.try_get());
        panics_here!(at, *third = 5);
        panics_here!(at, **polled);
    });
}
