//! Callbacks, and what is called once.

use crate::call::smart_call::NoArguments;
use crate::dual::handle::Dual;
use crate::work::traits::Work;

/// A callback, sync or async, that is called by reference and may be lent its argument.
///
/// It is for what stays here, in any number of calls: handlers of events, predicates in a registry. It is implemented,
/// for zero to eight arguments, for
///
/// - sync callables, `Fn(A, …) -> Out`. They are called at once, where `invoke_ref_with` is, as
///   [in-place](crate::Dual::in_place) code: so they may borrow, and need not be `Send`. Keep them short;
/// - async callables, `Fn(A, …) -> impl Future<Output = Out>`: closures, functions, what `#[smart]` makes, and
///   [`SmartFnRef`](crate::SmartFnRef).
///
/// A bound that lends the argument is written with `for`. Of a closure the argument's type is written, `|n: &u32|`.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, DualOf, SmartCallRef, Work};
///
/// /// Counts those that a predicate is true of.
/// fn count<K>(
///     items: Vec<u32>,
///     is_wanted: impl for<'a> SmartCallRef<bool, K, (&'a u32,)>,
/// ) -> DualOf<impl Work<Output = usize>> {
///     Dual::future(async move {
///         let mut count = 0;
///         for item in &items {
///             count += usize::from(is_wanted.invoke_ref_with((item,)).await);
///         }
///         count
///     })
/// }
///
/// assert_eq!(count(vec![1, 2, 3], |n: &u32| *n > 1).get(), 2);
/// assert_eq!(count(vec![1, 2, 3], async |n: &u32| *n > 1).get(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a callback that takes `{Args}` and gives `{Out}`",
    label = "should take `{Args}` and give `{Out}`, a future of it, or a `Dual` of it",
    note = "a `SmartCallRef` is an `Fn`; `SmartCallMut` takes an `FnMut`, `SmartCallOnce` an `FnOnce`",
    note = "the arguments are given as a tuple: `()`, `(A,)`, `(A, B)`, … up to eight; one that is lent is written `for<'a> SmartCallRef<T, K, (&'a A,)>`",
    note = "a generic callable `&op` is not one: pass `|x: u32| op.invoke_ref_with((x,))`"
)]
pub trait SmartCallRef<Out, Kind, Args = ()> {
    /// What the handle of a call holds.
    type Work: Work<Output = Out>;

    /// Calls with arguments, and returns the handle of the call.
    ///
    /// A sync callable is called before this returns, and its value is in the handle.
    ///
    /// # Panics
    ///
    /// A panic of a sync callable comes out here.
    ///
    /// # Examples
    ///
    /// See [`SmartCallRef`].
    fn invoke_ref_with(&self, args: Args) -> Dual<Out, Self::Work>;

    /// Calls without arguments, and returns the handle of the call.
    #[inline]
    fn invoke_ref(&self) -> Dual<Out, Self::Work>
    where
        Args: NoArguments,
    {
        self.invoke_ref_with(Args::none())
    }
}

/// A callback, sync or async, that is called in turn: it may mutate what it captured, and be lent its argument.
///
/// It is for progress, visitors, and whatever is lent something, as a transaction is. It is implemented as
/// [`SmartCallRef`] is, with `FnMut` for `Fn`: a sync one is called at once, on this thread.
///
/// An async closure that *mutates* a capture is an `AsyncFnMut`, and no `FnMut`: use a `Cell`, or `async move` over an
/// `Arc`.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, DualOf, SmartCallMut, Work};
///
/// struct Tx(Vec<u32>);
///
/// fn transaction<T, K>(
///     mut body: impl for<'a> SmartCallMut<T, K, (&'a mut Tx,)>,
/// ) -> DualOf<impl Work<Output = T>> {
///     Dual::future(async move {
///         let mut tx = Tx(Vec::new());
///         body.invoke_mut_with((&mut tx,)).await
///     })
/// }
///
/// let mut calls = 0;
/// let len = transaction(|tx: &mut Tx| { calls += 1; tx.0.push(5); tx.0.len() }).get();
/// assert_eq!((len, calls), (1, 1));
/// assert_eq!(transaction(async |tx: &mut Tx| { tx.0.push(5); tx.0.len() }).get(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a callback that takes `{Args}` and gives `{Out}`",
    label = "should take `{Args}` and give `{Out}`, a future of it, or a `Dual` of it",
    note = "a `SmartCallMut` is an `FnMut`; `SmartCallOnce` takes an `FnOnce`",
    note = "an async closure that mutates what it captured is no `FnMut`: use a `Cell`, or `async move` over an `Arc`",
    note = "the arguments are given as a tuple: `()`, `(A,)`, `(A, B)`, … up to eight; one that is lent is written `for<'a> SmartCallMut<T, K, (&'a mut A,)>`",
    note = "a generic callable `&mut op` is not one: pass `|x: u32| op.invoke_mut_with((x,))`"
)]
pub trait SmartCallMut<Out, Kind, Args = ()> {
    /// What the handle of a call holds.
    type Work: Work<Output = Out>;

    /// Calls with arguments, and returns the handle of the call.
    ///
    /// A sync callable is called before this returns, and its value is in the handle.
    ///
    /// # Panics
    ///
    /// A panic of a sync callable comes out here.
    ///
    /// # Examples
    ///
    /// See [`SmartCallMut`].
    fn invoke_mut_with(&mut self, args: Args) -> Dual<Out, Self::Work>;

    /// Calls without arguments, and returns the handle of the call.
    #[inline]
    fn invoke_mut(&mut self) -> Dual<Out, Self::Work>
    where
        Args: NoArguments,
    {
        self.invoke_mut_with(Args::none())
    }
}

/// A callable, sync or async, that is called once, and may move what it captured.
///
/// It is implemented, for zero to eight arguments, for
///
/// - sync callables, `FnOnce(A, …) -> Out + Send + 'static`, with outputs and arguments `Send + 'static`, since they
///   may run on another thread;
/// - async callables, `FnOnce(A, …) -> impl Future<Output = Out>`, with no other bound.
///
/// The next step of [`Dual::then`] is one.
///
/// # Examples
///
/// ```
/// use smartcall::{DualOf, SmartCallOnce, Work};
///
/// fn run<T, K>(op: impl SmartCallOnce<T, K>) -> DualOf<impl Work<Output = T>> {
///     op.invoke_once()
/// }
///
/// let name = String::from("name");
/// assert_eq!(run(move || name).get(), "name");
/// let name = String::from("name");
/// assert_eq!(run(async move || name).get(), "name");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a callable that takes `{Args}` and gives `{Out}`",
    label = "should take `{Args}` and give `{Out}`, a future of it, or a `Dual` of it",
    note = "what a sync one captures, takes and gives is `Send + 'static`, since it may run on a pool",
    note = "the arguments are given as a tuple: `()`, `(A,)`, `(A, B)`, … up to eight",
    note = "a handle is not one: pass what makes it, `load` or `|| load()`, not `load()`"
)]
pub trait SmartCallOnce<Out, Kind, Args = ()> {
    /// What the handle of the call holds.
    type Work: Work<Output = Out>;

    /// Calls with arguments, and returns the handle of the call.
    ///
    /// An async callable is called at once; a sync one is not called before the handle is resolved.
    ///
    /// # Examples
    ///
    /// See [`SmartCallOnce`].
    fn invoke_once_with(self, args: Args) -> Dual<Out, Self::Work>;

    /// Calls without arguments, and returns the handle of the call.
    #[inline]
    fn invoke_once(self) -> Dual<Out, Self::Work>
    where
        Self: Sized,
        Args: NoArguments,
    {
        self.invoke_once_with(Args::none())
    }
}
