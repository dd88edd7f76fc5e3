//! Streams of items that come in pages.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

use crate::call::smart_call::SmartCall;
use crate::dual::handle::Dual;
use crate::offload::select;
use crate::stream::caller::{Caller, Supply, supplies};
use crate::stream::handle::DualStream;
use crate::work::traits::Work;

/// Items that are fetched page by page.
///
/// Made by [`DualStream::pages`](crate::DualStream::pages). Dropping it drops the fetch that it waits for.
#[must_use = "nothing runs until items are taken"]
pub struct Pages<F, P, C, E, K>
where
    F: SmartCall<Fetched<P, C, E>, K, (Option<C>,)>,
    P: IntoIterator,
{
    fetch: F,
    /// The items of the current page that were not taken.
    page: Option<P::IntoIter>,
    /// The argument of the next fetch. `None`: there is no other page.
    next: Option<Option<C>>,
    /// The fetch that is waited for.
    work: Fetch<P, C, E, F::Work>,
    kind: PhantomData<fn() -> K>,
}

/// What a fetch returns: the items of the page, and the cursor of the next one, if there is one.
type Fetched<P, C, E> = Result<(P, Option<C>), E>;

/// A place for a fetch. Each one has the same.
type Fetch<P, C, E, W> = Pin<Box<Option<Dual<Fetched<P, C, E>, W>>>>;

impl<F, P, C, E, K> DualStream<Result<P::Item, E>, Pages<F, P, C, E, K>>
where
    F: SmartCall<Fetched<P, C, E>, K, (Option<C>,)>,
    P: IntoIterator,
{
    /// Creates a stream of the items of pages, which a callable fetches: sync code, async code, or a function that returns a handle.
    ///
    /// The callable takes the cursor of a page, `None` for the first one. It returns the items of the page with the cursor of the next
    /// one, `None` after the last one. Each fetch runs as the handle that it is. A page is fetched when the first of its items is
    /// asked for, and not before.
    ///
    /// An error is the last item: the cursor went with the call, so there is no way to go on. To try again, use a callable that
    /// does. A callable that always returns a cursor, such as the one that it was given, makes a stream without an end. Between two
    /// pages without items an async caller lets other tasks run.
    ///
    /// # Cancel safety
    ///
    /// Dropping the stream drops the fetch that it waits for.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let pages = || {
    ///     DualStream::pages(|page: Option<u32>| {
    ///         let page = page.unwrap_or(0);
    ///         Ok::<_, std::io::Error>((vec![page * 2, page * 2 + 1], (page < 2).then_some(page + 1)))
    ///     })
    /// };
    /// assert_eq!(pages().try_collect::<Vec<_>>().get().unwrap(), [0, 1, 2, 3, 4, 5]);
    /// # pollster::block_on(async {
    /// let mut pages = pages();
    /// while let Some(item) = pages.try_next().await.unwrap() {
    ///     assert!(item < 6);
    /// }
    /// # });
    /// ```
    pub fn pages<R>(fetch: F) -> Self
    where
        F: Fn(Option<C>) -> R,
    {
        DualStream::new(Pages {
            fetch,
            page: None,
            next: Some(None),
            work: Box::pin(None),
            kind: PhantomData,
        })
    }
}

impl<F, P, C, E, K> Supply for Pages<F, P, C, E, K>
where
    F: SmartCall<Fetched<P, C, E>, K, (Option<C>,)>,
    P: IntoIterator,
{
    type Item = Result<P::Item, E>;

    #[inline]
    fn next<A: Caller>(&mut self, caller: &mut A) -> Result<Option<Self::Item>, A::Stop> {
        loop {
            if let Some(page) = &mut self.page {
                if let Some(item) = page.next() {
                    return Ok(Some(Ok(item)));
                }
                self.page = None;
            }
            if self.work.is_none() {
                let Some(cursor) = self.next.take() else {
                    return Ok(None);
                };
                self.work.set(Some(self.fetch.invoke_with((cursor,))));
            }
            let Some(work) = self.work.as_mut().as_pin_mut() else {
                return Ok(None);
            };
            let fetched = caller.value(work)?;
            self.work.set(None);
            let (page, cursor) = match fetched {
                Ok(fetched) => fetched,
                Err(error) => return Ok(Some(Err(error))),
            };
            self.next = cursor.map(Some);
            let mut page = page.into_iter();
            let first = page.next();
            self.page = Some(page);
            match first {
                Some(item) => return Ok(Some(Ok(item))),
                None if self.next.is_some() => caller.let_others_go_on()?,
                None => {}
            }
        }
    }

    fn is_immediate(&self) -> bool {
        match &*self.work {
            Some(work) => work.is_immediate(),
            None => F::Work::is_sync_code() && select::takes_code(),
        }
    }

    fn is_sync_code() -> bool {
        F::Work::is_sync_code()
    }

    fn is_ready(&self) -> bool {
        self.page
            .as_ref()
            .is_some_and(|page| page.size_hint().0 > 0)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = match &self.page {
            Some(page) => page.size_hint(),
            None => (0, Some(0)),
        };
        let is_last = self.next.is_none() && self.work.is_none();
        (least, most.filter(|_| is_last))
    }
}

supplies!({F, P, C, E, K} Pages<F, P, C, E, K> => Result<P::Item, E>, where {
    F: SmartCall<Fetched<P, C, E>, K, (Option<C>,)>,
    P: IntoIterator
});

impl<F, P, C, E, K> fmt::Debug for Pages<F, P, C, E, K>
where
    F: SmartCall<Fetched<P, C, E>, K, (Option<C>,)>,
    P: IntoIterator,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}
