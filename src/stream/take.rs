//! Taking items one by one: `next`, `try_next`, and iterators for a `for`.

use std::future::Future;
use std::iter::FusedIterator;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::future::FusedFuture;
use smartcall_context::internal as context;

use crate::drive::driver::NothingWakes;
use crate::drive::permitted;
use crate::dual::handle::Dual;
use crate::stream::handle::DualStream;
use crate::stream::source::Source;
use crate::waits::edges::Line;
use crate::work::traits::{POLLED_AGAIN, Work, blocks, opaque_debug};

impl<T, S: Source<Item = T>> DualStream<T, S> {
    /// Takes the next item, or `None` after the last one.
    ///
    /// The handle that it returns is `Unpin` and a `FusedFuture`, so `select` and `futures::select!` take it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the handle loses nothing: the item stays in the stream, and comes with a later `next`.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let mut stream = DualStream::ready([1, 2]);
    /// assert_eq!(stream.next().get(), Some(1));
    /// # pollster::block_on(async {
    /// assert_eq!(stream.next().await, Some(2));
    /// assert_eq!(stream.next().await, None);
    /// # });
    /// ```
    #[inline]
    #[allow(
        clippy::should_implement_trait,
        reason = "with `Iterator` and `Stream` on one type, `next` is ambiguous where `StreamExt` is imported"
    )]
    pub fn next(&mut self) -> Dual<Option<T>, Next<'_, T, S>> {
        Dual::new(Next { stream: Some(self) })
    }

    /// Returns an iterator that takes items, and leaves the rest in the stream.
    ///
    /// # Panics
    ///
    /// Its `next` panics if this thread must not block, as [`get`](Dual::get) does. In a `for`, the panic is at the line of the
    /// `for`. Under other adapters of iterators it names the line of this call.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let mut stream = DualStream::ready([1, 2, 3]);
    /// assert!(stream.iter().take(2).eq([1, 2]));
    /// assert_eq!(stream.next().get(), Some(3));
    /// ```
    #[inline]
    #[track_caller]
    pub fn iter(&mut self) -> Iter<'_, T, S> {
        Iter {
            stream: self,
            made_at: Location::caller(),
        }
    }
}

impl<T, E, S: Source<Item = Result<T, E>>> DualStream<Result<T, E>, S> {
    /// Takes the next item of a stream of results: `Ok(None)` after the last one.
    ///
    /// # Cancel safety
    ///
    /// See [`next`](DualStream::next).
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// fn sum(texts: &'static str) -> Result<u32, std::num::ParseIntError> {
    ///     let mut numbers = DualStream::ready(texts.split(' ').map(str::parse::<u32>));
    ///     let mut sum = 0;
    ///     while let Some(n) = numbers.try_next().get()? {
    ///         sum += n;
    ///     }
    ///     Ok(sum)
    /// }
    ///
    /// assert_eq!(sum("1 2 3"), Ok(6));
    /// assert!(sum("1 two").is_err());
    /// ```
    #[inline]
    pub fn try_next(&mut self) -> Dual<Result<Option<T>, E>, TryNext<'_, T, E, S>> {
        Dual::new(TryNext(Next { stream: Some(self) }))
    }
}

/// The work of [`DualStream::next`].
#[must_use = "nothing is taken until it is awaited or resolved with `.get()`"]
pub struct Next<'a, T, S> {
    /// `None` once it was moved elsewhere.
    stream: Option<&'a mut DualStream<T, S>>,
}

impl<T, S: Source<Item = T>> Next<'_, T, S> {
    #[inline]
    fn stream(&mut self) -> &mut DualStream<T, S> {
        self.stream.as_mut().expect(POLLED_AGAIN)
    }
}

impl<T, S: Source<Item = T>> Future for Next<'_, T, S> {
    type Output = Option<T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(self.stream()).poll_next(cx)
    }
}

impl<T, S: Source<Item = T>> FusedFuture for Next<'_, T, S> {
    fn is_terminated(&self) -> bool {
        use futures_util::stream::FusedStream;

        self.stream
            .as_ref()
            .is_none_or(|stream| stream.is_terminated())
    }
}

impl<T, S: Source<Item = T>> Work for Next<'_, T, S> {
    blocks!();

    #[inline]
    fn block_at(mut self: Pin<&mut Self>, line: Line) -> Result<Option<T>, NothingWakes> {
        self.stream().block_next_at(line)
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.stream
            .as_ref()
            .is_some_and(|stream| stream.is_immediate())
    }

    #[inline]
    fn is_ready(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.is_ready())
    }

    fn relocates(&self) -> bool {
        true
    }

    fn relocate(mut self: Pin<&mut Self>) -> Option<Self> {
        let stream = self.stream.take();
        Some(Next { stream })
    }
}

opaque_debug!(Next<'a, T, S>);

/// The work of [`DualStream::try_next`].
#[must_use = "nothing is taken until it is awaited or resolved with `.get()`"]
pub struct TryNext<'a, T, E, S>(Next<'a, Result<T, E>, S>);

impl<T, E, S: Source<Item = Result<T, E>>> Future for TryNext<'_, T, E, S> {
    type Output = Result<Option<T>, E>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Option::transpose)
    }
}

impl<T, E, S: Source<Item = Result<T, E>>> FusedFuture for TryNext<'_, T, E, S> {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl<T, E, S: Source<Item = Result<T, E>>> Work for TryNext<'_, T, E, S> {
    blocks!();

    #[inline]
    fn block_at(mut self: Pin<&mut Self>, line: Line) -> Result<Self::Output, NothingWakes> {
        Ok(Pin::new(&mut self.0).block_at(line)?.transpose())
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.0.is_immediate()
    }

    #[inline]
    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn relocates(&self) -> bool {
        true
    }

    fn relocate(mut self: Pin<&mut Self>) -> Option<Self> {
        Pin::new(&mut self.0).relocate().map(TryNext)
    }
}

opaque_debug!(TryNext<'a, T, E, S>);

/// Takes an item for an iterator that was made at a line, if this thread may block.
#[inline]
#[track_caller]
fn take<T, S: Source<Item = T>>(stream: &mut DualStream<T, S>, made_at: Line) -> Option<T> {
    let taken = if stream.is_immediate() || context::may_block() {
        stream.block_next_at(made_at)
    } else {
        take_by_permission(stream, made_at)
    };
    match taken {
        Ok(item) => item,
        Err(nothing) => nothing.panic_in_iteration(made_at),
    }
}

/// It is out of line to keep the usual case short.
#[inline(never)]
#[track_caller]
fn take_by_permission<T, S: Source<Item = T>>(
    stream: &mut DualStream<T, S>,
    made_at: Line,
) -> Result<Option<T>, NothingWakes> {
    let is_ready = stream.is_ready();
    match permitted::block_unless(is_ready, || stream.block_next_at(made_at)) {
        Ok(taken) => taken,
        Err(refusal) => refusal.panic_in_iteration(made_at),
    }
}

/// An iterator, owned or borrowed.
macro_rules! iterator {
    ($(#[$docs:meta])* $name:ident<$($lifetime:lifetime,)? T, S>($stream:ty)) => {
        $(#[$docs])*
        #[must_use = "nothing runs before the first item is asked for"]
        pub struct $name<$($lifetime,)? T, S> {
            stream: $stream,
            /// Where the iteration has begun.
            made_at: Line,
        }

        impl<$($lifetime,)? T, S: Source<Item = T>> Iterator for $name<$($lifetime,)? T, S> {
            type Item = T;

            #[inline]
            #[track_caller]
            fn next(&mut self) -> Option<T> {
                let made_at = self.made_at;
                take(self.stream(), made_at)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.stream.size_hint()
            }
        }

        impl<$($lifetime,)? T, S: Source<Item = T>> FusedIterator for $name<$($lifetime,)? T, S> {}

        opaque_debug!($name<$($lifetime,)? T, S>);
    };
}

iterator! {
    /// An iterator over a stream.
    ///
    /// Made by `into_iter`, for example in a `for`. Its `next` panics if this thread must not block, as
    /// [`get`](Dual::get) does.
    IntoIter<T, S>(DualStream<T, S>)
}

iterator! {
    /// An iterator that takes items from a stream and leaves the rest there.
    ///
    /// Made by [`DualStream::iter`], and by `for item in &mut stream`. Its `next` panics if this thread must not block, as
    /// [`get`](Dual::get) does.
    Iter<'a, T, S>(&'a mut DualStream<T, S>)
}

impl<T, S> IntoIter<T, S> {
    #[inline]
    fn stream(&mut self) -> &mut DualStream<T, S> {
        &mut self.stream
    }

    /// Returns the stream, with the items that were not taken.
    pub fn into_stream(self) -> DualStream<T, S> {
        self.stream
    }
}

impl<T, S> Iter<'_, T, S> {
    #[inline]
    fn stream(&mut self) -> &mut DualStream<T, S> {
        self.stream
    }
}

/// # Panics
///
/// The iterator panics if this thread must not block, as [`get`](Dual::get) does. In a `for`, the panic is at its line.
impl<T, S: Source<Item = T>> IntoIterator for DualStream<T, S> {
    type Item = T;
    type IntoIter = IntoIter<T, S>;

    #[inline]
    #[track_caller]
    fn into_iter(self) -> IntoIter<T, S> {
        IntoIter {
            stream: self,
            made_at: Location::caller(),
        }
    }
}

/// See [`iter`](DualStream::iter).
impl<'a, T, S: Source<Item = T>> IntoIterator for &'a mut DualStream<T, S> {
    type Item = T;
    type IntoIter = Iter<'a, T, S>;

    #[inline]
    #[track_caller]
    fn into_iter(self) -> Iter<'a, T, S> {
        self.iter()
    }
}
