//! Futures that are polled by hand, and waits that are told of nothing.

use std::future::{self, Future};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use smartcall::{Dual, Work};

/// Polls a future once, with a waker that does nothing.
pub fn poll<F: Future + Unpin + ?Sized>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// A handle that was polled once, so that its code is on its way to the pool.
pub fn polled<T, W: Work<Output = T>>(dual: Dual<T, W>) -> Pin<Box<impl Future<Output = T>>> {
    let mut future = Box::pin(dual);
    assert!(poll(&mut future).is_pending(), "it waits for the pool");
    future
}

/// A future that is never ready. It keeps its waker, like one that waits for something outside of the program.
pub fn never() -> impl Future<Output = ()> + Send {
    let mut kept = None;
    future::poll_fn(move |cx| {
        let _ = kept.insert(cx.waker().clone());
        Poll::Pending
    })
}

/// Waits until a condition is true, by asking again and again.
pub fn wait_until(so: impl Fn() -> bool) {
    while !so() {
        thread::sleep(Duration::from_micros(100));
    }
}
