//! The kinds of callables, and the wrapper that names one.
//!
//! A kind is a type parameter of [`SmartCall`](crate::SmartCall). It is there for
//! coherence only: an async fn *is* an `Fn() -> T`, so without a parameter that differs the
//! implementations for sync and async callables would overlap. It is inferred. Where it
//! can't be, [`blocking`](crate::blocking), [`asynchronous`](crate::asynchronous),
//! [`dual`](crate::dual) and [`in_place`](crate::in_place) name it.

use std::fmt;
use std::marker::PhantomData;

/// The kind of sync callables, `Fn(A, …) -> T`.
#[derive(Clone, Copy, Debug)]
pub enum Sync {}

/// The kind of async callables, `Fn(A, …) -> impl Future<Output = T>`.
#[derive(Clone, Copy, Debug)]
pub enum Async {}

/// The kind of smart callables, `Fn(A, …) -> Dual<T, _>`.
#[derive(Clone, Copy, Debug)]
pub enum Smart {}

/// The kind of sync callables that stay on the caller's thread.
#[derive(Clone, Copy, Debug)]
pub enum InPlace {}

/// A callable whose kind is named, for where it can't be inferred.
///
/// Made by [`blocking`](crate::blocking), [`asynchronous`](crate::asynchronous),
/// [`dual`](crate::dual) and [`in_place`](crate::in_place).
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
