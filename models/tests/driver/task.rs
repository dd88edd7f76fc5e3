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

/// The waker that `Waker::from` makes of an `Arc` by the `Wake` of `driver.rs`, or one that wakes nothing.
#[derive(Clone)]
pub(crate) struct Waker(Option<Arc<Parker>>);

impl Waker {
    pub(crate) fn noop() -> &'static Self {
        static NOOP: Waker = Waker(None);

        &NOOP
    }

    pub(crate) fn wake(self) {
        if let Some(parker) = self.0 {
            Parker::notify_and_drop(parker);
        }
    }

    pub(crate) fn wake_by_ref(&self) {
        if let Some(parker) = &self.0 {
            parker.notify();
        }
    }

    pub(crate) fn data(&self) -> *const () {
        self.0
            .as_ref()
            .map_or(std::ptr::null(), |parker| Arc::as_ptr(parker).cast())
    }
}

impl From<Arc<Parker>> for Waker {
    fn from(parker: Arc<Parker>) -> Self {
        Waker(Some(parker))
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
