//! Operations: callables that are called many times, perhaps at once, perhaps on other threads.

use crate::dual::handle::Dual;
use crate::work::traits::Work;

/// A callable, sync or async, whose calls return a [`Dual`].
///
/// Library code uses it as a bound and calls [`invoke`](SmartCall::invoke), which returns a handle, whatever the kind
/// of the callable. It is implemented, for zero to eight arguments, for
///
/// - sync callables, `Fn(A, …) -> Out`. They are cloned for each call and may run on another thread. So they are
///   `Clone + Send + Sync + 'static`, and their outputs and arguments are `Send + 'static`;
/// - async callables, `Fn(A, …) -> impl Future<Output = Out>`, with no other bound. A function that returns a
///   [`Dual`] is an async callable, and so is a [`SmartFn`](crate::SmartFn);
/// - the callables that [`kind::blocking`], [`kind::asynchronous`] and [`kind::in_place`] return.
///
/// Use it for operations: they are called many times, perhaps at once, perhaps on other threads. Three other traits
/// are for callbacks:
///
/// | trait | a callback that |
/// |---|---|
/// | [`SmartCallRef`] | is called by `&self` on this thread, and may borrow its argument: event handlers |
/// | [`SmartCallMut`] | is called by `&mut self` on this thread, may mutate its captures, and may borrow its argument: progress, visitors, transactions |
/// | [`SmartCallOnce`] | is called once, and may move its captures |
///
/// The type parameters are `<Out, Kind, Args = ()>`, so `impl SmartCall<T, K>` is a callable without arguments.
///
/// # Captures
///
/// A closure that captures owns what its future needs, and clones it for each call:
///
/// ```
/// # use smartcall::{DualOf, Dual, SmartCall, Work};
/// # fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> { op.invoke() }
/// # async fn fetch(url: &str) -> usize { url.len() }
/// let url = String::from("http://localhost/");
/// let fetch_url = move || {
///     let url = url.clone();
///     async move { fetch(&url).await }
/// };
/// assert_eq!(once(fetch_url).get(), 17);
/// ```
///
/// The future of `async move || fetch(&url).await` borrows from the closure. That makes the closure an `AsyncFn` and
/// not an `Fn`:
///
/// ```compile_fail
/// # use smartcall::{DualOf, Dual, SmartCall, Work};
/// # fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> { op.invoke() }
/// # async fn fetch(url: &str) -> usize { url.len() }
/// let url = String::from("http://localhost/");
/// once(async move || fetch(&url).await).get(); // error: … is not a callable that takes `()`
/// ```
///
/// A sync callable may not capture a `Cell` or a `RefCell`. It is cloned for each call, and each clone would silently
/// count on its own. Use an atomic or a `Mutex` in an `Arc`.
///
/// ```compile_fail,E0277
/// # use smartcall::{DualOf, Dual, SmartCall, Work};
/// # fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> { op.invoke() }
/// let calls = std::cell::Cell::new(0);
/// once(move || calls.replace(calls.get() + 1)).get(); // error: `Cell<i32>` cannot be shared
/// ```
///
/// # Spawning
///
/// Generic code that spawns the call requires that the work is `Send`:
///
/// ```
/// use smartcall::SmartCall;
/// use tokio::task::JoinHandle;
///
/// fn in_background<T, K>(op: impl SmartCall<T, K, Work: Send + 'static>) -> JoinHandle<T>
/// where
///     T: Send + 'static,
/// {
///     tokio::spawn(op.invoke())
/// }
/// # #[tokio::main]
/// # async fn main() {
/// assert_eq!(in_background(|| 5).await.unwrap(), 5);
/// # }
/// ```
///
/// # The kind
///
/// You rarely need to care about `Kind`: it is inferred (see [`kind`](crate::kind)). A struct that stores a callable
/// has it as a type parameter:
///
/// ```
/// use std::marker::PhantomData;
/// use smartcall::{Dual, DualOf, SmartCall, Work};
///
/// struct Job<F, T, K> {
///     op: F,
///     marker: PhantomData<fn() -> (T, K)>,
/// }
///
/// impl<F: SmartCall<T, K>, T, K> Job<F, T, K> {
///     fn new(op: F) -> Self {
///         Job { op, marker: PhantomData }
///     }
///     fn run(&self) -> DualOf<impl Work<Output = T>> {
///         self.op.invoke()
///     }
/// }
///
/// assert_eq!(Job::new(|| 5).run().get(), 5);
/// assert_eq!(Job::new(async || 5).run().get(), 5);
/// ```
///
/// If you call an operation only once, take a [`SmartCallOnce`], or a handle instead of a callable:
/// `op: DualOf<impl Work<Output = T>>`.
///
/// The kind can't always be inferred ("type annotations needed"):
///
/// - If nothing determines the output, and the callable returns a hand-written or a boxed future, name the kind with
///   [`kind::asynchronous`].
/// - If the output of a sync callable is not `Unpin`, name the kind with [`kind::blocking`].
/// - If a closure takes arguments, write their types, `|a: u32, b: u32| a + b`. Or name the `Fn` trait in the bound
///   as well, `op: impl Fn(u32) -> R + SmartCall<T, K, (u32,)>`.
///
/// In generic code the arguments are owned. For a bound `for<'a> SmartCall<T, K, (&'a str,)>` the compiler reports
/// that an implementation "is not general enough". To borrow an argument, use [`SmartCallRef`] or [`SmartCallMut`].
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, DualOf, SmartCall, Work};
///
/// /// Calls an operation until it succeeds.
/// fn retry<T, E, K>(
///     op: impl SmartCall<Result<T, E>, K>,
///     attempts: u32,
/// ) -> DualOf<impl Work<Output = Result<T, E>>> {
///     Dual::future(async move {
///         let mut left = attempts;
///         loop {
///             match op.invoke().await {
///                 Err(_) if left > 1 => left -= 1,
///                 done => return done,
///             }
///         }
///     })
/// }
///
/// assert_eq!(retry(|| "5".parse::<u32>(), 3).get(), Ok(5));
/// assert_eq!(retry(async || "5".parse::<u32>(), 3).get(), Ok(5));
/// ```
///
/// [`SmartCallMut`]: crate::SmartCallMut
/// [`SmartCallOnce`]: crate::SmartCallOnce
/// [`SmartCallRef`]: crate::SmartCallRef
/// [`kind::asynchronous`]: crate::kind::asynchronous
/// [`kind::blocking`]: crate::kind::blocking
/// [`kind::in_place`]: crate::kind::in_place
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a callable that takes `{Args}` and returns `{Out}`",
    label = "should take `{Args}` and return `{Out}`, a future of it, or a `Dual` of it",
    note = "a callable is an `Fn` that returns the output, a future of it, or a `Dual` of it; `SmartCallMut` takes an `FnMut`, `SmartCallOnce` an `FnOnce`",
    note = "what a sync callable captures, takes and returns must be `Send`: an `Arc`, not an `Rc`; `Box<dyn Error + Send + Sync>`, not `Box<dyn Error>`",
    note = "the arguments are passed as a tuple: `()`, `(A,)`, `(A, B)`, … up to eight",
    note = "a handle is not a callable: pass the function that makes it, `load` or `|| load()`, not `load()`",
    note = "write an async closure that captures as `move || {{ let x = x.clone(); async move {{ … }} }}`"
)]
pub trait SmartCall<Out, Kind, Args = ()> {
    /// The work that the handle of a call holds.
    type Work: Work<Output = Out>;

    /// Calls with arguments, and returns the handle of the call.
    ///
    /// An async callable is called at once, like an `async fn`: only its future waits. A sync callable is not called
    /// before the handle is resolved.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::SmartCall;
    ///
    /// let add = |a: u32, b: u32| a + b;
    /// assert_eq!(add.invoke_with((2, 3)).get(), 5);
    /// ```
    fn invoke_with(&self, args: Args) -> Dual<Out, Self::Work>;

    /// Calls without arguments, and returns the handle of the call.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::SmartCall;
    ///
    /// assert_eq!((|| 5).invoke().get(), 5);
    /// ```
    #[inline]
    fn invoke(&self) -> Dual<Out, Self::Work>
    where
        Args: NoArguments,
    {
        self.invoke_with(Args::none())
    }
}

/// The empty tuple of arguments, `()`.
#[diagnostic::on_unimplemented(
    message = "`invoke` is for callables without arguments, and this one takes `{Self}`: use `invoke_with`",
    label = "takes arguments",
    note = "call `invoke_with((a, b, …))`"
)]
pub trait NoArguments {
    #[doc(hidden)]
    fn none() -> Self;
}

impl NoArguments for () {
    #[inline]
    fn none() -> Self {}
}
