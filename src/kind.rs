//! The kinds of callables, and the wrapper that names one.
//!
//! A kind is a type parameter of [`SmartCall`](crate::SmartCall) and its siblings. It is there for
//! coherence only: an async fn *is* an `Fn() -> T`, so without a parameter that differs the
//! implementations for sync and async callables would overlap. It is inferred. Where it
//! can't be, [`blocking()`] and [`asynchronous`] name it; [`in_place`] chooses a third one.
//!
//! A function that returns a [`Dual`](crate::Dual), as `#[smart]` makes it, is an async callable.

use std::fmt;
use std::marker::PhantomData;

/// The kind of sync callables, `Fn(A, …) -> T`.
#[derive(Clone, Copy, Debug)]
pub enum Sync {}

/// The kind of async callables, `Fn(A, …) -> impl Future<Output = T>`, and of what returns a handle.
#[derive(Clone, Copy, Debug)]
pub enum Async {}

/// The kind of sync callables that stay on the caller's thread.
#[derive(Clone, Copy, Debug)]
pub enum InPlace {}

/// A callable whose kind is named, for where it can't be inferred.
///
/// Made by [`blocking()`], [`asynchronous`] and [`in_place`].
pub struct Named<F, Kind> {
    pub(crate) f: F,
    kind: PhantomData<fn() -> Kind>,
}

impl<F, Kind> Named<F, Kind> {
    pub(crate) const fn new(f: F) -> Self {
        Named {
            f,
            kind: PhantomData,
        }
    }
}

impl<F: Clone, Kind> Clone for Named<F, Kind> {
    fn clone(&self) -> Self {
        Named::new(self.f.clone())
    }
}

impl<F: Copy, Kind> Copy for Named<F, Kind> {}

impl<F, Kind> fmt::Debug for Named<F, Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Named").finish_non_exhaustive()
    }
}

/// Names a sync callable, where it can't be inferred.
///
/// Its output need not be `Unpin`.
///
/// # Examples
///
/// ```
/// use std::marker::PhantomPinned;
/// use smartcall::{SmartCall, kind};
///
/// let pinned = kind::blocking(|| PhantomPinned);
/// assert_eq!(pinned.invoke().get(), PhantomPinned);
/// ```
pub const fn blocking<F>(f: F) -> Named<F, Sync> {
    Named::new(f)
}

/// Names an async callable, where it can't be inferred.
///
/// # Examples
///
/// ```
/// use std::future;
/// use smartcall::{DualOf, SmartCall, Work, kind};
///
/// fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
///     op.invoke()
/// }
///
/// // `future::Ready` could be the output of a sync callable just as well.
/// assert_eq!(once(kind::asynchronous(|| future::ready(5))).get(), 5);
/// ```
pub const fn asynchronous<F>(f: F) -> Named<F, Async> {
    Named::new(f)
}

/// Makes a sync callable stay on the caller's thread.
///
/// It is called where its handle is resolved, in every context; keep it short, since on an
/// executor's thread it holds up the other tasks. The callable is cloned for each call; by
/// reference, `&kind::in_place(f)`, it need not even be `Clone`.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use smartcall::{SmartCall, kind};
///
/// let calls = Cell::new(0);
/// let count = kind::in_place(|| calls.set(calls.get() + 1));
/// count.invoke().get();
/// (&count).invoke().get();
/// assert_eq!(calls.get(), 2);
/// ```
pub const fn in_place<F>(f: F) -> Named<F, InPlace> {
    Named::new(f)
}
