//! A sync path and an async path with one input.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;
use smartcall_context::internal::placement::Placement;

use crate::drive::driver::{self, NothingWakes};
use crate::offload::select;
use crate::waits::edges::Line;
use crate::work::traits::{POLLED_AGAIN, Work, blocks, opaque_debug};

pin_project! {
    /// Two native paths with one input: the sync one for `.get()`, the async one for `.await`.
    ///
    /// Made by [`Dual::pair`](crate::Dual::pair). Dropping it drops the input, or the future that was made from it.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Pair<I, S, A, F> {
        paths: Option<(I, S, A)>,
        asked: bool,
        #[pin]
        future: Option<F>,
        // See `Async`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<I, S, A, F> Pair<I, S, A, F> {
    #[inline]
    pub(crate) fn new(input: I, sync: S, future: A) -> Self {
        Pair {
            paths: Some((input, sync, future)),
            asked: false,
            future: None,
            pinned: PhantomPinned,
        }
    }
}

impl<I, S, A, F, T> Future for Pair<I, S, A, F>
where
    S: FnOnce(I) -> T,
    A: FnOnce(I) -> F,
    F: Future<Output = T>,
{
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut this = self.project();
        if this.paths.is_some() {
            let placement = select::place(cx, this.asked);
            if placement == Placement::Undecided {
                return Poll::Pending;
            }
            if let Some((input, sync, future)) = this.paths.take() {
                if placement == Placement::Inline {
                    return Poll::Ready(select::run_here(|| sync(input)));
                }
                this.future.set(Some(future(input)));
            }
        }
        let future = this.future.as_mut().as_pin_mut().expect(POLLED_AGAIN);
        let poll = future.poll(cx);
        if poll.is_ready() {
            this.future.set(None);
        }
        poll
    }
}

impl<I, S, A, F, T> FusedFuture for Pair<I, S, A, F>
where
    S: FnOnce(I) -> T,
    A: FnOnce(I) -> F,
    F: Future<Output = T>,
{
    fn is_terminated(&self) -> bool {
        self.paths.is_none() && self.future.is_none()
    }
}

impl<I, S, A, F, T> Work for Pair<I, S, A, F>
where
    S: FnOnce(I) -> T,
    A: FnOnce(I) -> F,
    F: Future<Output = T>,
{
    blocks!();

    #[inline]
    fn block_at(mut self: Pin<&mut Self>, line: Line) -> Result<T, NothingWakes> {
        if !select::sends_away() {
            if let Some((input, sync, _)) = self.as_mut().project().paths.take() {
                return Ok(select::run_here(|| sync(input)));
            }
        }
        driver::block_on(self, line)
    }

    /// See [`Blocking`](crate::work::Blocking).
    #[inline]
    fn is_immediate(&self) -> bool {
        self.paths.is_some() && select::takes_code()
    }
}

opaque_debug!(Pair<I, S, A, F>);
