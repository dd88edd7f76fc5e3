//! A value that is ready from the beginning.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::work::traits::{POLLED_AGAIN, Work, opaque_debug};

pin_project! {
    /// A value that is ready from the beginning.
    ///
    /// Made by [`Dual::ready`](crate::Dual::ready).
    #[must_use = "nothing happens until it is awaited or resolved with `.get()`"]
    pub struct Ready<T> {
        value: Option<T>,
        // See `Async`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<T> Ready<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Ready {
            value: Some(value),
            pinned: PhantomPinned,
        }
    }
}

impl<T> Future for Ready<T> {
    type Output = T;

    #[inline]
    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<T> {
        Poll::Ready(self.block())
    }
}

impl<T> FusedFuture for Ready<T> {
    fn is_terminated(&self) -> bool {
        self.value.is_none()
    }
}

impl<T> Work for Ready<T> {
    #[inline]
    fn block(self: Pin<&mut Self>) -> T {
        self.project().value.take().expect(POLLED_AGAIN)
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        true
    }

    fn is_sync_code() -> bool {
        true
    }

    fn is_ready(&self) -> bool {
        self.value.is_some()
    }
}

opaque_debug!(Ready<T>);
