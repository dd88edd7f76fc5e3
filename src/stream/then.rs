//! A step for each item: sync code, async code, or a handle.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;

use crate::dual::handle::Dual;
use crate::kind;
use crate::offload::code::Code;
use crate::offload::select;
use crate::stream::caller::{Caller, Supplied, Supply};
use crate::stream::handle::{DualStream, DualStreamOf};
use crate::stream::source::Source;
use crate::waits::edges::Line;
use crate::work::blocking::Blocking;
use crate::work::future::Async;
use crate::work::traits::{Work, opaque_debug};

/// A step for each item: sync code that may run on a pool, or what makes a future.
///
/// You rarely need to care about this trait. `Kind` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a step that takes `{T}` and returns `{U}`",
    label = "should take `{T}` and return `{U}`, a future of it, or a `Dual` of it",
    note = "what a sync step captures, takes and returns must be `Send + 'static`, since it may run on a pool",
    note = "an async closure that mutates its captures is not an `FnMut`: use a `Cell`, or `async move` with an `Arc`"
)]
pub trait Step<T, U, Kind>: Sized + sealed::Sealed<T, U, Kind> {
    #[doc(hidden)]
    type Work: Work;

    /// Makes the work for an item. The step may be in the work.
    #[doc(hidden)]
    fn begin(step: &mut Option<Self>, item: T, line: Line) -> Option<Self::Work>;

    /// Takes the step back out of the value of the work.
    #[doc(hidden)]
    fn end(step: &mut Option<Self>, value: <Self::Work as Future>::Output) -> U;
}

/// Keeps other crates from implementing [`Step`].
mod sealed {
    pub trait Sealed<T, U, Kind> {}
}

impl<T, U, F, R> sealed::Sealed<T, U, kind::Async> for F
where
    F: FnMut(T) -> R,
    R: Future<Output = U>,
{
}

impl<T, U, F, R> Step<T, U, kind::Async> for F
where
    F: FnMut(T) -> R,
    R: Future<Output = U>,
{
    type Work = Async<R>;

    #[inline]
    fn begin(step: &mut Option<Self>, item: T, _line: Line) -> Option<Async<R>> {
        let step = step.as_mut()?;
        Some(Dual::future(step(item)).into_work())
    }

    #[inline]
    fn end(_step: &mut Option<Self>, value: U) -> U {
        value
    }
}

impl<T, U, F> sealed::Sealed<T, U, kind::Sync> for F
where
    F: FnMut(T) -> U + Send + 'static,
    T: Send + 'static,
    U: Send + Unpin + 'static,
{
}

/// The output is `Unpin` for the reason that is given in `call/implementations.rs`.
impl<T, U, F> Step<T, U, kind::Sync> for F
where
    F: FnMut(T) -> U + Send + 'static,
    T: Send + 'static,
    U: Send + Unpin + 'static,
{
    type Work = Blocking<SyncStep<F, T>>;

    #[inline]
    fn begin(step: &mut Option<Self>, item: T, line: Line) -> Option<Self::Work> {
        let step = step.take()?;
        Some(Blocking::made_at(line, SyncStep { step, item }))
    }

    #[inline]
    fn end(step: &mut Option<Self>, (back, value): (F, U)) -> U {
        *step = Some(back);
        value
    }
}

/// A sync step with its item. It is mutable, so it goes to the pool and comes back.
#[doc(hidden)]
pub struct SyncStep<F, T> {
    step: F,
    item: T,
}

opaque_debug!(SyncStep<F, T>);

impl<F: FnMut(T) -> U, T, U> Code for SyncStep<F, T> {
    type Output = (F, U);

    #[inline]
    fn run(mut self) -> (F, U) {
        let value = (self.step)(self.item);
        (self.step, value)
    }
}

impl<T, S: Source<Item = T>> DualStream<T, S> {
    /// Continues each item with a step: sync code, async code, or a handle.
    ///
    /// Each step runs as it would by itself. A sync step is blocking code: it runs on this thread for a sync caller, and on a pool,
    /// one change of threads for each item, if it is awaited. For cheap code use [`map`](DualStream::map). If the items come from a
    /// blocking iterator, put blocking code into it: `DualStream::blocking(iter.map(f))`.
    ///
    /// A step that returns a future that is `Unpin`, such as a `BoxFuture` or `future::ready`, needs the type of the item to be known
    /// from elsewhere (E0283), as in [`Dual::then`](crate::Dual::then). Write `async move |item| step(item).await`.
    ///
    /// One step ends before the next one begins. To have several at once, use `map` and [`buffered`](DualStream::buffered).
    ///
    /// # Cancel safety
    ///
    /// Dropping the stream drops the current step.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, DualStream};
    ///
    /// let stream = DualStream::ready(["1", "2"])
    ///     .then(|text| text.parse::<u32>())
    ///     .then(async |parsed| parsed.unwrap_or(0))
    ///     .then(|n| Dual::ready(n * 2));
    /// assert!(stream.into_iter().eq([2, 4]));
    /// ```
    #[track_caller]
    pub fn then<U, R, K>(
        self,
        step: impl FnMut(T) -> R + Step<T, U, K>,
    ) -> DualStreamOf<impl Source<Item = U>> {
        DualStream::new(Supplied(Then {
            stream: self,
            step: Some(step),
            work: Box::pin(None),
            made_at: Location::caller(),
            gives: PhantomData,
        }))
    }
}

struct Then<S: Source, F: Step<S::Item, U, K>, U, K> {
    stream: S,
    /// `None` while it is in the work.
    step: Option<F>,
    work: Pin<Box<Option<F::Work>>>,
    made_at: Line,
    gives: PhantomData<fn() -> (U, K)>,
}

impl<S: Source, F: Step<S::Item, U, K>, U, K> Supply for Then<S, F, U, K> {
    type Item = U;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<U>, C::Stop> {
        if self.work.is_none() {
            let Some(item) = caller.item(&mut self.stream)? else {
                return Ok(None);
            };
            self.work.set(F::begin(&mut self.step, item, self.made_at));
        }
        let Some(work) = self.work.as_mut().as_pin_mut() else {
            return Ok(None);
        };
        let value = caller.value(work)?;
        self.work.set(None);
        Ok(Some(F::end(&mut self.step, value)))
    }

    fn is_immediate(&self) -> bool {
        let is_step_immediate = match &*self.work {
            Some(work) => work.is_immediate(),
            None => F::Work::is_sync_code() && select::takes_code(),
        };
        is_step_immediate && self.stream.is_immediate()
    }

    fn is_sync_code() -> bool {
        F::Work::is_sync_code() && S::is_sync_code()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.stream.size_hint();
        let begun = usize::from(self.work.is_some());
        (
            least.saturating_add(begun),
            most.and_then(|most| most.checked_add(begun)),
        )
    }
}
