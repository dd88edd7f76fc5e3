//! What `drive.rs` takes from `std::future` and `std::task`, with wakers that loom can count.

use std::pin::Pin;

pub(crate) use std::task::Poll;

use crate::signal::Signal;
use crate::sync::Arc;

pub(crate) trait Future {
    type Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output>;
}

pub(crate) struct Context<'a> {
    waker: &'a Waker,
}

impl<'a> Context<'a> {
    pub(crate) fn from_waker(waker: &'a Waker) -> Self {
        Context { waker }
    }

    pub(crate) fn waker(&self) -> &'a Waker {
        self.waker
    }
}

/// As `Waker::from` makes it of an `Arc` with the `Wake` of `drive.rs`.
#[derive(Clone)]
pub(crate) struct Waker(Arc<Signal>);

impl Waker {
    pub(crate) fn wake(self) {
        Signal::wake_last(self.0);
    }

    pub(crate) fn wake_by_ref(&self) {
        self.0.wake();
    }

    pub(crate) fn data(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }
}

impl From<Arc<Signal>> for Waker {
    fn from(signal: Arc<Signal>) -> Self {
        Waker(signal)
    }
}

/// A future that is one closure.
pub(crate) struct PollFn<F>(F);

pub(crate) fn poll_fn<T, F: FnMut(&mut Context<'_>) -> Poll<T> + Unpin>(f: F) -> PollFn<F> {
    PollFn(f)
}

impl<T, F: FnMut(&mut Context<'_>) -> Poll<T> + Unpin> Future for PollFn<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        (self.0)(cx)
    }
}
