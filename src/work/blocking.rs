//! Sync code that may block.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::FusedFuture;
use pin_project_lite::pin_project;
use smartcall_context::internal::{self as context, placement::Placement};

use crate::drive::driver;
use crate::offload::code::Code;
use crate::offload::select;
use crate::offload::spawn_blocking::{BlockingTask, spawn_blocking};
use crate::work::traits::{POLLED_AGAIN, Work, opaque_debug};

pin_project! {
    /// Sync code that may block: called by `.get()`, sent to a pool by `.await`.
    ///
    /// Made by [`Dual::blocking`](crate::Dual::blocking). If it is dropped before the code has begun, the code never
    /// runs. Code that is running on a pool keeps running and can check
    /// [`is_cancelled`](crate::offload::is_cancelled). Its value is dropped.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Blocking<C: Code> {
        // The code, until it begins.
        code: Option<C>,
        // Whether it has asked where to run.
        asked: bool,
        // The value, once the code was sent to a pool.
        value: Option<BlockingTask<C::Output>>,
        // See `Async`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<C: Code> Blocking<C> {
    #[inline]
    pub(crate) fn new(code: C) -> Self {
        Blocking {
            code: Some(code),
            asked: false,
            value: None,
            pinned: PhantomPinned,
        }
    }
}

impl<C> Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    /// Sends the code to the pool, or polls its value there. It is out of line to keep `poll` short where the code
    /// runs inline.
    #[inline(never)]
    fn poll_on_pool(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let this = self.project();
        if let Some(code) = this.code.take() {
            *this.value = Some(spawn_blocking(code));
        }
        // The value is out of its place while it is polled, so that none is left after a panic.
        let mut value = this.value.take().expect(POLLED_AGAIN);
        let poll = Pin::new(&mut value).poll(cx);
        if poll.is_pending() {
            *this.value = Some(value);
        }
        poll
    }
}

impl<C> Future for Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    type Output = C::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let this = self.as_mut().project();
        if this.code.is_some() {
            match select::place(cx, this.asked) {
                Placement::Undecided => return Poll::Pending,
                Placement::Inline => {
                    if let Some(code) = this.code.take() {
                        return Poll::Ready(context::run_outside(|| code.run()));
                    }
                }
                Placement::Pool => {}
            }
        }
        self.poll_on_pool(cx)
    }
}

impl<C> FusedFuture for Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    fn is_terminated(&self) -> bool {
        self.code.is_none() && self.value.is_none()
    }
}

impl<C> Work for Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    #[inline]
    fn block(mut self: Pin<&mut Self>) -> C::Output {
        if !select::sends_away() {
            if let Some(code) = self.as_mut().project().code.take() {
                return context::run_outside(|| code.run());
            }
        }
        driver::block_on(self)
    }

    /// On a thread for blocking code, it may run in any case.
    #[inline]
    fn is_immediate(&self) -> bool {
        self.code.is_some() && select::takes_code()
    }

    fn is_ready(&self) -> bool {
        self.value.as_ref().is_some_and(BlockingTask::is_finished)
    }
}

opaque_debug!(Blocking<C: Code>);
