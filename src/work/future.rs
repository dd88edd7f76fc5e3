//! An async body.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::drive::driver::{self, NothingWakes};
use crate::waits::edges::Line;
use crate::work::traits::{Work, blocks, opaque_debug};

pin_project! {
    /// An async body: polled by `.await`, driven by `.get()`.
    ///
    /// Made by [`Dual::future`](crate::Dual::future). Dropping it drops the future. If it is polled again after
    /// completion, it does what the future does: the future of async code panics.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Async<F> {
        #[pin]
        pub(crate) future: F,
        // It keeps a handle from being `Unpin`. The implementation of `SmartCall` for sync callables requires an
        // `Unpin` output, so a function that returns a handle fits one implementation only, even while the output is
        // unknown.
        #[pin]
        pub(crate) pinned: PhantomPinned,
    }
}

impl<F: Future> Future for Async<F> {
    type Output = F::Output;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

impl<F: FusedFuture> FusedFuture for Async<F> {
    fn is_terminated(&self) -> bool {
        self.future.is_terminated()
    }
}

impl<F: Future> Work for Async<F> {
    blocks!();

    #[inline]
    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<F::Output, NothingWakes> {
        driver::block_on(self.project().future, line)
    }
}

opaque_debug!(Async<F>);
