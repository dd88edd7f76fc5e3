//! The kinds of callables, and functions that name a kind.
//!
//! A kind is a type parameter of [`SmartCall`](crate::SmartCall) and of the callback traits. It exists for coherence
//! only: an async fn *is* an `Fn() -> T`, so without such a parameter the implementations for sync and for async
//! callables would overlap. The kind is inferred. Where it can't be, name it with [`blocking()`] or [`asynchronous`].
//! [`in_place`] selects a third kind.
//!
//! A function that returns a [`Dual`](crate::Dual), such as one with `#[smart]`, is an async callable.

use std::fmt;
use std::marker::PhantomData;

/// The kind of sync callables, `Fn(A, …) -> T`.
#[derive(Clone, Copy, Debug)]
pub enum Sync {}

/// The kind of async callables, `Fn(A, …) -> impl Future<Output = T>`, and of functions that return a handle.
#[derive(Clone, Copy, Debug)]
pub enum Async {}

/// The kind of sync callables that stay on the caller's thread.
#[derive(Clone, Copy, Debug)]
pub enum InPlace {}

/// A callable whose kind is named, for use where it can't be inferred.
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

/// Names a callable as sync, where its kind can't be inferred.
///
/// The output need not be `Unpin`.
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

/// Names a callable as async, where its kind can't be inferred.
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
/// // `future::Ready` could also be the output of a sync callable.
/// assert_eq!(once(kind::asynchronous(|| future::ready(5))).get(), 5);
/// ```
pub const fn asynchronous<F>(f: F) -> Named<F, Async> {
    Named::new(f)
}

/// Makes a sync callable stay on the caller's thread.
///
/// It is called on the thread that resolves its handle, in every context. Keep it short: on an executor's thread it
/// stalls the other tasks. The callable is cloned for each call. By reference, `&kind::in_place(f)`, it need not even
/// be `Clone`.
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
