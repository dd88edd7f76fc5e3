//! An iterator and a stream over one source.

use std::pin::Pin;
use std::task::Poll;

use futures_util::Stream;
use smartcall_context::internal::placement::Placement;

use crate::offload::select;
use crate::stream::caller::{Caller, Supply, supplies};
use crate::stream::handle::DualStream;
use crate::work::traits::opaque_debug;

/// Two native sides over one source: an iterator for sync callers, a stream for async ones.
///
/// Made by [`DualStream::pair`](crate::DualStream::pair). Dropping it drops both.
#[must_use = "nothing runs until items are taken"]
pub struct Pair<I, S> {
    iter: I,
    stream: Pin<Box<S>>,
    /// Whether the item that is waited for has asked where it is to be made.
    asked: bool,
    /// Whether the stream was asked for the item that is waited for. It may have begun to make it.
    polled: bool,
}

impl<I: Iterator, S: Stream<Item = I::Item>> DualStream<I::Item, Pair<I, S>> {
    /// Creates a handle from an iterator and a stream that share one source.
    ///
    /// Sync callers take an item from the iterator, and async callers from the stream. Callers may alternate, so both must give the
    /// items of one source, such as a channel that has both kinds of receivers. The handle ends when the first of them ends.
    /// If it is bound to a pool by [`on`](DualStream::on), sync callers drive the stream.
    ///
    /// If an item is awaited in a future that a `get` drives, and the future waits for nothing else, the iterator makes it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Arc, atomic::{AtomicU32, Ordering}};
    /// use futures::stream;
    /// use smartcall::DualStream;
    ///
    /// let next = Arc::new(AtomicU32::new(0));
    /// let count = move || Some(next.fetch_add(1, Ordering::Relaxed));
    /// let polled = count.clone();
    /// let mut numbers = DualStream::pair(
    ///     std::iter::from_fn(count),
    ///     stream::poll_fn(move |_| polled().into()),
    /// );
    /// assert_eq!(numbers.next().get(), Some(0));
    /// # pollster::block_on(async {
    /// assert_eq!(numbers.next().await, Some(1));
    /// # });
    /// ```
    pub fn pair(iter: impl IntoIterator<Item = I::Item, IntoIter = I>, stream: S) -> Self {
        DualStream::new(Pair {
            iter: iter.into_iter(),
            stream: Box::pin(stream),
            asked: false,
            polled: false,
        })
    }
}

impl<I: Iterator, S: Stream<Item = I::Item>> Supply for Pair<I, S> {
    type Item = I::Item;

    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<I::Item>, C::Stop> {
        let iter = &mut self.iter;
        if C::BLOCKS && !self.polled && !select::sends_away() {
            return Ok(select::run_here(|| iter.next()));
        }
        let (stream, asked, polled) = (self.stream.as_mut(), &mut self.asked, &mut self.polled);
        let mut stream = stream;
        let item = caller.poll(|cx| {
            if !*polled {
                match select::place(cx, asked) {
                    Placement::Undecided => return Poll::Pending,
                    Placement::Inline => {
                        return Poll::Ready(select::run_here(|| iter.next()));
                    }
                    Placement::Pool => *polled = true,
                }
            }
            stream.as_mut().poll_next(cx)
        })?;
        self.asked = false;
        self.polled = false;
        Ok(item)
    }
}

supplies!({I: Iterator, S: Stream<Item = I::Item>} Pair<I, S> => I::Item);
opaque_debug!(Pair<I, S>);
