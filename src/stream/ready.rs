//! Items that are there from the beginning.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

use crate::stream::handle::DualStream;
use crate::stream::source::Source;
use crate::work::traits::opaque_debug;

/// Items that are there from the beginning.
///
/// Made by [`DualStream::ready`](crate::DualStream::ready).
#[must_use = "nothing happens until items are taken"]
pub struct Ready<I> {
    items: I,
}

/// Nothing in it is pinned in place.
impl<I> Unpin for Ready<I> {}

impl<I: Iterator> DualStream<I::Item, Ready<I>> {
    /// Creates a stream of items that are there.
    ///
    /// They are handed over in any context. The iterator is called on the thread that takes the item, so it must not block: for
    /// one that may, use [`blocking`](DualStream::blocking). `ready([])` is an empty stream, and `ready([x])` has one item.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{DualStream, context};
    ///
    /// // Even where a thread must not block.
    /// context::inside_executor(|| assert!(DualStream::ready(1..4).into_iter().eq([1, 2, 3])));
    /// ```
    #[inline]
    pub fn ready(items: impl IntoIterator<Item = I::Item, IntoIter = I>) -> Self {
        DualStream::new(Ready {
            items: items.into_iter(),
        })
    }
}

impl<I: Iterator> Stream for Ready<I> {
    type Item = I::Item;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.items.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<I: Iterator> Source for Ready<I> {
    #[inline]
    fn block_next(&mut self) -> Option<I::Item> {
        self.items.next()
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        true
    }

    fn is_sync_code() -> bool {
        true
    }

    #[inline]
    fn is_ready(&self) -> bool {
        true
    }
}

opaque_debug!(Ready<I>);
