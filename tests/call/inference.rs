//! What compiles without annotations. That these tests compile is most of what they show.

use std::fs;
use std::future::{self, Future};
use std::marker::PhantomPinned;
use std::num::ParseIntError;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{BoxFuture, Either, LocalBoxFuture, select};
use smartcall::kind::{self, asynchronous, blocking, in_place};
use smartcall::{Dual, DualOf, SmartCall, SmartFn, Work};

use super::support::Job;
use crate::common::{limit, retry};

/// The least that a middleware can do.
fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

#[derive(Debug, PartialEq)]
struct TimedOut;

fn timeout<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = Result<T, TimedOut>>> {
    Dual::future(async move {
        let call = pin!(op.invoke());
        let timer = pin!(async_io::Timer::after(Duration::from_secs(600)));
        match select(call, timer).await {
            Either::Left((value, _)) => Ok(value),
            Either::Right(_) => Err(TimedOut),
        }
    })
}

fn parse() -> Result<u32, ParseIntError> {
    "5".parse()
}

async fn parse_async() -> Result<u32, ParseIntError> {
    futures_lite::future::yield_now().await;
    parse()
}

fn parse_smart() -> DualOf<impl Work<Output = Result<u32, ParseIntError>>> {
    Dual::future(parse_async())
}

/// A callable that fails before it succeeds.
fn third_time() -> impl Fn() -> Result<u32, u32> + Clone + Send + Sync {
    let calls = std::sync::Arc::new(AtomicU32::new(0));
    move || match calls.fetch_add(1, Ordering::Relaxed) {
        2 => Ok(5),
        n => Err(n),
    }
}

/// The callable decides the output where nothing else does.
#[test]
fn free_output() {
    fn smart() -> DualOf<impl Work<Output = u32>> {
        Dual::ready(5)
    }

    limit(|| {
        assert_eq!(once(async || 5).get(), 5);
        let v: u32 = once(async || 5).get();
        assert_eq!(v, 5);
        assert_eq!(once(|| 5).get(), 5);
        assert_eq!(once(smart).get(), 5);
        assert_eq!(once(|| Dual::future(async { 5 })).get(), 5);
        assert_eq!(once(|| Dual::ready(5).boxed()).get(), 5);
        assert_eq!(once(SmartFn::new(|| 5)).get(), 5);
        assert_eq!(once(&SmartFn::new(async || 5)).get(), 5);
        assert_eq!(once(in_place(|| 5)).get(), 5);
        assert_eq!(once(&in_place(|| 5)).get(), 5);
        assert_eq!(pollster::block_on(once(async || 5)), 5);
        let dual = once(async || String::from("five")).boxed_local();
        assert_eq!(dual.len(), 4);
        once(async || ()).get();
        once(|| {}).get();
    });
}

/// `retry` with a function, a closure, an async closure and a smart function.
#[test]
fn retry_of_anything() {
    limit(|| {
        assert_eq!(retry(parse, 3).get(), Ok(5));
        assert_eq!(retry(|| "5".parse::<u32>(), 3).get(), Ok(5));
        assert_eq!(retry(third_time(), 3).get(), Ok(5));
        assert_eq!(retry(third_time(), 2).get(), Err(1));
        assert_eq!(retry(parse_async, 3).get(), Ok(5));
        assert_eq!(retry(async || parse(), 3).get(), Ok(5));
        assert_eq!(retry(async || parse_async().await, 3).get(), Ok(5));
        assert_eq!(retry(parse_smart, 3).get(), Ok(5));
        assert_eq!(retry(SmartFn::new(parse), 3).get(), Ok(5));
        assert!(retry(|| fs::read("no such file"), 3).get().is_err());
        pollster::block_on(async {
            assert!(retry(|| fs::read("no such file"), 3).await.is_err());
            assert_eq!(retry(third_time(), 3).await, Ok(5));
            assert_eq!(retry(async || parse_async().await, 3).await, Ok(5));
            assert_eq!(retry(parse_smart, 3).await, Ok(5));
        });
    });
}

/// Middlewares are smart callables, so they nest.
#[test]
fn middlewares_nest() {
    limit(|| {
        assert_eq!(timeout(|| retry(parse, 3)).get(), Ok(Ok(5)));
        assert_eq!(timeout(|| retry(parse_async, 3)).get(), Ok(Ok(5)));
        assert_eq!(once(|| timeout(|| retry(parse, 3))).get(), Ok(Ok(5)));
        assert_eq!(once(|| timeout(|| retry(parse_async, 3))).get(), Ok(Ok(5)));
        assert_eq!(once(|| timeout(|| retry(parse_smart, 3))).get(), Ok(Ok(5)));
        assert_eq!(retry(|| timeout(|| once(|| 5)), 3).get(), Ok(5));
        assert_eq!(retry(|| timeout(|| once(async || 5)), 3).get(), Ok(5));
        assert_eq!(
            pollster::block_on(retry(|| timeout(|| once(|| 5)), 3)),
            Ok(5)
        );
        assert_eq!(
            pollster::block_on(once(|| timeout(|| retry(parse, 3)))),
            Ok(Ok(5))
        );
    });
}

/// A struct that stores a callable needs no annotation where it is made.
#[test]
fn stored_in_a_struct() {
    limit(|| {
        assert_eq!(Job::new(|| 5).run().get(), 5);
        assert_eq!(Job::new(async || 5).run().get(), 5);
        assert_eq!(Job::new(|| Dual::ready(5)).run().get(), 5);
        assert_eq!(Job::new(parse_smart).run().get(), Ok(5));
        let job = Job::new(async || 5);
        assert_eq!(once(|| job.run()).get() + job.run().get(), 10);
        fn send<T: Send + Sync>(_: &T) {}
        send(&Job::new(async || Rc::new(5)));
    });
}

/// A builder, whose callable comes last.
#[derive(Default)]
struct Calls<Op = ()> {
    attempts: u32,
    name: String,
    op: Op,
}

impl Calls {
    fn new() -> Self {
        Calls::default()
    }

    fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    fn op<F: SmartCall<Result<T, E>, K>, T, E, K>(self, op: F) -> Calls<Job<F, Result<T, E>, K>> {
        Calls {
            attempts: self.attempts,
            name: self.name,
            op: Job::new(op),
        }
    }
}

impl<F: SmartCall<Result<T, E>, K>, T, E, K> Calls<Job<F, Result<T, E>, K>> {
    fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    fn run(self) -> DualOf<impl Work<Output = (String, Result<T, E>)>> {
        Dual::future(async move { (self.name, retry(self.op.op, self.attempts).await) })
    }
}

/// A builder that stores a callable needs no annotation either.
#[test]
fn stored_by_a_builder() {
    limit(|| {
        let named = |result| (String::from("parse"), result);
        let calls = || Calls::new().attempts(3);
        assert_eq!(calls().op(parse).name("parse").run().get(), named(Ok(5)));
        assert_eq!(
            calls().op(parse_async).name("parse").run().get(),
            named(Ok(5))
        );
        assert_eq!(
            calls().op(parse_smart).name("parse").run().get(),
            named(Ok(5))
        );
        assert_eq!(
            calls().op(async || parse()).name("parse").run().get(),
            named(Ok(5))
        );
        assert_eq!(calls().op(third_time()).run().get().1, Ok(5));
    });
}

/// A type whose methods return callables.
struct Client {
    url: String,
}

impl Client {
    fn sync_op(&self) -> impl SmartCall<usize, kind::Sync> + use<> {
        let url = self.url.clone();
        move || url.len()
    }

    fn async_op(&self) -> impl SmartCall<usize, kind::Async> {
        async || self.url.len()
    }

    fn smart_op(&self) -> impl SmartCall<usize, kind::Async> {
        || Dual::future(async { self.url.len() })
    }

    fn op_with(&self) -> impl SmartCall<usize, kind::Async, (usize,)> {
        async |n: usize| self.url.len() + n
    }
}

/// A method returns `impl SmartCall`, which goes into a middleware.
#[test]
fn returned_by_a_method() {
    limit(|| {
        let client = Client {
            url: String::from("http://localhost/"),
        };
        assert_eq!(client.sync_op().invoke().get(), 17);
        assert_eq!(once(client.sync_op()).get(), 17);
        assert_eq!(once(client.async_op()).get(), 17);
        assert_eq!(once(client.smart_op()).get(), 17);
        assert_eq!(client.op_with().invoke_with((3,)).get(), 20);
        assert_eq!(timeout(client.smart_op()).get(), Ok(17));
        assert_eq!(pollster::block_on(once(client.sync_op())), 17);
    });
}

/// A handle that another function returns is `Send` if its contents are, and can be spawned.
#[test]
fn spawned() {
    fn count(text: &'static str) -> DualOf<impl Work<Output = usize>> {
        Dual::future(async move { once(|| 3).await + text.len() })
    }

    limit(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let task = tokio::spawn(count("two"));
            assert_eq!(task.await.expect("no panic"), 6);
            let task = tokio::spawn(timeout(|| retry(parse, 3)));
            assert_eq!(task.await.expect("no panic"), Ok(Ok(5)));
            let task = tokio::spawn(async { retry(parse_smart, 3).await });
            assert_eq!(task.await.expect("no panic"), Ok(5));
        });
        #[cfg(feature = "executor")]
        {
            let ex = smartcall::Executor::builder().threads(1).build();
            assert_eq!(ex.block_on(ex.spawn(count("two"))), 6);
            assert_eq!(ex.block_on(ex.spawn(retry(parse, 3))), Ok(5));
            assert_eq!(
                ex.block_on(ex.spawn(timeout(|| retry(parse_async, 3)))),
                Ok(Ok(5))
            );
            let ex = smartcall::LocalExecutor::new();
            assert_eq!(*ex.block_on(ex.spawn(once(async || Rc::new(5)))), 5);
        }
    });
}

/// An output may be opaque itself.
#[test]
fn opaque_output() {
    fn squares(n: u32) -> DualOf<impl Work<Output = impl Iterator<Item = u32>>> {
        Dual::future(async move { (0..n).map(|i| i * i) })
    }

    fn squares_sync(n: u32) -> impl Iterator<Item = u32> {
        (0..n).map(|i| i * i)
    }

    async fn squares_async(n: u32) -> impl Iterator<Item = u32> {
        squares_sync(n)
    }

    limit(|| {
        assert_eq!(squares(4).get().sum::<u32>(), 14);
        assert_eq!(pollster::block_on(squares(4)).sum::<u32>(), 14);
        assert_eq!(squares.invoke_with((4,)).get().sum::<u32>(), 14);
        assert_eq!(squares_sync.invoke_with((4,)).get().sum::<u32>(), 14);
        assert_eq!(squares_async.invoke_with((4,)).get().sum::<u32>(), 14);
        assert_eq!(once(|| squares(4)).get().sum::<u32>(), 14);
        assert_eq!(once(async || squares(4).await).get().sum::<u32>(), 14);
        // The deref finds the output's own methods.
        assert_eq!(squares(4).boxed().nth(3), Some(9));
    });
}

/// Arguments of async and smart callables may be borrowed.
#[test]
fn borrowed_arguments() {
    async fn count(text: &str) -> usize {
        text.len()
    }

    fn count_smart(text: &str) -> DualOf<impl Work<Output = usize>> {
        Dual::future(async move { text.len() })
    }

    async fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
        if a.len() < b.len() { b } else { a }
    }

    fn longest_smart<'a>(a: &'a str, b: &'a str) -> DualOf<impl Work<Output = &'a str>> {
        Dual::future(longest(a, b))
    }

    /// A middleware whose callable borrows from it.
    fn with_text<T, K>(op: impl for<'a> SmartCall<T, K, (&'a str,)>) -> T {
        let text = String::from("text");
        op.invoke_with((&text,)).get()
    }

    limit(|| {
        let text = String::from("text");
        assert_eq!(count.invoke_with((&text,)).get(), 4);
        assert_eq!(count_smart.invoke_with((&text,)).get(), 4);
        assert_eq!(longest.invoke_with((&text, "texts")).get(), "texts");
        assert_eq!(longest_smart.invoke_with((&text, "texts")).get(), "texts");
        assert_eq!(
            (async |text: &str| text.len()).invoke_with((&text,)).get(),
            4
        );
        assert_eq!(in_place(str::len).invoke_with((&text,)).get(), 4);
        let mut log = vec![1];
        let push = async |log: &mut Vec<u32>| log.push(2);
        push.invoke_with((&mut log,)).get();
        assert_eq!(log, [1, 2]);
        // A captured borrow is as good for them.
        assert_eq!(once(async || text.len()).get(), 4);
        assert_eq!(once(|| count_smart(&text)).get(), 4);
        assert_eq!(once(in_place(|| text.len())).get(), 4);
        assert_eq!(with_text(count), 4);
        assert_eq!(with_text(count_smart), 4);
    });
}

/// Closures with arguments infer once the arguments' types are written.
#[test]
fn arguments() {
    /// A middleware with arguments to give.
    fn sum<K>(op: impl SmartCall<u32, K, (u32, u32)>) -> DualOf<impl Work<Output = u32>> {
        Dual::future(async move { op.invoke_with((1, 2)).await + op.invoke_with((3, 4)).await })
    }

    limit(|| {
        assert_eq!((|a: u32, b: u32| a + b).invoke_with((2, 3)).get(), 5);
        assert_eq!((async |a: u32, b: u32| a + b).invoke_with((2, 3)).get(), 5);
        assert_eq!(sum(|a: u32, b: u32| a + b).get(), 10);
        assert_eq!(sum(async |a: u32, b: u32| a + b).get(), 10);
        assert_eq!(sum(|a: u32, b: u32| Dual::ready(a + b)).get(), 10);
        assert_eq!(sum(u32::wrapping_add).get(), 10);
        assert_eq!(sum(SmartFn::new(u32::wrapping_add)).get(), 10);
    });
}

/// The idiom for captures, and a capture that the async closure borrows from outside.
#[test]
fn captures() {
    async fn fetch(url: &str) -> Result<usize, ()> {
        Ok(url.len())
    }

    limit(|| {
        let url = String::from("http://localhost/");
        let op = {
            let url = url.clone();
            move || {
                let url = url.clone();
                async move { fetch(&url).await }
            }
        };
        assert_eq!(retry(op.clone(), 3).get(), Ok(17));
        assert_eq!(once(op.clone()).get(), Ok(17));
        assert_eq!(pollster::block_on(retry(op, 3)), Ok(17));
        assert_eq!(retry(async || fetch(&url).await, 3).get(), Ok(17));
    });
}

/// A future that is written by hand.
struct Countdown(u32);

impl Future for Countdown {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        if self.0 == 0 {
            return Poll::Ready(5);
        }
        self.0 -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Where the output is free, boxed and hand-written futures are named by a wrapper; where its
/// shape is known, they need none.
#[test]
fn named_async() {
    fn boxed() -> BoxFuture<'static, u32> {
        Box::pin(async { 5 })
    }

    fn boxed_local<'a>() -> LocalBoxFuture<'a, u32> {
        Box::pin(async { *Rc::new(5) })
    }

    fn try_boxed() -> BoxFuture<'static, Result<u32, ()>> {
        Box::pin(async { Ok(5) })
    }

    limit(|| {
        assert_eq!(once(asynchronous(boxed)).get(), 5);
        assert_eq!(once(asynchronous(boxed_local)).get(), 5);
        assert_eq!(once(asynchronous(|| Countdown(3))).get(), 5);
        assert_eq!(once(asynchronous(|| future::ready(5))).get(), 5);
        assert_eq!(once(asynchronous(async || 5)).get(), 5);
        let add = asynchronous(|a: u32, b: u32| future::ready(a + b));
        assert_eq!(add.invoke_with((2, 3)).get(), 5);
        assert_eq!(retry(try_boxed, 3).get(), Ok(5));
    });
}

/// A sync callable with an output that is not `Unpin` is named by a wrapper, even where its
/// shape is known; a smart one may be.
#[test]
fn named_sync_and_smart() {
    /// A value that must not move once it is pinned.
    #[derive(Debug, PartialEq)]
    struct Pinned(u32, PhantomPinned);

    fn pinned() -> Pinned {
        Pinned(5, PhantomPinned)
    }

    limit(|| {
        assert_eq!(once(blocking(pinned)).get(), pinned());
        assert_eq!(once(blocking(|| Pinned(5, PhantomPinned))).get(), pinned());
        assert_eq!(once(async || pinned()).get(), pinned());
        assert_eq!(once(in_place(pinned)).get(), pinned());
        assert_eq!(
            retry(blocking(|| Ok::<_, ()>(pinned())), 3).get(),
            Ok(pinned())
        );
        assert_eq!(once(blocking(|| 5)).get(), 5);
        assert_eq!(once(asynchronous(|| Dual::ready(5))).get(), 5);
        assert_eq!(once(asynchronous(parse_smart)).get(), Ok(5));
    });
}
