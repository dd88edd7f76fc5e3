//! A stream of async code, which is polled for both callers.

use std::pin::Pin;

use futures_util::Stream;

use crate::stream::caller::{Caller, Supply, supplies};
use crate::stream::handle::DualStream;
use crate::work::traits::opaque_debug;

/// A stream of async code.
///
/// Made by [`DualStream::stream`](crate::DualStream::stream). Dropping it drops the stream.
#[must_use = "nothing runs until items are taken"]
pub struct Async<S> {
    stream: Pin<Box<S>>,
}

impl<S: Stream> DualStream<S::Item, Async<S>> {
    /// Creates a handle from any other stream.
    ///
    /// Async callers poll it, and sync callers drive it on their thread. It is boxed once, so the handle is always `Unpin`.
    ///
    /// # Examples
    ///
    /// What a method of `StreamExt` returns is for async callers. This makes it dual again:
    ///
    /// ```
    /// use futures::{StreamExt, stream};
    /// use smartcall::DualStream;
    ///
    /// let letters = stream::iter(["a", "b"]);
    /// let numbered = DualStream::stream(letters.enumerate());
    /// assert!(numbered.into_iter().eq([(0, "a"), (1, "b")]));
    /// ```
    #[inline]
    pub fn stream(stream: S) -> Self {
        DualStream::new(Async {
            stream: Box::pin(stream),
        })
    }
}

impl<S: Stream> Supply for Async<S> {
    type Item = S::Item;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<S::Item>, C::Stop> {
        caller.poll(|cx| self.stream.as_mut().poll_next(cx))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

supplies!({S: Stream} Async<S> => S::Item);
opaque_debug!(Async<S>);
