//! Sync code that may block.

use std::future::Future;
use std::marker::PhantomPinned;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::drive::driver::{self, NothingWakes};
use crate::offload::code::Code;
use crate::offload::left::{Asked, Claim};
use crate::offload::select::{self, Answer};
use crate::offload::spawn_blocking::{BlockingTask, spawn_blocking};
use crate::waits::edges::Line;
use crate::work::traits::{POLLED_AGAIN, Work, blocks, opaque_debug};

pin_project! {
    /// Sync code that may block: called by `.get()`, sent to a pool by `.await`.
    ///
    /// Made by [`Dual::blocking`](crate::Dual::blocking). If it is dropped before the code has begun, the code never
    /// runs. Code that is running on a pool keeps running and can check
    /// [`is_cancelled`](crate::offload::is_cancelled). Its value is dropped.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Blocking<C: Code> {
        // The code, until it was polled. It is not in `begun`, since it is cheaper to take from here.
        code: Option<C>,
        // Where the handle was made.
        made_at: Line,
        begun: Begun<C::Output>,
        // See `Async`.
        #[pin]
        pinned: PhantomPinned,
    }
}

/// Where the code is, once it is not in the handle any more.
enum Begun<T> {
    /// With the driver that it has asked where to run. A void claim: there is nothing yet, it runs here, or it is done.
    Asked(Claim),
    /// On a pool.
    Sent(BlockingTask<T>),
}

impl<C: Code> Blocking<C> {
    #[inline]
    #[track_caller]
    pub(crate) fn new(code: C) -> Self {
        Blocking::made_at(Location::caller(), code)
    }

    /// Makes the work of a handle that was made at a line.
    #[inline]
    pub(crate) fn made_at(made_at: Line, code: C) -> Self {
        Blocking {
            code: Some(code),
            made_at,
            begun: Begun::Asked(Claim::VOID),
            pinned: PhantomPinned,
        }
    }

    /// Lets code that was sent to a pool run to its end though nobody waits for it. Other code is dropped.
    pub(crate) fn detach(self: Pin<&mut Self>) {
        let begun = self.project().begun;
        if let Begun::Sent(task) = mem::replace(begun, Begun::Asked(Claim::VOID)) {
            task.detach();
        }
    }
}

impl<C> Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    /// Sends code to the pool at once, and makes the work that waits for it.
    pub(crate) fn sent(made_at: Line, code: C) -> Self {
        Blocking {
            code: None,
            made_at,
            begun: Begun::Sent(spawn_blocking(code, made_at)),
            pinned: PhantomPinned,
        }
    }

    /// Returns whether the code is on a pool.
    pub(crate) fn is_sent(&self) -> bool {
        matches!(self.begun, Begun::Sent(_))
    }

    /// Sends the code to the pool, or polls its value there. It is out of line to keep `poll` short where the code
    /// runs inline.
    #[inline(never)]
    fn poll_on_pool(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let this = self.project();
        // What has begun is out of its place while it is polled, so that nothing is left after a panic.
        let begun = mem::replace(this.begun, Begun::Asked(Claim::VOID));
        let mut task = match (this.code.take(), begun) {
            (Some(code), _) => spawn_blocking(code, this.made_at),
            (None, Begun::Sent(task)) => task,
            (None, Begun::Asked(claim)) if claim.is_void() => panic!("{POLLED_AGAIN}"),
            (None, Begun::Asked(mut claim)) => match claim.poll_task(cx) {
                Some(task) => task,
                None => {
                    *this.begun = Begun::Asked(claim);
                    return Poll::Pending;
                }
            },
        };
        let poll = Pin::new(&mut task).poll(cx);
        if poll.is_pending() {
            *this.begun = Begun::Sent(task);
        }
        poll
    }

    /// Runs code that has asked, or sends it.
    #[inline]
    fn poll_asked(self: Pin<&mut Self>, cx: &mut Context<'_>, asked: Asked<C>) -> Poll<C::Output> {
        if select::is_granted(cx) {
            let code = asked.into_code();
            return Poll::Ready(select::run_here(|| code.run_here()));
        }
        self.send_asked(cx, asked)
    }

    #[inline(never)]
    fn send_asked(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        asked: Asked<C>,
    ) -> Poll<C::Output> {
        *self.as_mut().project().begun = Begun::Sent(asked.spawn());
        self.poll_on_pool(cx)
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
            let code = || this.code.take().expect(POLLED_AGAIN);
            match select::ask(cx, || Asked::new(this.made_at, code)) {
                Answer::Asked(ticket) => {
                    if let Begun::Asked(claim) = this.begun {
                        claim.set(ticket);
                    }
                    return Poll::Pending;
                }
                Answer::Inline => {
                    if let Some(code) = this.code.take() {
                        return Poll::Ready(select::run_here(|| code.run_here()));
                    }
                }
                Answer::Pool => {}
            }
        } else if let Begun::Asked(claim) = this.begun {
            if let Some(asked) = claim.take_code() {
                return self.poll_asked(cx, asked);
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
        self.code.is_none() && matches!(&self.begun, Begun::Asked(claim) if claim.is_void())
    }
}

impl<C> Work for Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    blocks!();

    #[inline]
    fn block_at(mut self: Pin<&mut Self>, line: Line) -> Result<C::Output, NothingWakes> {
        if !select::sends_away() {
            if let Some(code) = self.as_mut().project().code.take() {
                return Ok(select::run_here(|| code.run_here()));
            }
        }
        driver::block_on(self, line)
    }

    /// On a thread for blocking code, it may run in any case.
    #[inline]
    fn is_immediate(&self) -> bool {
        self.code.is_some() && select::takes_code()
    }

    fn is_sync_code() -> bool {
        true
    }

    fn is_ready(&self) -> bool {
        match &self.begun {
            Begun::Sent(task) => task.is_finished(),
            Begun::Asked(claim) => claim.is_finished(),
        }
    }
}

opaque_debug!(Blocking<C: Code>);
