//! The driver's imports from `std::future` and `std::task`, with wakers that loom can count.

use std::pin::Pin;

pub(crate) use std::task::Poll;

use crate::drive::parker::Parker;
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

/// The waker that `Waker::from` makes of an `Arc` by the `Wake` of `driver.rs`.
#[derive(Clone)]
pub(crate) struct Waker(Arc<Parker>);

impl Waker {
    pub(crate) fn wake(self) {
        Parker::notify_and_drop(self.0);
    }

    pub(crate) fn wake_by_ref(&self) {
        self.0.notify();
    }

    pub(crate) fn data(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }
}

impl From<Arc<Parker>> for Waker {
    fn from(parker: Arc<Parker>) -> Self {
        Waker(parker)
    }
}

/// A future that is a closure.
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
