//! What a handle does, from the time it is made until it is resolved or dropped.

#![allow(
    clippy::async_yields_async,
    clippy::let_underscore_future,
    clippy::redundant_async_block,
    reason = "handles are made in one place and resolved in another"
)]

mod common;

use std::any::Any;
use std::cell::OnceCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use common::limit;
use futures::executor::LocalPool;
use futures::future::BoxFuture;
use futures::join;
use futures_lite::future::{pending, yield_now};
use smartcall::context::{self, Host, Place};
use smartcall::work::{Boxed, LocalBoxed};
use smartcall::{Dual, DualOf, SmartCall, Work};

/// The message of the panic in which `f` ends.
#[track_caller]
fn panic_of<R>(f: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else {
        panic!("it ended without a panic");
    };
    let payload: &dyn Any = &*payload;
    match payload.downcast_ref::<String>() {
        Some(message) => message.clone(),
        None => String::from(*payload.downcast_ref::<&str>().expect("a message")),
    }
}

#[track_caller]
fn assert_panics<R>(start: &str, f: impl FnOnce() -> R) {
    let message = panic_of(f);
    assert!(message.starts_with(start), "{message}");
}

const PANICKED: &str = "this `Dual` has no value: its body panicked when it was resolved before.";
const RECURSIVE: &str = "this `Dual` is being resolved further up on this thread's stack.";
const AGAIN: &str = "a `Dual` was polled again after it had completed or panicked";
const REFUSED: &str = "cannot block here: this thread is polling a task of an executor. This happens because a \
    boxed `Dual` was used like a reference";

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// What has happened to the bodies and the values of a test.
#[derive(Default)]
struct Counts {
    bodies: AtomicU32,
    runs: AtomicU32,
    values: AtomicU32,
}

impl Counts {
    fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }

    /// Bodies and values that there still are.
    fn left(&self) -> (u32, u32) {
        (
            self.bodies.load(Ordering::SeqCst),
            self.values.load(Ordering::SeqCst),
        )
    }
}

/// What a body owns: it counts the runs, and itself.
struct Body(Arc<Counts>);

impl Body {
    fn new(counts: &Arc<Counts>) -> Self {
        counts.bodies.fetch_add(1, Ordering::SeqCst);
        Body(Arc::clone(counts))
    }

    fn run(self) -> Value {
        self.0.runs.fetch_add(1, Ordering::SeqCst);
        self.0.values.fetch_add(1, Ordering::SeqCst);
        Value(Arc::clone(&self.0))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.0.bodies.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A value that counts itself.
struct Value(Arc<Counts>);

impl Drop for Value {
    fn drop(&mut self) {
        self.0.values.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Work that somebody wrote: it runs its body when it is blocked on, or polled twice.
struct ByHand {
    body: Option<Body>,
    polled: bool,
}

impl ByHand {
    fn new(body: Body) -> Self {
        ByHand {
            body: Some(body),
            polled: false,
        }
    }
}

impl Future for ByHand {
    type Output = Value;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Value> {
        if !self.polled {
            self.polled = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.body.take().expect("polled again").run())
    }
}

impl Work for ByHand {
    fn block(mut self: Pin<&mut Self>) -> Value {
        self.body.take().expect("resolved before").run()
    }
}

/// Calls `$check` for each form of work that has a body, with a function that makes a handle.
macro_rules! each_form {
    ($check:ident) => {
        $check("future", |counts| {
            let body = Body::new(counts);
            Dual::future(async { body.run() })
        });
        $check("a future that waits", |counts| {
            let body = Body::new(counts);
            Dual::future(async {
                yield_now().await;
                body.run()
            })
        });
        $check("blocking", |counts| {
            let body = Body::new(counts);
            Dual::blocking(|| body.run())
        });
        $check("in place", |counts| {
            let body = Body::new(counts);
            Dual::in_place(|| body.run())
        });
        $check("pair", |counts| {
            Dual::pair(Body::new(counts), Body::run, async |body: Body| body.run())
        });
        $check("by hand", |counts| {
            Dual::new(ByHand::new(Body::new(counts)))
        });
        $check("boxed", |counts| {
            let body = Body::new(counts);
            Dual::blocking(|| body.run()).boxed()
        });
        $check("boxed locally", |counts| {
            let body = Body::new(counts);
            Dual::future(async { body.run() }).boxed_local()
        });
    };
}

/// Something to do with a handle, by name.
type Way<W> = (&'static str, fn(Dual<Value, W>));

/// B1, B5, B9: nothing of a body runs before its handle is resolved; `Debug` does not resolve
/// it, and a handle that is dropped leaves nothing behind.
#[test]
fn dropped_unused() {
    fn check<W: Work<Output = Value>>(form: &str, make: impl Fn(&Arc<Counts>) -> Dual<Value, W>) {
        let stages: [Way<W>; 7] = [
            ("at once", drop),
            ("shown", |dual| {
                assert_eq!(format!("{dual:?}"), "Dual { .. }")
            }),
            ("boxed", |dual| drop(dual.boxed_local())),
            ("put on the heap", |dual| drop(Box::new(dual))),
            ("pinned", |dual| drop(Box::pin(dual))),
            ("a handle of one that is pinned", |dual| {
                drop(Dual::new(Box::pin(dual)));
            }),
            ("in an async function", |dual| drop(async { dual.await })),
        ];
        for (stage, drop_it) in stages {
            let counts = Arc::default();
            drop_it(make(&counts));
            assert_eq!(counts.runs(), 0, "{form}, {stage}");
            assert_eq!(counts.left(), (0, 0), "{form}, {stage}");
        }
    }

    limit(|| {
        each_form!(check);
    });
}

/// B1, B2, B9: a body runs once, when its handle is resolved, and its value is dropped once.
#[test]
fn resolved_once() {
    fn check<W: Work<Output = Value>>(form: &str, make: impl Fn(&Arc<Counts>) -> Dual<Value, W>) {
        let ways: [Way<W>; 11] = [
            ("get", |dual| drop(dual.get())),
            ("try_get", |dual| drop(dual.try_get().expect("outside"))),
            ("pinned, get", |dual| drop(Dual::new(Box::pin(dual)).get())),
            ("polled, get", |dual| {
                let mut dual = Box::pin(dual);
                if poll(dual.as_mut()).is_pending() {
                    drop(Dual::new(dual).get());
                }
            }),
            ("await", |dual| drop(pollster::block_on(dual))),
            ("driven", |dual| {
                drop(Dual::future(async { dual.await }).get())
            }),
            ("deref", |dual| {
                let dual = dual.boxed_local();
                let first: *const Value = &*dual;
                assert!(std::ptr::eq(first, &*dual));
            }),
            ("deref, get", |dual| {
                let dual = dual.boxed_local();
                let _ = &*dual;
                drop(dual.get());
            }),
            ("deref, try_get", |dual| {
                let dual = dual.boxed_local();
                let _ = &*dual;
                drop(dual.try_get().expect("outside"));
            }),
            ("deref, await", |dual| {
                let dual = dual.boxed_local();
                let _ = &*dual;
                drop(pollster::block_on(dual));
            }),
            ("deref, boxed, get", |dual| {
                let dual = dual.boxed_local();
                let _ = &*dual;
                drop(dual.boxed_local().get());
            }),
        ];
        for (way, resolve) in ways {
            let counts = Arc::default();
            let dual = make(&counts);
            assert_eq!(counts.runs(), 0, "{form}, {way}");
            resolve(dual);
            assert_eq!(counts.runs(), 1, "{form}, {way}");
            assert_eq!(counts.left(), (0, 0), "{form}, {way}");
        }
    }

    limit(|| {
        each_form!(check);
    });
}

/// B9: a handle that is dropped after a poll, or after it was refused.
#[test]
fn dropped_half_way() {
    fn waits(counts: &Arc<Counts>) -> DualOf<impl Work<Output = Value> + use<>> {
        let body = Body::new(counts);
        Dual::future(async {
            pending::<()>().await;
            body.run()
        })
    }

    limit(|| {
        let counts = Arc::default();
        assert!(poll(pin!(waits(&counts))).is_pending());
        assert!(poll(pin!(waits(&counts).boxed_local())).is_pending());
        let pair = Dual::pair(waits(&counts), Dual::get, async |dual| dual.await);
        assert!(poll(pin!(pair)).is_pending());
        drop(context::inside_executor(|| waits(&counts).try_get().err()));
        panic_of(|| context::inside_executor(|| waits(&counts).get()));
        assert_eq!(counts.runs(), 0);
        assert_eq!(counts.left(), (0, 0));
    });
}

/// B1: an async or smart callable is called by `invoke`, its body waits; a sync one waits.
#[test]
fn invoke_calls_async_and_smart_callables() {
    limit(|| {
        let calls = Arc::new(AtomicU32::new(0));
        let call = {
            let calls = Arc::clone(&calls);
            move || calls.fetch_add(1, Ordering::SeqCst) + 1
        };
        let sync = call.invoke();
        assert_eq!(calls.load(Ordering::SeqCst), 0);

        let asynchronous = || {
            call();
            let call = call.clone();
            async move { call() + call() }
        };
        let asynchronous = asynchronous.invoke();
        assert_eq!(calls.load(Ordering::SeqCst), 1);

        let smart = || {
            call();
            Dual::blocking(call.clone())
        };
        let smart = smart.invoke();
        assert_eq!(calls.load(Ordering::SeqCst), 2);

        assert_eq!(asynchronous.get(), 3 + 4);
        assert_eq!(smart.get(), 5);
        assert_eq!(sync.get(), 6);
    });
}

/// A host whose threads may not block.
struct Stubborn;

impl Host for Stubborn {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }
}

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
        ex.block_on(async { f("in the shim's block_on") });
        ex.block_on(ex.spawn(async move { f("in a task") }));
        let ex = smartcall::LocalExecutor::new();
        ex.block_on(async { f("in the local shim's block_on") });
        ex.block_on(ex.spawn(async move { f("in a local task") }));
    }
}

/// Gets handles of fives in every way, and says where that failed.
macro_rules! resolves {
    ($place:ident, $make:expr) => {
        assert_eq!($make.get(), 5, "{}", $place);
        assert_eq!($make.try_get().ok(), Some(5), "{}", $place);
    };
}

/// The same, and by a deref.
macro_rules! lends {
    ($place:ident, $make:expr) => {
        resolves!($place, $make);
        assert_eq!(*$make, 5, "{}", $place);
    };
}

/// B3: a value that is there already resolves in any context.
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

/// B3: so does code that must stay on its thread, but for a deref, which runs nothing in a task.
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

/// B3: so does a handle that a deref has resolved before.
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

/// B3: boxing does not make immediate what is not.
#[test]
fn boxed_work_that_may_wait_is_refused() {
    fn refused<T, W: Work<Output = T>>(dual: Dual<T, W>) -> bool {
        context::inside_executor(|| dual.try_get().is_err())
    }

    assert!(refused(Dual::blocking(|| 5).boxed()));
    assert!(refused(Dual::future(async { 5 }).boxed_local()));
    assert!(refused(Dual::pair(5, |n| n, async |n| n).boxed()));
}

/// B5: `Debug` does not resolve a handle, and shows nothing of it, in the middle of its body too.
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

/// B5: a value is changed through its handle.
#[test]
fn deref_mut() {
    limit(|| {
        let mut dual = Dual::future(async { vec![1, 2] }).boxed();
        dual.push(3);
        dual[0] = 0;
        assert_eq!(*dual, [0, 2, 3]);
        assert_eq!(pollster::block_on(dual), [0, 2, 3]);
    });
}

/// An executor that runs a future, in a task if it has tasks.
type Run<T> = fn(BoxFuture<'static, T>) -> T;

/// The executors of B6, by name.
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

/// B6: a handle that is made on one executor is awaited on another.
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

/// B6: a handle that is first polled on one executor is awaited on another.
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

fn fails() -> u32 {
    panic!("the body's own message")
}

/// D2: every use of a handle after its body has panicked says so.
#[test]
fn used_after_its_body_panicked() {
    fn panicked() -> Dual<u32> {
        let dual = Dual::in_place(fails).boxed();
        assert_eq!(panic_of(|| *dual), "the body's own message");
        dual
    }

    limit(|| {
        let mut dual = panicked();
        assert_panics(PANICKED, || *dual);
        assert_panics(PANICKED, || *dual = 5);
        assert_panics(PANICKED, || dual.get());
        assert_panics(PANICKED, || panicked().try_get());
        assert_panics(PANICKED, || pollster::block_on(panicked()));
        assert_panics(PANICKED, || Dual::future(async { panicked().await }).get());
        assert_panics(PANICKED, || panicked().boxed_local().get());
        assert_eq!(format!("{:?}", panicked()), "Dual { .. }");
        assert!(!panicked().is_ready());
    });
}

/// A body that uses the handle which it is the body of is told so, and nothing hangs.
#[test]
fn recursive_deref() {
    type Recursive = Rc<OnceCell<Dual<u32, LocalBoxed<'static, u32>>>>;

    fn check(make: impl FnOnce(Recursive) -> Dual<u32, LocalBoxed<'static, u32>>) {
        let me = Recursive::default();
        let dual = me.get_or_init(|| make(Rc::clone(&me)));
        assert_panics(RECURSIVE, || **dual);
        assert_panics(PANICKED, || **dual);
    }

    fn itself(me: &Recursive) -> u32 {
        **me.get().expect("it is set by now") + 1
    }

    limit(|| {
        check(|me| Dual::in_place(move || itself(&me)).boxed_local());
        check(|me| Dual::future(async move { itself(&me) }).boxed_local());
        check(|me| {
            let further_down = move || Dual::future(async move { itself(&me) }).get();
            Dual::in_place(further_down).boxed_local()
        });
        // It is told even if it survives the first time: the handle is still at it.
        check(|me| {
            let twice = move || {
                panic_of(|| itself(&me));
                itself(&me)
            };
            Dual::in_place(twice).boxed_local()
        });
    });
}

/// Polls to the end and once more.
#[track_caller]
fn assert_no_third<F: Future>(message: &str, future: F) {
    let mut future = pin!(future);
    pollster::block_on(future.as_mut());
    assert_panics(message, || poll(future));
}

/// A poll after completion is told, whatever the form: an async body tells it itself.
#[test]
fn polled_after_completion() {
    limit(|| {
        let told_by_the_body = "`async fn` resumed after completion";
        assert_no_third(told_by_the_body, Dual::future(async { 5 }));
        assert_no_third(AGAIN, Dual::blocking(|| 5));
        assert_no_third(AGAIN, Dual::in_place(|| 5));
        assert_no_third(AGAIN, Dual::pair(5, |n| n, async |n| n));
        assert_no_third(AGAIN, Dual::ready(5));
        assert_no_third(AGAIN, Dual::ready(5).boxed());
        assert_no_third(AGAIN, Dual::ready(5).boxed_local());
        assert_no_third(AGAIN, Dual::future(async { 5 }).boxed());
        assert_no_third(AGAIN, Dual::borrowing(|| 5));
        assert_no_third(AGAIN, Dual::ready(5).map(|n| n));
        assert_no_third(AGAIN, Dual::ready(5).then(async |n| n));
        assert_no_third(AGAIN, Dual::ready(5).timeout(Duration::ZERO));
        assert_no_third(AGAIN, smartcall::sleep(Duration::ZERO));
        assert_no_third(AGAIN, Box::pin(Dual::ready(5)));
        let resolved = Dual::future(async { 5 }).boxed();
        assert_eq!(*resolved, 5);
        assert_no_third(AGAIN, resolved);
    });
}

/// So is a `get` of a handle that has given its value, or a second `block` of it.
#[test]
fn blocked_on_after_completion() {
    #[track_caller]
    fn check<T, W: Work<Output = T>>(make: impl Fn() -> Dual<T, W>) {
        let mut dual = Box::pin(make());
        pollster::block_on(dual.as_mut());
        assert_panics(AGAIN, || Dual::new(dual).get());

        let mut dual = Box::pin(make());
        Work::block(dual.as_mut());
        assert_panics(AGAIN, || Work::block(dual.as_mut()));
        assert_panics(AGAIN, || poll(dual.as_mut()));
    }

    limit(|| {
        check(|| Dual::blocking(|| 5));
        check(|| Dual::in_place(|| 5));
        check(|| Dual::borrowing(|| 5));
        check(|| Dual::pair(5, |n| n, std::future::ready));
        check(|| Dual::ready(5));
        check(|| Dual::future(async { 5 }).boxed());
        check(|| Dual::future(async { 5 }).boxed_local());
        check(|| Dual::ready(5).map(|n| n));
        check(|| Dual::ready(5).then(|n| n));
        check(|| Dual::ready(5).timeout(Duration::from_secs(600)));
        check(|| smartcall::sleep(Duration::ZERO));
    });
}

/// Polls to the body's panic and once more.
#[track_caller]
fn assert_no_poll_after_panic<T, W: Work<Output = T>>(dual: Dual<T, W>) {
    let mut future = pin!(dual);
    let first = panic_of(|| pollster::block_on(future.as_mut()));
    assert_eq!(first, "the body's own message");
    assert_panics(AGAIN, || poll(future));
}

/// A poll after the body has panicked is told as well.
#[test]
fn polled_after_a_panic() {
    limit(|| {
        assert_no_poll_after_panic(Dual::in_place(fails));
        assert_no_poll_after_panic(Dual::in_place(fails).boxed());
        assert_no_poll_after_panic(Dual::pair((), |()| 5, |()| std::future::ready(fails())));
    });
}

/// The same where the body has panicked on the pool.
#[test]
fn polled_after_a_panic_on_the_pool() {
    limit(|| {
        assert_no_poll_after_panic(Dual::blocking(fails));
        assert_no_poll_after_panic(Dual::blocking(fails).boxed());
    });
}

/// A deref that is refused inside an executor runs nothing and loses nothing.
#[test]
fn refused_deref_keeps_the_handle() {
    limit(|| {
        let counts = Arc::default();
        let body = Body::new(&counts);
        let mut dual = Dual::future(async { body.run() }).boxed();
        context::inside_executor(|| {
            assert_panics(REFUSED, || _ = &*dual);
            assert_panics(REFUSED, || _ = &mut *dual);
        });
        assert_eq!(counts.runs(), 0);
        let _ = &*dual;
        drop(dual.get());
        assert_eq!(counts.runs(), 1);
        assert_eq!(counts.left(), (0, 0));
    });
}

/// A pair whose input counts itself, and whose value is the path it took.
fn path(counts: &Arc<Counts>) -> DualOf<impl Work<Output = &'static str> + use<>> {
    Dual::pair(
        Body::new(counts),
        |body| {
            drop(body.run());
            "sync"
        },
        async |body| {
            yield_now().await;
            drop(body.run());
            "async"
        },
    )
}

/// A pair takes its sync path for `get` and its async one for `.await`, and drops its input.
#[test]
fn pair_takes_the_path_of_its_caller() {
    limit(|| {
        let counts = Arc::default();
        let path = || path(&counts);
        assert_eq!(path().get(), "sync");
        assert_eq!(path().try_get().expect("outside"), "sync");
        assert_eq!(*path().boxed_local(), "sync");
        assert_eq!(path().boxed_local().get(), "sync");
        assert_eq!(pollster::block_on(path()), "async");
        assert_eq!(pollster::block_on(context::inside(path())), "async");
        #[cfg(feature = "executor")]
        assert_eq!(smartcall::LocalExecutor::new().block_on(path()), "async");
        assert_eq!(
            counts.runs(),
            if cfg!(feature = "executor") { 7 } else { 6 }
        );
        drop(path());
        assert_eq!(counts.left(), (0, 0));
    });
}

/// In what a `get` drives, a pair takes its sync path if it is alone, else its async one.
#[test]
fn pair_in_a_driven_future() {
    limit(|| {
        let counts = Arc::default();
        let path = || path(&counts);
        let alone = async { (path().await, path().await) };
        assert_eq!(Dual::future(alone).get(), ("sync", "sync"));
        let joined = async { join!(path(), path()) };
        assert_eq!(Dual::future(joined).get(), ("async", "async"));
        assert_eq!(counts.left(), (0, 0));
    });
}

/// The input of a pair may be `&mut`.
#[test]
fn pair_with_a_borrowed_input() {
    limit(|| {
        let mut log = Vec::new();
        for _ in 0..2 {
            Dual::pair(
                &mut log,
                |log| log.push("sync"),
                async |log| log.push("async"),
            )
            .get();
            let dual = Dual::pair(
                &mut log,
                |log| log.push("sync"),
                async |log| log.push("async"),
            );
            pollster::block_on(dual);
        }
        assert_eq!(log, ["sync", "async", "sync", "async"]);
    });
}

/// A pair that was polled goes on with its async path when it is blocked on.
#[test]
fn pair_blocks_on_after_a_poll() {
    limit(|| {
        let counts = Arc::default();
        let waits = async |body: Body| {
            yield_now().await;
            drop(body.run());
            "async"
        };
        let pair = Dual::pair(Body::new(&counts), |_| "sync", waits);
        let mut pair = Box::pin(pair);
        assert!(poll(pair.as_mut()).is_pending());
        assert_eq!(Dual::new(pair).get(), "async");
        assert_eq!(counts.runs(), 1);
        assert_eq!(counts.left(), (0, 0));
    });
}

/// Work with two sides that tell how it was resolved.
struct Sides {
    polls: u32,
}

impl Future for Sides {
    type Output = String;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<String> {
        self.polls += 1;
        if self.polls == 1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(format!("polled {} times", self.polls))
    }
}

impl Work for Sides {
    fn block(self: Pin<&mut Self>) -> String {
        format!("blocked after {} polls", self.polls)
    }
}

fn sides() -> Dual<String, Sides> {
    Dual::new(Sides { polls: 0 })
}

/// Work that somebody wrote is resolved by its own two sides.
#[test]
fn work_by_hand() {
    limit(|| {
        assert_eq!(sides().get(), "blocked after 0 polls");
        assert_eq!(sides().try_get().expect("outside"), "blocked after 0 polls");
        assert_eq!(*sides().boxed(), "blocked after 0 polls");
        assert_eq!(pollster::block_on(sides()), "polled 2 times");
        assert_eq!(
            Dual::future(async { sides().await }).get(),
            "polled 2 times"
        );
        let refused = context::inside_executor(|| sides().try_get());
        assert_eq!(
            refused.expect_err("it may wait").into_handle().get(),
            "blocked after 0 polls"
        );
        #[cfg(feature = "executor")]
        {
            let ex = smartcall::Executor::builder().threads(1).build();
            assert_eq!(ex.block_on(ex.spawn(sides())), "polled 2 times");
        }
    });
}

/// Boxed work that was not polled is resolved by its own `block`, not by being driven.
#[test]
fn boxed_before_a_poll() {
    limit(|| {
        assert_eq!(sides().boxed().get(), "blocked after 0 polls");
        assert_eq!(sides().boxed_local().get(), "blocked after 0 polls");
        assert_eq!(
            sides().boxed().boxed_local().boxed_local().get(),
            "blocked after 0 polls"
        );
        assert_eq!(pollster::block_on(sides().boxed()), "polled 2 times");
        let here = thread::current().id();
        assert_eq!(
            Dual::blocking(|| thread::current().id()).boxed().get(),
            here
        );
    });
}

/// A handle that was polled goes on from there when it is got, by the work's own `block`.
#[test]
fn got_after_a_poll() {
    #[track_caller]
    fn check<W: Work<Output = String>>(dual: Dual<String, W>) {
        let mut dual = Box::pin(dual);
        assert!(poll(dual.as_mut()).is_pending());
        assert_eq!(Dual::new(dual).get(), "blocked after 1 polls");
    }

    limit(|| {
        check(sides());
        check(sides().boxed());
        check(sides().boxed_local());
        check(sides().boxed().boxed_local());
        check(Dual::new(Box::pin(sides())));
        check(sides().map(|text| text));

        // An async body is driven on.
        let mut dual = Box::pin(Dual::future(async {
            yield_now().await;
            sides().await
        }));
        assert!(poll(dual.as_mut()).is_pending());
        assert_eq!(Dual::new(dual).get(), "polled 2 times");
    });
}

/// So does one that gave itself back: it is boxed or awaited as it is.
#[test]
fn given_back_after_a_poll() {
    fn later() -> Dual<String, Sides> {
        sides().now_or_later().expect_err("it waits")
    }

    limit(|| {
        assert_eq!(later().get(), "blocked after 1 polls");
        assert_eq!(later().boxed().get(), "blocked after 1 polls");
        assert_eq!(*later().boxed_local(), "blocked after 1 polls");
        assert_eq!(pollster::block_on(later()), "polled 2 times");
        let refused = context::inside_executor(|| later().try_get());
        let dual = refused.expect_err("it may wait").into_handle();
        assert_eq!(pollster::block_on(dual), "polled 2 times");
    });
}

/// Blocking code that was polled is the pool's, boxed or not, and runs no second time.
#[test]
fn blocking_code_blocked_on_after_a_poll() {
    #[track_caller]
    fn check<W: Work<Output = Value>>(counts: &Arc<Counts>, dual: Dual<Value, W>) {
        let mut dual = Box::pin(dual);
        if poll(dual.as_mut()).is_pending() {
            drop(Dual::new(dual).get());
        }
        assert_eq!(counts.runs.swap(0, Ordering::SeqCst), 1);
    }

    limit(|| {
        let counts = Arc::default();
        let dual = || {
            let body = Body::new(&counts);
            Dual::blocking(|| body.run())
        };
        check(&counts, dual());
        check(&counts, dual().boxed());
        check(&counts, dual().boxed_local());
    });
}

/// Boxing a handle that is resolved, or whose body panicked, changes neither.
#[test]
fn boxed_after_a_deref() {
    limit(|| {
        let dual = Dual::future(async { String::from("kept") }).boxed();
        let first: *const u8 = dual.as_ptr();
        let dual = dual.boxed().boxed_local();
        assert!(dual.is_ready());
        assert_eq!(dual.as_ptr(), first);
        let kept = pollster::block_on(dual);
        assert_eq!((kept.as_ptr(), &*kept), (first, "kept"));

        let dual = Dual::in_place(fails).boxed();
        assert_panics("the body's own message", || *dual);
        assert_panics(PANICKED, || dual.boxed().get());
    });
}

/// A body that is dereferenced runs where its form says, like that of a `get`.
#[test]
fn deref_runs_a_body_like_get() {
    limit(|| {
        assert_eq!(
            *Dual::future(async { context::current() }).boxed(),
            Place::Driving
        );
        assert_eq!(*Dual::blocking(context::current).boxed(), Place::Outside);
        let here = thread::current().id();
        assert_eq!(*Dual::blocking(|| thread::current().id()).boxed(), here);
    });
}

/// B5: a deref keeps the value where it is, and hands it over to whoever resolves the handle.
#[test]
fn deref_keeps_the_value() {
    limit(|| {
        let dual = Dual::future(async { String::from("kept") }).boxed();
        let first: *const String = &*dual;
        assert!(std::ptr::eq(first, &*dual));
        let dual = Box::new(dual);
        assert!(std::ptr::eq(first, &**dual), "it moves with no handle");
        let text = dual.as_ptr();
        let kept = dual.get();
        assert_eq!(kept.as_ptr(), text);

        let dual = Dual::blocking(|| String::from("kept")).boxed();
        let text = dual.as_ptr();
        let awaited = pollster::block_on(dual);
        assert_eq!((awaited.as_ptr(), &*awaited), (text, "kept"));

        // In an executor as well.
        let dual = Dual::blocking(|| String::from("kept")).boxed();
        let text = dual.as_ptr();
        let awaited = pollster::block_on(context::inside(async {
            assert_eq!(dual.as_ptr(), text);
            dual.await
        }));
        assert_eq!(awaited.as_ptr(), text);
    });
}

/// A deref of a handle that was polled goes on from there.
#[test]
fn deref_after_a_poll() {
    limit(|| {
        let mut dual = Box::pin(sides().boxed());
        assert!(poll(dual.as_mut()).is_pending());
        assert_eq!(**dual, "blocked after 1 polls");
        assert_eq!(pollster::block_on(dual), "blocked after 1 polls");
    });
}

/// A handle whose value a poll has given away has none for a deref; nor has one whose body panicked in a poll.
#[test]
fn deref_after_completion() {
    limit(|| {
        let mut dual = Box::pin(Dual::ready(5).boxed());
        assert_eq!(poll(dual.as_mut()), Poll::Ready(5));
        assert_panics(AGAIN, || **dual);
        assert!(!dual.is_ready());

        let mut dual = Box::pin(Dual::in_place(fails).boxed());
        assert_panics("the body's own message", || poll(dual.as_mut()));
        assert_panics(AGAIN, || **dual);
    });
}

/// Awaits a handle in a task, after a deref there was refused; one that is ready is lent.
async fn refused_deref() {
    let dual = Dual::future(async {
        yield_now().await;
        5
    })
    .boxed();
    let message = panic_of(|| *dual);
    assert!(message.starts_with(REFUSED), "{message}");
    assert!(
        message.contains("Was an `.await` forgotten? Write `dual.await` here"),
        "{message}"
    );
    assert!(panic_of(|| *Dual::in_place(|| 5).boxed()).starts_with(REFUSED));
    assert!(panic_of(|| *Dual::blocking(|| 5).boxed()).starts_with(REFUSED));
    assert_eq!(*Dual::ready(5).boxed(), 5);
    assert_eq!(dual.await, 5);
}

/// A12: in a task a deref is refused, also where a get goes through; the handle is awaited nevertheless.
#[test]
fn deref_in_a_task() {
    limit(|| {
        pollster::block_on(context::inside(refused_deref()));
        #[cfg(feature = "executor")]
        {
            let ex = smartcall::Executor::builder().threads(1).build();
            ex.spawn(refused_deref()).get();
            ex.block_on(refused_deref());
            let local = smartcall::LocalExecutor::new();
            local.block_on(local.spawn(refused_deref()));
            local.block_on(refused_deref());
        }
        #[cfg(feature = "tokio")]
        {
            let many = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .build()
                .expect("a runtime");
            many.block_on(many.spawn(refused_deref())).expect("it ends");
            let one = tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime");
            one.block_on(refused_deref());
            one.block_on(one.spawn(refused_deref())).expect("it ends");
        }
    });
}

/// A boxed handle that lives longer is used where one is wanted that lives shorter, polled or not.
#[test]
fn narrowed() {
    fn sum<'a>(duals: [Dual<usize, Boxed<'a, usize>>; 2]) -> usize {
        duals.into_iter().map(|dual| dual.get()).sum()
    }

    fn sum_local<'a>(duals: [Dual<usize, LocalBoxed<'a, usize>>; 2]) -> usize {
        duals.into_iter().map(|dual| dual.get()).sum()
    }

    limit(|| {
        let text = String::from("text");
        let borrows = || Dual::in_place(|| text.len());
        let owns: Dual<usize> = Dual::future(async { 1 }).boxed();
        assert_eq!(sum([borrows().boxed(), owns.narrow()]), 5);

        // With the value of a deref.
        let owns: Dual<usize> = Dual::future(async { 2 }).boxed();
        assert_eq!(*owns, 2);
        assert_eq!(sum([borrows().boxed(), owns.narrow()]), 6);

        // One that was polled, and came back.
        let owns: Dual<usize> = Dual::future(async {
            yield_now().await;
            3
        })
        .boxed();
        let owns = owns.now_or_later().expect_err("it waits");
        assert_eq!(sum([borrows().boxed(), owns.narrow()]), 7);

        let owns: Dual<usize, LocalBoxed<'static, usize>> = Dual::ready(4).boxed_local();
        assert_eq!(sum_local([borrows().boxed_local(), owns.narrow()]), 8);
    });
}
