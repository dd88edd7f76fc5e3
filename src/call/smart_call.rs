//! An operation: what is called many times, perhaps at once, perhaps elsewhere.

use crate::dual::handle::Dual;
use crate::work::traits::Work;

/// A callable, sync or async, that gives back a [`Dual`].
///
/// Library code bounds on it and calls [`invoke`](SmartCall::invoke); what it gets is a handle,
/// whatever the callable is. It is implemented, for zero to eight arguments, for
///
/// - sync callables, `Fn(A, …) -> Out`. They are cloned for each call and may run on another
///   thread: `Clone + Send + Sync + 'static`, with outputs and arguments `Send + 'static`;
/// - async callables, `Fn(A, …) -> impl Future<Output = Out>`, with no other bound. A function that returns a
///   [`Dual`] is one of them, and so is a [`SmartFn`](crate::SmartFn);
/// - what [`kind::blocking`], [`kind::asynchronous`] and [`kind::in_place`] make.
///
/// It is for operations: called many times, perhaps at once, perhaps elsewhere. Its siblings are for
///
/// | trait | a callback that |
/// |---|---|
/// | [`SmartCallRef`] | is called by `&self` on this thread, and may be lent its argument: event handlers |
/// | [`SmartCallMut`] | is called in turn on this thread, may mutate what it captured, and may be lent its argument: progress, visitors, transactions |
/// | [`SmartCallOnce`] | is called once, and may move what it captured |
///
/// The trait has the output first, then the kind, then the arguments as a tuple, so that
/// `impl SmartCall<T, K>` is a callable without arguments.
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
/// `async move || fetch(&url).await` lends its captures to the future, which makes it an
/// `AsyncFn` and not an `Fn`:
///
/// ```compile_fail
/// # use smartcall::{DualOf, Dual, SmartCall, Work};
/// # fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> { op.invoke() }
/// # async fn fetch(url: &str) -> usize { url.len() }
/// let url = String::from("http://localhost/");
/// once(async move || fetch(&url).await).get(); // error: … is not a callable that takes `()`
/// ```
///
/// A sync callable may not capture a `Cell` or a `RefCell`: it is cloned for each call, and the
/// clones would silently count each for itself. Use an atomic or a `Mutex` in an `Arc`.
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
/// Generic code that spawns the call says that the work is `Send`:
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
/// Generally you shouldn't need to worry about `Kind`: it is inferred (see
/// [`kind`](crate::kind)). A struct that stores a callable carries it along:
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
/// An operation that is called once is a [`SmartCallOnce`], or no callable at all: take its handle,
/// `op: DualOf<impl Work<Output = T>>`.
///
/// Where the output is free and the callable returns a hand-written or a boxed future, the kind
/// can't be inferred ("type annotations needed"): name it by [`kind::asynchronous`]. Where the output
/// of a sync callable is not `Unpin`, name it by [`kind::blocking`]. Closures with arguments want the
/// arguments' types written: `|a: u32, b: u32| a + b`; or the bound names the `Fn` trait as well,
/// `op: impl Fn(u32) -> R + SmartCall<T, K, (u32,)>`. In generic code the arguments are owned:
/// of a bound `for<'a> SmartCall<T, K, (&'a str,)>` the compiler says that an implementation "is not
/// general enough". What is lent its argument is a [`SmartCallRef`] or a [`SmartCallMut`].
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, DualOf, SmartCall, Work};
///
/// /// Calls until it succeeds.
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
    message = "`{Self}` is not a callable that takes `{Args}` and gives `{Out}`",
    label = "should take `{Args}` and give `{Out}`, a future of it, or a `Dual` of it",
    note = "a callable is an `Fn` that returns the output, a future of it, or a `Dual` of it; `SmartCallMut` takes an `FnMut`, `SmartCallOnce` an `FnOnce`",
    note = "what a sync one captures, takes and gives is `Send`: an `Arc`, not an `Rc`; `Box<dyn Error + Send + Sync>`, not `Box<dyn Error>`",
    note = "the arguments are given as a tuple: `()`, `(A,)`, `(A, B)`, … up to eight",
    note = "a handle is not one: pass what makes it, `load` or `|| load()`, not `load()`",
    note = "an async closure that captures is written `move || {{ let x = x.clone(); async move {{ … }} }}`"
)]
pub trait SmartCall<Out, Kind, Args = ()> {
    /// What the handle of a call holds.
    type Work: Work<Output = Out>;

    /// Calls with arguments, and returns the handle of the call.
    ///
    /// An async callable is called at once, as calling an `async fn` would; it is its
    /// future that waits. A sync callable is not called before the handle is resolved.
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

/// No arguments: `()`.
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
