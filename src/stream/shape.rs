//! Streams that change which items come, and in what parts: `take`, `chain`, `chunks`, `flat_map`, `buffered`.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::Poll;

use futures_util::{Stream, StreamExt};

use crate::stream::caller::{Caller, Supplied, Supply};
use crate::stream::handle::{DualStream, DualStreamOf};
use crate::stream::source::Source;

impl<T, S: Source<Item = T>> DualStream<T, S> {
    /// Ends the stream after so many items.
    ///
    /// The item after the last one is not asked for. What makes the items is dropped with the stream, and not before.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// assert!(DualStream::ready(0..).take(3).into_iter().eq([0, 1, 2]));
    /// ```
    pub fn take(self, n: usize) -> DualStreamOf<impl Source<Item = T>> {
        DualStream::new(Supplied(Take {
            stream: self,
            left: n,
        }))
    }

    /// Continues with the items of another stream after the last one.
    ///
    /// The other stream is polled for both callers, as by [`stream`](DualStream::stream).
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let stream = DualStream::ready([1]).chain(DualStream::ready([2, 3]));
    /// assert!(stream.into_iter().eq([1, 2, 3]));
    /// ```
    pub fn chain(self, other: impl Stream<Item = T>) -> DualStreamOf<impl Source<Item = T>> {
        DualStream::new(Supplied(Chain {
            first: self,
            second: DualStream::stream(other),
        }))
    }

    /// Collects the items in chunks of so many. The last chunk may have fewer.
    ///
    /// # Panics
    ///
    /// Panics if the number is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let chunks = DualStream::ready(1..4).chunks(2);
    /// assert!(chunks.into_iter().eq([vec![1, 2], vec![3]]));
    /// ```
    #[track_caller]
    pub fn chunks(self, n: usize) -> DualStreamOf<impl Source<Item = Vec<T>>> {
        assert!(
            n > 0,
            "a chunk can't have 0 items: there would be no end of them. Use 1 or more."
        );
        DualStream::new(Supplied(Chunks {
            stream: self,
            chunk: Vec::new(),
            n,
        }))
    }
}

impl<T, S: Source<Item = T>> DualStream<T, S> {
    /// Makes a stream of each item, and hands out the items of these, stream after stream.
    ///
    /// They are polled for both callers, as by [`stream`](DualStream::stream). To flatten a stream of streams, pass `|inner| inner`:
    /// [`DualStream::flatten`] is the constructor for a handle of a stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let stream = DualStream::ready([1, 2]).flat_map(|n| DualStream::ready([n, n * 10]));
    /// assert!(stream.into_iter().eq([1, 10, 2, 20]));
    /// ```
    pub fn flat_map<U: Stream>(
        self,
        change: impl FnMut(T) -> U,
    ) -> DualStreamOf<impl Source<Item = U::Item>> {
        DualStream::new(Supplied(FlatMap {
            stream: self,
            change,
            current: Box::pin(None),
        }))
    }
}

impl<T: Future, S: Source<Item = T>> DualStream<T, S> {
    /// Resolves the handles or futures that are the items, at most `n` of them at once, and hands out their values in order.
    ///
    /// They run at the same time for both callers: a `for` drives them, and blocking code in them goes to a pool.
    ///
    /// # Panics
    ///
    /// Panics if `n` is 0.
    ///
    /// # Cancel safety
    ///
    /// Dropping the stream drops the handles that are not resolved.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, DualStream};
    ///
    /// let lengths = DualStream::ready(["a", "bc"])
    ///     .map(|text| Dual::blocking(move || text.len()))
    ///     .buffered(2);
    /// assert!(lengths.into_iter().eq([1, 2]));
    /// ```
    #[track_caller]
    pub fn buffered(self, n: usize) -> DualStreamOf<impl Source<Item = T::Output>> {
        assert_buffer(n);
        DualStream::stream(StreamExt::buffered(self, n))
    }

    /// [`buffered`](DualStream::buffered) without the order: a value is handed out as soon as it is there.
    ///
    /// # Panics
    ///
    /// Panics if `n` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, DualStream};
    ///
    /// let lengths = DualStream::ready(["a", "bc"])
    ///     .map(|text| Dual::blocking(move || text.len()))
    ///     .buffer_unordered(2);
    /// assert_eq!(lengths.into_iter().sum::<usize>(), 3);
    /// ```
    #[track_caller]
    pub fn buffer_unordered(self, n: usize) -> DualStreamOf<impl Source<Item = T::Output>> {
        assert_buffer(n);
        DualStream::stream(StreamExt::buffer_unordered(self, n))
    }
}

/// Panics at the caller's line if no handle may run.
#[track_caller]
fn assert_buffer(n: usize) {
    assert!(
        n > 0,
        "0 handles at once resolve none, so there would be no item, ever. Use 1 for one after the other."
    );
}

struct Take<S> {
    stream: S,
    left: usize,
}

impl<S: Source> Supply for Take<S> {
    type Item = S::Item;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<S::Item>, C::Stop> {
        if self.left == 0 {
            return Ok(None);
        }
        let item = caller.item(&mut self.stream)?;
        self.left -= 1;
        Ok(item)
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.stream.is_immediate()
    }

    fn is_sync_code() -> bool {
        S::is_sync_code()
    }

    fn is_ready(&self) -> bool {
        self.left == 0 || self.stream.is_ready()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.stream.size_hint();
        let most = most.map_or(self.left, |most| most.min(self.left));
        (least.min(self.left), Some(most))
    }
}

struct Chain<S, U> {
    first: S,
    second: U,
}

impl<S: Source, U: Source<Item = S::Item>> Supply for Chain<S, U> {
    type Item = S::Item;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<S::Item>, C::Stop> {
        match caller.item(&mut self.first)? {
            // It is fused.
            None => caller.item(&mut self.second),
            item => Ok(item),
        }
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.first.is_immediate() && self.second.is_immediate()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (first, second) = (self.first.size_hint(), self.second.size_hint());
        let most = first.1.zip(second.1);
        (
            first.0.saturating_add(second.0),
            most.and_then(|(first, second)| first.checked_add(second)),
        )
    }
}

struct Chunks<S: Source> {
    stream: S,
    chunk: Vec<S::Item>,
    n: usize,
}

impl<S: Source> Supply for Chunks<S> {
    type Item = Vec<S::Item>;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<Vec<S::Item>>, C::Stop> {
        while self.chunk.len() < self.n {
            match caller.item(&mut self.stream)? {
                Some(item) => self.chunk.push(item),
                None => break,
            }
        }
        let chunk = mem::take(&mut self.chunk);
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.stream.is_immediate()
    }

    fn is_sync_code() -> bool {
        S::is_sync_code()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.stream.size_hint();
        let chunks = |items: usize| items.saturating_add(self.chunk.len()).div_ceil(self.n);
        (chunks(least), most.map(chunks))
    }
}

struct FlatMap<S, F, U> {
    stream: S,
    change: F,
    current: Pin<Box<Option<U>>>,
}

impl<S: Source, F: FnMut(S::Item) -> U, U: Stream> Supply for FlatMap<S, F, U> {
    type Item = U::Item;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<U::Item>, C::Stop> {
        loop {
            if self.current.is_none() {
                let Some(item) = caller.item(&mut self.stream)? else {
                    return Ok(None);
                };
                self.current.set(Some((self.change)(item)));
            }
            let current = &mut self.current;
            let item = caller.poll(|cx| match current.as_mut().as_pin_mut() {
                Some(stream) => stream.poll_next(cx),
                None => Poll::Ready(None),
            })?;
            if item.is_some() {
                return Ok(item);
            }
            self.current.set(None);
        }
    }
}
