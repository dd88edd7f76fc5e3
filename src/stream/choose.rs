//! Streams that change and choose items by a closure: `map`, `filter`, `filter_map`, `take_while`.

use crate::stream::caller::{Caller, Supplied, Supply};
use crate::stream::handle::{DualStream, DualStreamOf};
use crate::stream::source::Source;
use crate::stream::verdict::{Deciding, Verdict};

impl<T, S: Source<Item = T>> DualStream<T, S> {
    /// Changes each item with a closure.
    ///
    /// The closure is called on the thread that takes the item, which may be a thread of an executor. Keep it short. For code that
    /// may block, use [`then`](DualStream::then), or put it into the iterator: `DualStream::blocking(iter.map(f))`.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// assert!(DualStream::ready([1, 2]).map(|n| n * 2).into_iter().eq([2, 4]));
    /// ```
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> DualStreamOf<impl Source<Item = U>> {
        DualStream::new(Supplied(Map {
            stream: self,
            change,
        }))
    }

    /// Keeps the items for which a closure returns `true`, or a future of `true`.
    ///
    /// A closure that returns a `bool` is called as that of [`map`](DualStream::map) is.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future;
    /// use smartcall::DualStream;
    ///
    /// assert!(DualStream::ready(0..5).filter(|n| n % 2 == 0).into_iter().eq([0, 2, 4]));
    /// let odd = DualStream::ready(0..5).filter(|n| future::ready(n % 2 == 1));
    /// assert!(odd.into_iter().eq([1, 3]));
    /// ```
    pub fn filter<R: Verdict<K>, K>(
        self,
        is_wanted: impl FnMut(&T) -> R,
    ) -> DualStreamOf<impl Source<Item = T>> {
        DualStream::new(Supplied(Filter::new(self, is_wanted)))
    }

    /// Changes each item with a closure, and keeps those for which it returns `Some`, or a future of `Some`.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let numbers = DualStream::ready(["1", "two", "3"]).filter_map(|text| text.parse::<u32>().ok());
    /// assert!(numbers.into_iter().eq([1, 3]));
    /// ```
    pub fn filter_map<U, R: Verdict<K, Option<U>>, K>(
        self,
        change: impl FnMut(T) -> R,
    ) -> DualStreamOf<impl Source<Item = U>> {
        DualStream::new(Supplied(FilterMap {
            stream: self,
            change,
            deciding: Deciding::nothing(),
        }))
    }

    /// Ends the stream at the first item for which a closure returns `false`, or a future of `false`.
    ///
    /// That item is dropped. What makes the items is dropped with the stream, and not before.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// assert!(DualStream::ready(0..5).take_while(|n| *n < 2).into_iter().eq([0, 1]));
    /// ```
    pub fn take_while<R: Verdict<K>, K>(
        self,
        is_wanted: impl FnMut(&T) -> R,
    ) -> DualStreamOf<impl Source<Item = T>> {
        DualStream::new(Supplied(TakeWhile(Filter::new(self, is_wanted))))
    }
}

struct Map<S, F> {
    stream: S,
    change: F,
}

impl<S: Source, F: FnMut(S::Item) -> U, U> Supply for Map<S, F> {
    type Item = U;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<U>, C::Stop> {
        Ok(caller.item(&mut self.stream)?.map(&mut self.change))
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.stream.is_immediate()
    }

    fn is_sync_code() -> bool {
        S::is_sync_code()
    }

    fn is_ready(&self) -> bool {
        self.stream.is_ready()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

struct Filter<S: Source, F, R: Verdict<K>, K> {
    stream: S,
    is_wanted: F,
    /// The item that is decided on.
    item: Option<S::Item>,
    deciding: Deciding<R::Future>,
}

impl<S: Source, F: FnMut(&S::Item) -> R, R: Verdict<K>, K> Filter<S, F, R, K> {
    fn new(stream: S, is_wanted: F) -> Self {
        Filter {
            stream,
            is_wanted,
            item: None,
            deciding: Deciding::nothing(),
        }
    }

    /// Takes the next item, with the verdict on it.
    #[inline]
    fn decided<C: Caller>(&mut self, caller: &mut C) -> Result<Option<(S::Item, bool)>, C::Stop> {
        if self.item.is_none() {
            let Some(item) = caller.item(&mut self.stream)? else {
                return Ok(None);
            };
            match (self.is_wanted)(&item).decide() {
                Ok(verdict) => return Ok(Some((item, verdict))),
                Err(future) => {
                    self.deciding.begin(future);
                    self.item = Some(item);
                }
            }
        }
        let verdict = self.deciding.take(caller)?;
        Ok(self.item.take().zip(verdict))
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        R::IS_NOW && self.stream.is_immediate()
    }

    /// All items may be kept, or none.
    fn size_hint(&self) -> (usize, Option<usize>) {
        let most = self.stream.size_hint().1;
        let decided = usize::from(self.item.is_some());
        (0, most.and_then(|most| most.checked_add(decided)))
    }
}

impl<S: Source, F: FnMut(&S::Item) -> R, R: Verdict<K>, K> Supply for Filter<S, F, R, K> {
    type Item = S::Item;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<S::Item>, C::Stop> {
        loop {
            match self.decided(caller)? {
                Some((item, true)) => return Ok(Some(item)),
                Some((_, false)) => {}
                None => return Ok(None),
            }
        }
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.is_immediate()
    }

    fn is_sync_code() -> bool {
        R::IS_NOW && S::is_sync_code()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.size_hint()
    }
}

struct TakeWhile<S: Source, F, R: Verdict<K>, K>(Filter<S, F, R, K>);

impl<S: Source, F: FnMut(&S::Item) -> R, R: Verdict<K>, K> Supply for TakeWhile<S, F, R, K> {
    type Item = S::Item;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<S::Item>, C::Stop> {
        let decided = self.0.decided(caller)?;
        Ok(decided.and_then(|(item, is_wanted)| is_wanted.then_some(item)))
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.0.is_immediate()
    }

    fn is_sync_code() -> bool {
        R::IS_NOW && S::is_sync_code()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

struct FilterMap<S, F, R: Verdict<K, Option<U>>, K, U> {
    stream: S,
    change: F,
    deciding: Deciding<R::Future>,
}

impl<S, F, R, K, U> Supply for FilterMap<S, F, R, K, U>
where
    S: Source,
    F: FnMut(S::Item) -> R,
    R: Verdict<K, Option<U>>,
{
    type Item = U;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<U>, C::Stop> {
        loop {
            let changed = match self.deciding.take(caller)? {
                Some(changed) => changed,
                None => {
                    let Some(item) = caller.item(&mut self.stream)? else {
                        return Ok(None);
                    };
                    match (self.change)(item).decide() {
                        Ok(changed) => changed,
                        Err(future) => {
                            self.deciding.begin(future);
                            continue;
                        }
                    }
                }
            };
            if changed.is_some() {
                return Ok(changed);
            }
        }
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        R::IS_NOW && self.stream.is_immediate()
    }

    fn is_sync_code() -> bool {
        R::IS_NOW && S::is_sync_code()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let most = self.stream.size_hint().1;
        let decided = usize::from(self.deciding.is_waited_for());
        (0, most.and_then(|most| most.checked_add(decided)))
    }
}
