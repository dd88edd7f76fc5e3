//! Where a body runs, by its caller, and what can be called.

use std::fmt::Debug;
use std::future::{self, Future};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
#[cfg(feature = "executor")]
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread::{self, ThreadId};

use futures::{join, poll};
#[cfg(feature = "executor")]
use smartcall::Executor;
use smartcall::kind::{asynchronous, blocking, in_place};
use smartcall::{Dual, SmartCall, SmartFn, context, offload};

#[cfg(target_os = "linux")]
use crate::common::threads;
use crate::common::{in_child, limit};

/// An executor with one worker thread.
#[cfg(feature = "executor")]
static EXECUTOR: LazyLock<Executor> = LazyLock::new(|| Executor::builder().threads(1).build());

/// Calls by `get`, by `.await`, and by `.await` in an `Executor`.
#[track_caller]
fn both<T, K, Args>(op: impl SmartCall<T, K, Args>, args: Args, expected: T)
where
    T: PartialEq + Debug,
    Args: Clone,
{
    assert_eq!(op.invoke_with(args.clone()).get(), expected, "by get");
    let awaited = pollster::block_on(op.invoke_with(args.clone()));
    assert_eq!(awaited, expected, "awaited");
    #[cfg(feature = "executor")]
    assert_eq!(
        EXECUTOR.block_on(op.invoke_with(args)),
        expected,
        "awaited in an `Executor`"
    );
}

fn thread_id() -> ThreadId {
    thread::current().id()
}

/// The waker that this is polled with.
fn waker() -> impl Future<Output = Waker> {
    future::poll_fn(|cx| Poll::Ready(cx.waker().clone()))
}

/// An async body is driven on the thread of a sync caller, again and again.
#[test]
fn async_body_from_sync_code() {
    limit(|| {
        let here = thread_id();
        let twice = async |n: u32| {
            futures_lite::future::yield_now().await;
            (n * 2, thread_id())
        };
        for n in 0..1_000 {
            assert_eq!(twice.invoke_with((n,)).get(), (n * 2, here));
        }
    });
}

/// An async body that is woken from another thread.
#[test]
fn async_body_from_sync_code_that_waits() {
    limit(|| {
        for n in 0..100 {
            let (sender, receiver) = futures::channel::oneshot::channel();
            let sending = thread::spawn(move || sender.send(n));
            assert_eq!(Dual::future(receiver).get(), Ok(n));
            assert_eq!(sending.join().expect("no panic"), Ok(()));
        }
    });
}

/// An async body is polled on its caller's thread, by its caller's waker.
#[test]
fn async_body_from_async_code() {
    async fn polled_through() {
        let here = thread_id();
        let (waker_of_body, there) = (async || (waker().await, thread_id())).invoke().await;
        assert_eq!(there, here);
        assert!(waker_of_body.will_wake(&waker().await));
    }

    limit(|| {
        pollster::block_on(polled_through());
        Dual::future(polled_through()).get();
        #[cfg(feature = "executor")]
        {
            EXECUTOR.block_on(polled_through());
            EXECUTOR.block_on(EXECUTOR.spawn(polled_through()));
        }
    });
}

/// A sync body runs on the thread of a sync caller, and nothing is started for it.
#[cfg(target_os = "linux")]
#[test]
fn sync_body_from_sync_code_starts_no_thread() {
    in_child(|| {
        let before = threads();
        let here = thread_id();
        assert_eq!(thread_id.invoke().get(), here);
        assert_eq!(*thread_id.invoke().boxed(), here);
        assert_eq!(thread_id.invoke().try_get().ok(), Some(here));
        assert_eq!(thread_id.invoke().boxed().get(), here);
        assert_eq!(SmartFn::new(thread_id).invoke().get(), here);
        assert_eq!(Dual::blocking(thread_id).get(), here);
        assert_eq!(threads(), before);
    });
}

/// Sync code that is all that a driven future waits for starts no thread.
///
/// With the feature `tokio`, a driven future enters a runtime, which has threads.
#[cfg(all(target_os = "linux", not(feature = "tokio")))]
#[test]
fn sync_body_in_a_driven_future_starts_no_thread() {
    in_child(|| {
        let before = threads();
        let here = thread_id();
        let twice = async || (thread_id.invoke().await, thread_id.invoke().await);
        assert_eq!(Dual::future(twice()).get(), (here, here));
        let nested = async { (Dual::future(twice()).get(), thread_id.invoke().await) };
        assert_eq!(Dual::future(nested).get(), ((here, here), here));
        assert_eq!(threads(), before);
    });
}

/// A sync body that an async caller awaits leaves the caller's thread to the others.
#[test]
fn sync_body_from_async_code_lets_others_go_on() {
    limit(|| {
        let (sender, receiver) = mpsc::channel();
        let waits = Dual::blocking(move || (receiver.recv(), thread_id()));
        let sends = async move { sender.send(5) };
        let ((received, there), sent) = pollster::block_on(async { join!(waits, sends) });
        assert_eq!((received, sent), (Ok(5), Ok(())));
        assert_ne!(there, thread_id());
    });
}

/// A sync body that a task awaits leaves the one thread of the executor to the other task.
#[cfg(feature = "executor")]
#[test]
fn sync_body_in_a_task_lets_other_tasks_go_on() {
    limit(|| {
        let (asked, started) = mpsc::channel();
        let (sender, receiver) = mpsc::channel();
        let waits = EXECUTOR.spawn(async move {
            let worker = thread_id();
            let (received, there) = Dual::blocking(move || {
                let _ = asked.send(());
                (receiver.recv(), thread_id())
            })
            .await;
            assert_ne!(there, worker);
            received
        });
        assert_eq!(started.recv(), Ok(()));
        let sends = EXECUTOR.spawn(async move { sender.send(5) });
        assert_eq!(
            EXECUTOR.block_on(async { (sends.await, waits.await) }),
            (Ok(()), Ok(5))
        );
    });
}

/// Three sync bodies at once overlap: each waits for the others.
#[test]
fn sync_bodies_from_async_code_overlap() {
    limit(|| {
        let barrier = Arc::new(Barrier::new(3));
        let meet = move || {
            barrier.wait();
        };
        pollster::block_on(async { join!(meet.invoke(), meet.invoke(), meet.invoke()) });
        #[cfg(feature = "executor")]
        {
            let tasks = [(); 3].map(|()| EXECUTOR.spawn(meet.invoke()));
            EXECUTOR.block_on(futures::future::join_all(tasks));
        }
    });
}

/// With `set_max_jobs(1)`, three sync bodies at once run one after the other, in order.
#[test]
fn sync_bodies_queue_at_max_jobs() {
    in_child(|| {
        offload::set_max_jobs(NonZeroUsize::MIN);
        let done = Arc::new(Mutex::new(Vec::new()));
        let job = |n: u32| {
            let done = Arc::clone(&done);
            move || done.lock().expect("no panic").push(n)
        };
        let (begun, begins) = mpsc::channel();
        let (open, gate) = mpsc::channel();
        let first = {
            let job = job(1);
            Dual::blocking(move || {
                begun.send(()).expect("the test waits");
                gate.recv().expect("the gate is opened");
                job();
            })
        };
        let (second, third) = (job(2).invoke(), job(3).invoke());
        pollster::block_on(async {
            let mut first = pin!(first);
            let mut second = pin!(second);
            let mut third = pin!(third);
            assert!(poll!(&mut first).is_pending());
            begins.recv().expect("the first job begins");
            #[cfg(target_os = "linux")]
            let before = threads();
            assert!(poll!(&mut second).is_pending());
            assert!(poll!(&mut third).is_pending());
            // No thread of the pool is idle, so a job that is started would get a new one.
            #[cfg(target_os = "linux")]
            assert_eq!(threads(), before);
            open.send(()).expect("the job waits");
            join!(first, second, third)
        });
        assert_eq!(*done.lock().expect("no panic"), [1, 2, 3]);
    });
}

/// A method is called with its state through a closure.
struct Counter {
    count: AtomicU32,
}

impl Counter {
    fn new() -> Arc<Self> {
        Arc::new(Counter {
            count: AtomicU32::new(0),
        })
    }

    fn add(&self, n: u32) -> u32 {
        self.count.fetch_add(n, Ordering::Relaxed) + n
    }

    async fn add_async(&self, n: u32) -> u32 {
        self.add(n)
    }
}

fn double(n: u32) -> u32 {
    n * 2
}

async fn double_async(n: u32) -> u32 {
    n * 2
}

/// Free functions and pointers to them.
#[test]
fn functions() {
    limit(|| {
        both(double, (4,), 8);
        both(double as fn(u32) -> u32, (4,), 8);
        both(double_async, (4,), 8);
        both(str::len, ("four",), 4);
        both(String::from, ("four",), String::from("four"));
        both(|n| Dual::future(double_async(n)), (4,), 8);
    });
}

/// A method sees the same state in each call.
#[test]
fn method_with_state() {
    limit(|| {
        let counter = Counter::new();
        let add = {
            let counter = Arc::clone(&counter);
            move |n: u32| counter.add(n)
        };
        let add_async = {
            let counter = Arc::clone(&counter);
            move |n: u32| {
                let counter = Arc::clone(&counter);
                async move { counter.add_async(n).await }
            }
        };
        assert_eq!(add.invoke_with((1,)).get(), 1);
        assert_eq!(pollster::block_on(add.invoke_with((2,))), 3);
        assert_eq!(add_async.invoke_with((3,)).get(), 6);
        assert_eq!(pollster::block_on(add_async.invoke_with((4,))), 10);
        assert_eq!(counter.add(0), 10);
    });
}

/// The first argument is given before the others.
#[test]
fn partially_applied() {
    fn partial<A: Clone, B, T>(f: impl Fn(A, B) -> T + Clone, a: A) -> impl Fn(B) -> T + Clone {
        move |b| f(a.clone(), b)
    }

    limit(|| {
        let sub = |a: u32, b: u32| a - b;
        both(partial(sub, 5), (3,), 2);
        both(partial(async |a: u32, b: u32| a - b, 5), (3,), 2);
        both(partial(|a: u32, b: u32| Dual::ready(a - b), 5), (3,), 2);
    });
}

/// Callables of different kinds are one type as a `SmartFn`.
#[test]
fn smart_fn() {
    limit(|| {
        let counter = Counter::new();
        let ops = [
            SmartFn::new(double),
            SmartFn::new(double_async),
            SmartFn::new(|n| Dual::future(double_async(n))),
            SmartFn::new(in_place(double)),
            SmartFn::new(SmartFn::new(double)),
            SmartFn::new(move |n| counter.add(n) - counter.add(0) + n * 2),
        ];
        for op in &ops {
            both(op, (4,), 8);
            both(op.clone(), (4,), 8);
        }
    });
}

/// A callable that is neither `Clone` nor `Send` can be called in place, by reference.
struct Plain(*const ());

impl Plain {
    fn through<T>(&self, value: T) -> T {
        assert!(self.0.is_null());
        value
    }
}

/// Calls callables of every kind with these arguments; each returns what it was given.
macro_rules! every_kind {
    ($($arity:ident($($arg:ident = $value:literal),*);)*) => {$(
        /// Callables of every kind with so many arguments, each in its position.
        #[test]
        fn $arity() {
            limit(|| {
                let args = ($($value,)*);
                let seen = Vec::<u8>::from([$($value),*]);
                let sync = |$($arg: u8),*| Vec::<u8>::from([$($arg),*]);
                let plain = Plain(std::ptr::null());
                both(sync, args, seen.clone());
                both(blocking(sync), args, seen.clone());
                both(async |$($arg: u8),*| sync($($arg),*), args, seen.clone());
                both(asynchronous(|$($arg: u8),*| future::ready(sync($($arg),*))), args, seen.clone());
                both(|$($arg: u8),*| Dual::future(async move { sync($($arg),*) }), args, seen.clone());
                both(asynchronous(|$($arg: u8),*| Dual::ready(sync($($arg),*))), args, seen.clone());
                both(in_place(sync), args, seen.clone());
                both(&in_place(|$($arg: u8),*| plain.through(sync($($arg),*))), args, seen.clone());
                both(SmartFn::new(sync), args, seen.clone());
                both(&SmartFn::new(sync), args, seen);
            });
        }
    )*};
}

every_kind! {
    no_arguments();
    one_argument(a = 1);
    two_arguments(a = 1, b = 2);
    three_arguments(a = 1, b = 2, c = 3);
    four_arguments(a = 1, b = 2, c = 3, d = 4);
    five_arguments(a = 1, b = 2, c = 3, d = 4, e = 5);
    six_arguments(a = 1, b = 2, c = 3, d = 4, e = 5, f = 6);
    seven_arguments(a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7);
    eight_arguments(a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8);
}

/// One callable is called by sync code, inside an executor, by sync code again, and on another
/// thread. Each call runs by its own caller.
#[test]
fn each_call_runs_by_its_own_caller() {
    limit(|| {
        let here = thread_id();
        for _ in 0..3 {
            assert_eq!(thread_id.invoke().get(), here, "sync");
            pollster::block_on(context::inside(async {
                assert!(thread_id.invoke().try_get().is_err(), "inside");
                assert_ne!(thread_id.invoke().await, here, "awaited inside");
            }));
            assert_eq!(thread_id.invoke().get(), here, "sync again");
            let other = thread::spawn(|| (thread_id.invoke().get(), thread_id()));
            let (ran, other) = other.join().expect("no panic");
            assert_eq!(ran, other, "on another thread");
        }
    });
}

/// A handle that an executor's thread refuses twice runs on a thread outside of it.
#[test]
fn a_handle_runs_where_it_is_resolved() {
    limit(|| {
        let mut handle = context::inside_executor(|| thread_id.invoke());
        for _ in 0..2 {
            let refused = context::inside_executor(|| handle.try_get());
            handle = refused.expect_err("refused inside").into_handle();
        }
        assert_eq!(handle.get(), thread_id());
    });
}

/// What happens to one handle does not show in another of the same callable.
#[test]
fn handles_do_not_influence_each_other() {
    limit(|| {
        let counter = Counter::new();
        let op = move |n: u32| {
            assert_ne!(n, 0, "zero was asked for");
            counter.add(n)
        };
        let [a, b, c, d, e, f] = [1, 0, 1, 1, 1, 1].map(|n| op.invoke_with((n,)));
        let c = c.boxed();
        assert_eq!(*c, 1);
        assert!(catch_unwind(AssertUnwindSafe(|| b.get())).is_err());
        drop(e);
        let a = context::inside_executor(|| a.try_get()).expect_err("refused inside");
        assert_eq!(pollster::block_on(f), 2);
        assert_eq!(d.get(), 3);
        assert_eq!(a.into_handle().get(), 4);
        assert_eq!(c.get(), 1);
    });
}
