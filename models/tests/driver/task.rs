//! The driver's imports from `std::future` and `std::task`, with wakers that loom can count.

use std::pin::Pin;

pub(crate) use std::task::Poll;

use crate::drive::parker::{Counted, Parker};
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
pub(crate) enum Waker {
    Counted(Arc<Counted>),
    Uncounted(Arc<Parker>),
    Noop,
}

impl Waker {
    pub(crate) fn noop() -> &'static Self {
        static NOOP: Waker = Waker::Noop;

        &NOOP
    }

    pub(crate) fn wake(self) {
        match self {
            Waker::Counted(counted) => Counted::notify_and_drop(counted),
            Waker::Uncounted(parker) => parker.notify(),
            Waker::Noop => {}
        }
    }

    pub(crate) fn wake_by_ref(&self) {
        match self {
            Waker::Counted(counted) => counted.notify(),
            Waker::Uncounted(parker) => parker.notify(),
            Waker::Noop => {}
        }
    }

    pub(crate) fn data(&self) -> *const () {
        match self {
            Waker::Counted(counted) => Arc::as_ptr(counted).cast(),
            Waker::Uncounted(parker) => Arc::as_ptr(parker).cast(),
            Waker::Noop => std::ptr::null(),
        }
    }
}

impl From<Arc<Counted>> for Waker {
    fn from(counted: Arc<Counted>) -> Self {
        Waker::Counted(counted)
    }
}

impl From<Arc<Parker>> for Waker {
    fn from(parker: Arc<Parker>) -> Self {
        Waker::Uncounted(parker)
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
