//! Streams whose items async code hands out.

use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use smartcall_context::internal::placement;

use crate::stream::caller::{Caller, Supply, supplies};
use crate::stream::emit::{Emit, Mouth, Taking};
use crate::stream::handle::DualStream;
use crate::stream::slot::slot;
use crate::sync::Arc;
use crate::work::traits::opaque_debug;

/// Async code that hands out items.
///
/// Made by [`DualStream::generate`](crate::DualStream::generate) and [`try_generate`](crate::DualStream::try_generate). Dropping it
/// drops the code where it waits.
#[must_use = "nothing runs until items are taken"]
pub struct Generate<T, F: Future> {
    mouth: Arc<Mouth<T>>,
    taking: Taking<T>,
    /// `None` once it has ended.
    body: Option<Pin<Box<F>>>,
    /// What the body has ended with, until all its items were taken.
    ending: Option<thread::Result<F::Output>>,
    /// How many items are taken before the body goes on: those that were there when it was polled. Other tasks may emit more at
    /// any time.
    behind: usize,
    /// Whether the waker of this stream was left in the mouth.
    is_left: bool,
}

/// What the body of a stream returns: nothing, or a result whose error is the last item.
///
/// You rarely need to care about this trait. It is implemented for `()` and for `Result<(), E>`.
pub trait Ending<T>: sealed::Sealed {
    /// The items of the stream, if those that are handed out are of the type `T`.
    type Item;

    #[doc(hidden)]
    fn item(item: T) -> Self::Item;

    #[doc(hidden)]
    fn last(self) -> Option<Self::Item>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for () {}

impl<T> Ending<T> for () {
    type Item = T;

    #[inline]
    fn item(item: T) -> T {
        item
    }

    fn last(self) -> Option<T> {
        None
    }
}

impl<E> sealed::Sealed for Result<(), E> {}

impl<T, E> Ending<T> for Result<(), E> {
    type Item = Result<T, E>;

    #[inline]
    fn item(item: T) -> Self::Item {
        Ok(item)
    }

    fn last(self) -> Option<Self::Item> {
        self.err().map(Err)
    }
}

impl<T, F: Future<Output = ()>> DualStream<T, Generate<T, F>> {
    /// Creates a stream of the items that async code hands out.
    ///
    /// The code runs when an item is asked for, up to the next [`emit`](Emit::emit), and goes on when its item was taken and the next
    /// one is asked for. Async callers poll it, and sync callers drive it on their thread.
    ///
    /// As with any async callable, what stands in the closure before the future, as in `|out| { here(); async move { .. } }`, runs in
    /// this call.
    ///
    /// # Cancel safety
    ///
    /// Dropping the stream drops the code where it waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{DualStream, Emit};
    ///
    /// let numbers = || DualStream::generate(async |mut out: Emit<u32>| {
    ///     for n in 0..3 {
    ///         out.emit(n).await;
    ///     }
    /// });
    /// assert!(numbers().into_iter().eq([0, 1, 2]));
    /// # pollster::block_on(async {
    /// assert_eq!(numbers().collect::<Vec<_>>().await, [0, 1, 2]);
    /// # });
    /// ```
    pub fn generate(body: impl FnOnce(Emit<T>) -> F) -> Self {
        DualStream::new(Generate::new(body))
    }
}

impl<T, E, F: Future<Output = Result<(), E>>> DualStream<Result<T, E>, Generate<T, F>> {
    /// Creates a stream of results: the items that async code hands out, and its error as the last one.
    ///
    /// In the code, `?` ends the stream with an `Err` item. See [`generate`](DualStream::generate).
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{DualStream, Emit};
    ///
    /// let mut numbers = DualStream::try_generate(async |mut out: Emit<u32>| {
    ///     for text in ["1", "two", "3"] {
    ///         out.emit(text.parse()?).await;
    ///     }
    ///     Ok::<(), std::num::ParseIntError>(())
    /// });
    /// assert_eq!(numbers.try_next().get(), Ok(Some(1)));
    /// assert!(numbers.try_next().get().is_err());
    /// assert_eq!(numbers.try_next().get(), Ok(None));
    /// ```
    pub fn try_generate(body: impl FnOnce(Emit<T>) -> F) -> Self {
        DualStream::new(Generate::new(body))
    }
}

impl<T, F: Future> Generate<T, F> {
    fn new(body: impl FnOnce(Emit<T>) -> F) -> Self {
        let mouth = Mouth::new();
        let (filler, emptier) = slot();
        let body = body(Emit::new(Arc::clone(&mouth), filler));
        Generate {
            mouth,
            taking: Taking::new(emptier),
            body: Some(Box::pin(body)),
            ending: None,
            behind: 0,
            is_left: false,
        }
    }
}

impl<T, F: Future<Output: Ending<T>>> Generate<T, F> {
    #[inline]
    fn take(&mut self) -> Option<<F::Output as Ending<T>>::Item> {
        let (item, behind) = self.mouth.take(&mut self.taking)?;
        self.behind = behind;
        Some(F::Output::item(item))
    }

    #[inline]
    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<<F::Output as Ending<T>>::Item>> {
        if self.is_left {
            self.is_left = false;
            self.mouth.forget_taker();
        }
        if let Some(body) = &mut self.body {
            // A panic comes after the items before it.
            let poll = AssertUnwindSafe(|| self.mouth.poll_body(body.as_mut(), cx));
            let ending = match panic::catch_unwind(poll) {
                Ok(Poll::Pending) => None,
                Ok(Poll::Ready(ending)) => Some(Ok(ending)),
                Err(payload) => Some(Err(payload)),
            };
            if ending.is_some() {
                self.ending = ending;
                self.mouth.end();
                self.body = None;
            }
        }
        loop {
            if let Some(item) = self.take() {
                return Poll::Ready(Some(item));
            }
            if self.body.is_none() {
                return match self.ending.take() {
                    Some(Ok(ending)) => Poll::Ready(ending.last()),
                    Some(Err(payload)) => panic::resume_unwind(payload),
                    None => Poll::Ready(None),
                };
            }
            // It is polled again at once.
            if placement::has_asked(cx) {
                return Poll::Pending;
            }
            // Another task may have emitted an item just now.
            if self.mouth.poll_items(cx).is_pending() {
                self.is_left = true;
                return Poll::Pending;
            }
        }
    }
}

impl<T, F: Future<Output: Ending<T>>> Supply for Generate<T, F> {
    type Item = <F::Output as Ending<T>>::Item;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<Self::Item>, C::Stop> {
        // These need no poll, and so no driver.
        if let Some(behind) = self.behind.checked_sub(1) {
            if let Some(item) = self.take() {
                self.behind = behind;
                return Ok(Some(item));
            }
        }
        caller.poll(|cx| self.poll_item(cx))
    }

    fn is_ready(&self) -> bool {
        self.behind > 0
    }
}

impl<T, F: Future> Drop for Generate<T, F> {
    fn drop(&mut self) {
        self.mouth.close();
    }
}

supplies!({T, F: Future<Output: Ending<T>>} Generate<T, F> => <F::Output as Ending<T>>::Item);
opaque_debug!(Generate<T, F: Future>);
