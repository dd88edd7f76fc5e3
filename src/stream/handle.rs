//! The handle of many values: `DualStream`, and its implementation of `Stream`.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::stream::FusedStream;

use crate::drive::driver::NothingWakes;
use crate::stream::boxed::{Boxed, LocalBoxed};
use crate::stream::source::{Source, blocks_next};
use crate::waits::edges::Line;

/// A [`DualStream`] around some source, for use in signatures.
///
/// A function that makes a stream returns `DualStreamOf<impl Source<Item = T>>`.
///
/// # Examples
///
/// ```
/// use smartcall::{DualStream, DualStreamOf, Source};
///
/// fn squares(n: u32) -> DualStreamOf<impl Source<Item = u32>> {
///     DualStream::ready(0..n).map(|i| i * i)
/// }
///
/// assert!(squares(4).into_iter().eq([0, 1, 4, 9]));
/// ```
pub type DualStreamOf<S> = DualStream<<S as Stream>::Item, S>;

/// A handle to many values: a `for` takes them in sync code, `.next().await` in async code.
///
/// It is to many values what [`Dual`](crate::Dual) is to one. Nothing runs before the first item is asked for. If it is dropped,
/// what makes the items ends.
///
/// # Taking items
///
/// | | sync | async |
/// |---|---|---|
/// | each | `for item in stream` | `while let Some(item) = stream.next().await` |
/// | one | `stream.next().get()` | `stream.next().await` |
/// | one, for a limited time | `stream.next().get_timeout(d)` | `stream.next().timeout(d).await` |
/// | all | `stream.collect::<Vec<_>>().get()` | `stream.collect::<Vec<_>>().await` |
///
/// [`try_next`](DualStream::try_next) is for streams of results. Each `next` judges by itself whether this thread may block, as a
/// [`get`](crate::Dual::get) does, and never remembers the answer: sync and async callers may alternate on one handle, and each
/// item is taken once, in order.
///
/// It is a [`futures::Stream`](Stream), so whatever takes a stream takes it, and all of `StreamExt` works on it. The methods here
/// that have the name of one in `StreamExt` take what that one takes, and return a `DualStream` again. To get one from any other
/// stream, put it in [`DualStream::stream`].
///
/// # How it runs
///
/// | | awaited | in a `for`, or by `get` |
/// |---|---|---|
/// | [`ready`](DualStream::ready) | handed over | handed over, in any context |
/// | [`blocking`](DualStream::blocking) | on a pool, which reads ahead | on this thread |
/// | [`stream`](DualStream::stream), [`generate`](DualStream::generate) | polled by its caller | driven on this thread |
/// | [`pair`](DualStream::pair) | its stream | its iterator |
/// | [`pages`](DualStream::pages) | each fetch as the handle it is | each fetch as the handle it is |
/// | [`produce`](DualStream::produce) | on a pool | on a pool |
///
/// If a `get` drives a future that awaits an item of a blocking iterator, and waits for nothing else, the item is made on this
/// thread.
///
/// # The end
///
/// It is fused: after `None` it returns `None` for ever, also if its iterator or stream would go on. If making an item panics, the
/// panic reaches the caller once, after the items before it, and then the stream has ended.
///
/// # Examples
///
/// ```
/// use smartcall::{DualStream, DualStreamOf, Source};
///
/// /// The lines of a text, one by one.
/// fn lines(text: &'static str) -> DualStreamOf<impl Source<Item = &'static str>> {
///     DualStream::blocking(text.lines())
/// }
///
/// for line in lines("a\nb") {
///     assert_eq!(line.len(), 1);
/// }
/// # pollster::block_on(async {
/// let mut lines = lines("a\nb");
/// while let Some(line) = lines.next().await {
///     assert_eq!(line.len(), 1);
/// }
/// # });
/// ```
#[must_use = "nothing runs before the first item is asked for: use `for`, or `.next().await`"]
pub struct DualStream<T, S = Boxed<'static, T>> {
    source: S,
    /// Whether the last item was taken, or making one has panicked. It is also set while one is being made.
    is_done: bool,
    item: PhantomData<fn() -> T>,
}

impl<S: Source> DualStream<S::Item, S> {
    /// Creates a stream from a source of any form.
    ///
    /// # Examples
    ///
    /// See [`Source`].
    #[inline]
    pub fn new(source: S) -> Self {
        DualStream {
            source,
            is_done: false,
            item: PhantomData,
        }
    }
}

impl<T, S> DualStream<T, S> {
    /// Changes the source.
    pub(crate) fn map_source<U>(self, change: impl FnOnce(S) -> U) -> DualStream<T, U> {
        DualStream {
            source: change(self.source),
            is_done: self.is_done,
            item: PhantomData,
        }
    }
}

impl<T, S: Source<Item = T>> DualStream<T, S> {
    /// Boxes the source, so that the type can be named: `DualStream<T>`.
    ///
    /// (For a `BoxStream` write `Box::pin(stream)`.)
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let stream: DualStream<u32> = DualStream::ready([1, 2]).map(|n| n + 1).boxed();
    /// assert!(stream.into_iter().eq([2, 3]));
    /// ```
    pub fn boxed<'a>(self) -> DualStream<T, Boxed<'a, T>>
    where
        S: Send + 'a,
    {
        self.map_source(Boxed::new)
    }

    /// Boxes a source that is not `Send`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use smartcall::DualStream;
    ///
    /// let stream = DualStream::ready([Rc::new(1)]).boxed_local();
    /// assert_eq!(stream.into_iter().count(), 1);
    /// ```
    pub fn boxed_local<'a>(self) -> DualStream<T, LocalBoxed<'a, T>>
    where
        S: 'a,
    {
        self.map_source(LocalBoxed::new)
    }
}

impl<T, S: Source<Item = T>> Stream for DualStream<T, S> {
    type Item = T;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if self.is_done {
            return Poll::Ready(None);
        }
        self.is_done = true;
        let poll = Pin::new(&mut self.source).poll_next(cx);
        self.is_done = matches!(poll, Poll::Ready(None));
        poll
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.is_done {
            (0, Some(0))
        } else {
            self.source.size_hint()
        }
    }
}

impl<T, S: Source<Item = T>> FusedStream for DualStream<T, S> {
    fn is_terminated(&self) -> bool {
        self.is_done
    }
}

impl<T, S: Source<Item = T>> Source for DualStream<T, S> {
    blocks_next!();

    #[inline]
    fn block_next_at(&mut self, line: Line) -> Result<Option<T>, NothingWakes> {
        if self.is_done {
            return Ok(None);
        }
        self.is_done = true;
        let item = self.source.block_next_at(line);
        self.is_done = matches!(item, Ok(None));
        item
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.source.is_immediate()
    }

    fn is_sync_code() -> bool {
        S::is_sync_code()
    }

    #[inline]
    fn is_ready(&self) -> bool {
        self.is_done || self.source.is_ready()
    }
}

/// Formatting never takes an item.
impl<T, S> fmt::Debug for DualStream<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DualStream").finish_non_exhaustive()
    }
}
