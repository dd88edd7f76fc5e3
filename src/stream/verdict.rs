//! What a closure decides on an item: at once, or by a future.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;

use crate::kind;
use crate::stream::caller::Caller;
use crate::work::future::Async;

/// What a closure of [`filter`](crate::DualStream::filter) and its siblings returns: a value, or a future of one.
///
/// You rarely need to care about this trait. The value is a `bool`, or an `Option` for
/// [`filter_map`](crate::DualStream::filter_map). `Kind` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a verdict: the closure returns neither `{T}` nor a future of it",
    label = "should return `{T}`, or a future of it",
    note = "an async closure borrows its argument, and so can't be used here: write `|item| {{ let item = item.clone(); async move {{ … }} }}`"
)]
pub trait Verdict<Kind, T = bool>: sealed::Sealed<Kind, T> {
    #[doc(hidden)]
    type Future: Future<Output = T>;

    /// Whether it is decided at once.
    #[doc(hidden)]
    const IS_NOW: bool;

    #[doc(hidden)]
    fn decide(self) -> Result<T, Self::Future>;
}

/// Keeps other crates from implementing [`Verdict`].
mod sealed {
    pub trait Sealed<Kind, T> {}
}

impl sealed::Sealed<kind::Sync, bool> for bool {}

impl Verdict<kind::Sync> for bool {
    type Future = std::future::Pending<bool>;

    const IS_NOW: bool = true;

    #[inline]
    fn decide(self) -> Result<bool, Self::Future> {
        Ok(self)
    }
}

impl<T> sealed::Sealed<kind::Sync, Option<T>> for Option<T> {}

impl<T> Verdict<kind::Sync, Option<T>> for Option<T> {
    type Future = std::future::Pending<Option<T>>;

    const IS_NOW: bool = true;

    #[inline]
    fn decide(self) -> Result<Option<T>, Self::Future> {
        Ok(self)
    }
}

impl<T, F: Future<Output = T>> sealed::Sealed<kind::Async, T> for F {}

impl<T, F: Future<Output = T>> Verdict<kind::Async, T> for F {
    type Future = F;

    const IS_NOW: bool = false;

    #[inline]
    fn decide(self) -> Result<T, F> {
        Err(self)
    }
}

/// A verdict that is waited for.
pub(crate) struct Deciding<F> {
    /// It is boxed when it is first needed. `None` in the box: nothing is waited for.
    future: Option<Pin<Box<Option<Async<F>>>>>,
}

impl<F: Future> Deciding<F> {
    pub(crate) fn nothing() -> Self {
        Deciding { future: None }
    }

    /// Waits for this future from now on.
    pub(crate) fn begin(&mut self, future: F) {
        let work = Some(Async {
            future,
            pinned: PhantomPinned,
        });
        match &mut self.future {
            Some(place) => place.set(work),
            None => self.future = Some(Box::pin(work)),
        }
    }

    pub(crate) fn is_waited_for(&self) -> bool {
        self.future.as_ref().is_some_and(|place| place.is_some())
    }

    /// Takes the verdict that is waited for.
    #[inline]
    pub(crate) fn take<C: Caller>(&mut self, caller: &mut C) -> Result<Option<F::Output>, C::Stop> {
        let Some(place) = &mut self.future else {
            return Ok(None);
        };
        let Some(work) = place.as_mut().as_pin_mut() else {
            return Ok(None);
        };
        let verdict = caller.value(work)?;
        place.set(None);
        Ok(Some(verdict))
    }
}
