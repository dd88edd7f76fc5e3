//! Callbacks, and callables that are called once.

use crate::call::smart_call::NoArguments;
use crate::dual::handle::Dual;
use crate::work::traits::Work;

/// A callback, sync or async, that is called by reference and may borrow its argument.
///
/// Use it for callbacks that stay on this thread and are called any number of times: event handlers, predicates in a
/// registry. It is implemented, for zero to eight arguments, for
///
/// - sync callables, `Fn(A, …) -> Out`. They are called at once, on the thread that calls `invoke_ref_with`, as
///   [in-place](crate::Dual::in_place) code. So they may borrow, and need not be `Send`. Keep them short;
/// - async callables, `Fn(A, …) -> impl Future<Output = Out>`: closures, functions, functions with `#[smart]`, and
///   [`SmartFnRef`](crate::SmartFnRef).
///
/// To borrow the argument, write the bound with `for<'a>`. A closure then needs the type of its argument,
/// `|n: &u32|`.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, DualOf, SmartCallRef, Work};
///
/// /// Counts the items for which a predicate is true.
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
    message = "`{Self}` is not a callback that takes `{Args}` and returns `{Out}`",
    label = "should take `{Args}` and return `{Out}`, a future of it, or a `Dual` of it",
    note = "a `SmartCallRef` is an `Fn`; `SmartCallMut` takes an `FnMut`, `SmartCallOnce` an `FnOnce`",
    note = "the arguments are passed as a tuple: `()`, `(A,)`, `(A, B)`, … up to eight; for a borrowed argument write `for<'a> SmartCallRef<T, K, (&'a A,)>`",
    note = "a reference `&op` to a generic callback is not a callback: pass `|x: u32| op.invoke_ref_with((x,))`"
)]
pub trait SmartCallRef<Out, Kind, Args = ()> {
    /// The work that the handle of a call holds.
    type Work: Work<Output = Out>;

    /// Calls with arguments, and returns the handle of the call.
    ///
    /// A sync callable is called before this method returns, and the handle holds its value.
    ///
    /// # Panics
    ///
    /// Panics if a sync callable panics.
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

/// A callback, sync or async, that may mutate its captures and borrow its argument.
///
/// Use it for progress callbacks, for visitors, and for callbacks that borrow something, such as a transaction. It is
/// implemented as [`SmartCallRef`] is, with `FnMut` instead of `Fn`: a sync callable is called at once, on this
/// thread.
///
/// An async closure that *mutates* a capture is an `AsyncFnMut` and not an `FnMut`. Use a `Cell`, or `async move`
/// with an `Arc`.
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
    message = "`{Self}` is not a callback that takes `{Args}` and returns `{Out}`",
    label = "should take `{Args}` and return `{Out}`, a future of it, or a `Dual` of it",
    note = "a `SmartCallMut` is an `FnMut`; `SmartCallOnce` takes an `FnOnce`",
    note = "an async closure that mutates its captures is not an `FnMut`: use a `Cell`, or `async move` with an `Arc`",
    note = "the arguments are passed as a tuple: `()`, `(A,)`, `(A, B)`, … up to eight; for a borrowed argument write `for<'a> SmartCallMut<T, K, (&'a mut A,)>`",
    note = "a reference `&mut op` to a generic callback is not a callback: pass `|x: u32| op.invoke_mut_with((x,))`"
)]
pub trait SmartCallMut<Out, Kind, Args = ()> {
    /// The work that the handle of a call holds.
    type Work: Work<Output = Out>;

    /// Calls with arguments, and returns the handle of the call.
    ///
    /// A sync callable is called before this method returns, and the handle holds its value.
    ///
    /// # Panics
    ///
    /// Panics if a sync callable panics.
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

/// A callable, sync or async, that is called once and may move its captures.
///
/// It is implemented, for zero to eight arguments, for
///
/// - sync callables, `FnOnce(A, …) -> Out + Send + 'static`. They may run on another thread, so their outputs and
///   arguments are `Send + 'static` as well;
/// - async callables, `FnOnce(A, …) -> impl Future<Output = Out>`, with no other bound.
///
/// The next step of [`Dual::then`] is such a callable.
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
    message = "`{Self}` is not a callable that takes `{Args}` and returns `{Out}`",
    label = "should take `{Args}` and return `{Out}`, a future of it, or a `Dual` of it",
    note = "what a sync callable captures, takes and returns must be `Send + 'static`, since it may run on a pool",
    note = "the arguments are passed as a tuple: `()`, `(A,)`, `(A, B)`, … up to eight",
    note = "a handle is not a callable: pass the function that makes it, `load` or `|| load()`, not `load()`"
)]
pub trait SmartCallOnce<Out, Kind, Args = ()> {
    /// The work that the handle of the call holds.
    type Work: Work<Output = Out>;

    /// Calls with arguments, and returns the handle of the call.
    ///
    /// An async callable is called at once. A sync callable is not called before the handle is resolved.
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
