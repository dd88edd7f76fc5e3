//! The two callers: one polls, the other blocks. What takes items from a source or waits for work is written once for both.

use std::marker::PhantomPinned;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::drive::driver::{self, NothingWakes};
use crate::stream::source::Source;
use crate::waits::edges::Line;
use crate::work::traits::{POLLED_AGAIN, Work, blocks};

/// How a caller takes items and values.
pub(crate) trait Caller {
    /// Whether this caller blocks.
    const BLOCKS: bool;

    /// Why there is nothing yet.
    type Stop;

    /// Takes the next item.
    fn item<S: Source>(&mut self, source: &mut S) -> Result<Option<S::Item>, Self::Stop>;

    /// Takes the value of work.
    fn value<W: Work>(&mut self, work: Pin<&mut W>) -> Result<W::Output, Self::Stop>;

    /// Takes what only a poll can give.
    fn poll<T>(&mut self, poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Result<T, Self::Stop>;

    /// Lets others go on, in work that may never end though nothing waits. A caller that blocks keeps nobody waiting.
    fn let_others_go_on(&mut self) -> Result<(), Self::Stop>;
}

/// The caller that polls.
struct Polls<'a, 'b>(&'a mut Context<'b>);

/// There is nothing yet: the poll is pending.
struct IsPending;

fn found<T>(poll: Poll<T>) -> Result<T, IsPending> {
    match poll {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err(IsPending),
    }
}

impl Caller for Polls<'_, '_> {
    const BLOCKS: bool = false;

    type Stop = IsPending;

    #[inline]
    fn item<S: Source>(&mut self, source: &mut S) -> Result<Option<S::Item>, IsPending> {
        found(Pin::new(source).poll_next(self.0))
    }

    #[inline]
    fn value<W: Work>(&mut self, work: Pin<&mut W>) -> Result<W::Output, IsPending> {
        found(work.poll(self.0))
    }

    #[inline]
    fn poll<T>(
        &mut self,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Result<T, IsPending> {
        found(poll(self.0))
    }

    fn let_others_go_on(&mut self) -> Result<(), IsPending> {
        self.0.waker().wake_by_ref();
        Err(IsPending)
    }
}

/// The caller that blocks, for a call at this line.
struct Blocks(Line);

impl Caller for Blocks {
    const BLOCKS: bool = true;

    type Stop = NothingWakes;

    #[inline]
    fn item<S: Source>(&mut self, source: &mut S) -> Result<Option<S::Item>, NothingWakes> {
        source.block_next_at(self.0)
    }

    #[inline]
    fn value<W: Work>(&mut self, work: Pin<&mut W>) -> Result<W::Output, NothingWakes> {
        work.block_at(self.0)
    }

    #[inline]
    fn poll<T>(
        &mut self,
        poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Result<T, NothingWakes> {
        driver::block_on(pin!(std::future::poll_fn(poll)), self.0)
    }

    #[inline]
    fn let_others_go_on(&mut self) -> Result<(), NothingWakes> {
        Ok(())
    }
}

/// A source whose items are taken in one way by both callers.
pub(crate) trait Supply {
    type Item;

    /// Takes the next item.
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<Self::Item>, C::Stop>;

    /// See [`Source::is_immediate`].
    fn is_immediate(&self) -> bool {
        false
    }

    /// See [`Source::is_sync_code`].
    fn is_sync_code() -> bool {
        false
    }

    /// See [`Source::is_ready`].
    fn is_ready(&self) -> bool {
        false
    }

    /// See [`Stream::size_hint`](futures_util::Stream::size_hint).
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, None)
    }
}

/// Implements `Stream` and `Source` for a [`Supply`] that is public.
macro_rules! supplies {
    ({$($generics:tt)*} $name:ty => $item:ty $(, where {$($bounds:tt)*})?) => {
        /// Nothing in it is pinned in place.
        impl<$($generics)*> Unpin for $name $(where $($bounds)*)? {}

        impl<$($generics)*> ::futures_util::Stream for $name $(where $($bounds)*)? {
            type Item = $item;

            #[inline]
            fn poll_next(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<Option<Self::Item>> {
                $crate::stream::caller::poll_next(self.get_mut(), cx)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                $crate::stream::caller::Supply::size_hint(self)
            }
        }

        impl<$($generics)*> $crate::stream::source::Source for $name $(where $($bounds)*)? {
            $crate::stream::source::blocks_next!();

            #[inline]
            fn block_next_at(
                &mut self,
                line: $crate::waits::edges::Line,
            ) -> Result<Option<Self::Item>, $crate::drive::driver::NothingWakes> {
                $crate::stream::caller::block_next_at(self, line)
            }

            #[inline]
            fn is_immediate(&self) -> bool {
                $crate::stream::caller::Supply::is_immediate(self)
            }

            fn is_sync_code() -> bool {
                <Self as $crate::stream::caller::Supply>::is_sync_code()
            }

            #[inline]
            fn is_ready(&self) -> bool {
                $crate::stream::caller::Supply::is_ready(self)
            }
        }
    };
}

pub(crate) use supplies;

/// Polls a supply for its next item.
#[inline]
pub(crate) fn poll_next<S: Supply>(supply: &mut S, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
    match supply.next(&mut Polls(cx)) {
        Ok(item) => Poll::Ready(item),
        Err(IsPending) => Poll::Pending,
    }
}

/// Blocks for the next item of a supply.
#[inline]
pub(crate) fn block_next_at<S: Supply>(
    supply: &mut S,
    line: Line,
) -> Result<Option<S::Item>, NothingWakes> {
    supply.next(&mut Blocks(line))
}

/// The source of a [`Supply`] that has no name of its own.
#[must_use = "nothing runs until items are taken"]
pub(crate) struct Supplied<S>(pub(crate) S);

impl<S: Supply> Supply for Supplied<S> {
    type Item = S::Item;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<S::Item>, C::Stop> {
        self.0.next(caller)
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.0.is_immediate()
    }

    fn is_sync_code() -> bool {
        S::is_sync_code()
    }

    #[inline]
    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

supplies!({S: Supply} Supplied<S> => S::Item);

/// Work that is done in one way for both callers.
pub(crate) trait Task {
    type Output;

    /// Goes on, up to the value.
    fn run<C: Caller>(self: Pin<&mut Self>, caller: &mut C) -> Result<Self::Output, C::Stop>;

    /// See [`Work::is_immediate`].
    fn is_immediate(&self) -> bool {
        false
    }
}

pin_project! {
    /// The work of a [`Task`].
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub(crate) struct TaskWork<T> {
        // `None` once it is done.
        #[pin]
        task: Option<T>,
        // See `Async`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<T: Task> TaskWork<T> {
    pub(crate) fn new(task: T) -> Self {
        TaskWork {
            task: Some(task),
            pinned: PhantomPinned,
        }
    }

    fn run<C: Caller>(self: Pin<&mut Self>, caller: &mut C) -> Result<T::Output, C::Stop> {
        let mut this = self.project();
        let task = this.task.as_mut().as_pin_mut().expect(POLLED_AGAIN);
        let value = task.run(caller)?;
        this.task.set(None);
        Ok(value)
    }
}

impl<T: Task> Future for TaskWork<T> {
    type Output = T::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T::Output> {
        match self.run(&mut Polls(cx)) {
            Ok(value) => Poll::Ready(value),
            Err(IsPending) => Poll::Pending,
        }
    }
}

impl<T: Task> FusedFuture for TaskWork<T> {
    fn is_terminated(&self) -> bool {
        self.task.is_none()
    }
}

impl<T: Task> Work for TaskWork<T> {
    blocks!();

    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<T::Output, NothingWakes> {
        self.run(&mut Blocks(line))
    }

    fn is_immediate(&self) -> bool {
        self.task.as_ref().is_some_and(Task::is_immediate)
    }
}
