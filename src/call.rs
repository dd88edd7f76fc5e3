//! What can be called: operations and callbacks, sync and async, with the kind as a parameter.
//!
//! One trait would be enough if a callable could be lent out in each of its calls. It can't: the handle of an operation
//! owns what it needs, so it is cloned for each call and may go elsewhere; a callback that mutates, or is lent
//! something, stays here and is called at once. Hence a trait for each of the ways in which `Fn`, `FnMut`
//! and `FnOnce` are called, each for a sync and an async callable.

use std::fmt;
use std::future::Future;

use crate::context;
use crate::dual::Dual;
use crate::kind::{self, Named};
use crate::work::{Async, Blocking, Code, InPlace, Ready, Work};

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

/// A callable with its arguments, ready to be called.
#[doc(hidden)]
pub struct Call<F, Args> {
    f: F,
    args: Args,
}

impl<F, Args> fmt::Debug for Call<F, Args> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

/// The method of an implementation, which makes a handle of its arguments.
macro_rules! invoke {
    ($invoke:ident($($this:tt)*), [$($arg:ident)*] => $dual:expr) => {
        #[inline]
        #[allow(non_snake_case, reason = "an argument is named after its type")]
        fn $invoke($($this)*, ($($arg,)*): ($($arg,)*)) -> Dual<Out, Self::Work> {
            $dual
        }
    };
}

/// The implementations for async callables, as they are and named: they are called at once, and their futures wait.
macro_rules! asynchronous {
    ($Trait:ident, $Fn:ident, $invoke:ident, ($($this:tt)*), [$f:expr, $named:expr], [$($arg:ident)*]) => {
        #[diagnostic::do_not_recommend]
        impl<F, Fut, Out, $($arg),*> $Trait<Out, kind::Async, ($($arg,)*)> for F
        where
            F: $Fn($($arg),*) -> Fut,
            Fut: Future<Output = Out>,
        {
            type Work = Async<Fut>;

            invoke!($invoke($($this)*), [$($arg)*] => Dual::future($f($($arg),*)));
        }

        #[diagnostic::do_not_recommend]
        impl<F, Fut, Out, $($arg),*> $Trait<Out, kind::Async, ($($arg,)*)> for Named<F, kind::Async>
        where
            F: $Fn($($arg),*) -> Fut,
            Fut: Future<Output = Out>,
        {
            type Work = Async<Fut>;

            invoke!($invoke($($this)*), [$($arg)*] => Dual::future($named($($arg),*)));
        }
    };
}

/// The implementations for sync callables that stay on this thread, as they are and named: they are called at once.
macro_rules! staying {
    ($Trait:ident, $Fn:ident, $invoke:ident, ($($this:tt)*), [$f:expr, $named:expr], [$($arg:ident)*]) => {
        impl<F, Out, $($arg),*> $Trait<Out, kind::Sync, ($($arg,)*)> for F
        where
            F: $Fn($($arg),*) -> Out,
            Out: Unpin,
        {
            type Work = Ready<Out>;

            invoke!($invoke($($this)*), [$($arg)*] => {
                Dual::ready(context::run_in_place(|| $f($($arg),*)))
            });
        }

        staying!(named Sync, $Trait, $Fn, $invoke, ($($this)*), $named, [$($arg)*]);
        staying!(named InPlace, $Trait, $Fn, $invoke, ($($this)*), $named, [$($arg)*]);
    };
    (named $Kind:ident, $Trait:ident, $Fn:ident, $invoke:ident, ($($this:tt)*), $named:expr, [$($arg:ident)*]) => {
        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> $Trait<Out, kind::$Kind, ($($arg,)*)> for Named<F, kind::$Kind>
        where
            F: $Fn($($arg),*) -> Out,
        {
            type Work = Ready<Out>;

            invoke!($invoke($($this)*), [$($arg)*] => {
                Dual::ready(context::run_in_place(|| $named($($arg),*)))
            });
        }
    };
}

/// The implementations for callables of so many arguments.
///
/// Those for async and for named callables stay out of the compiler's messages, which would otherwise list
/// them all beside those that a reader may have meant. Those for sync callables as they are stay in them, since the compiler
/// then names the capture that can't be sent.
macro_rules! arity {
    ($($arg:ident)*) => {
        impl<F, Out, $($arg),*> Code for Call<F, ($($arg,)*)>
        where
            F: FnOnce($($arg),*) -> Out,
        {
            type Output = Out;

            #[inline]
            #[allow(non_snake_case, reason = "an argument is named after its type")]
            fn run(self) -> Out {
                let ($($arg,)*) = self.args;
                (self.f)($($arg),*)
            }
        }

        // Two of the bounds are there for the user.
        //
        // `Out: Unpin`. An async callable is an `Fn() -> Out` too, with a future as the output;
        // so while `Out` is not known, as in `once(async || 5).get()`, this implementation would
        // be as good as the one for async callables, and the compiler would ask for annotations.
        // Futures of async code are not `Unpin`, and neither is a `Dual`: that leaves one.
        //
        // `F: Sync`. The callable is cloned for each call, and a captured `Cell` that counts
        // calls would start afresh each time, without a word. So it does not compile.
        impl<F, Out, $($arg),*> SmartCall<Out, kind::Sync, ($($arg,)*)> for F
        where
            F: Fn($($arg),*) -> Out + Clone + Send + Sync + 'static,
            Out: Send + Unpin + 'static,
            $($arg: Send + 'static,)*
        {
            type Work = Blocking<Call<F, ($($arg,)*)>>;

            invoke!(invoke_with(&self), [$($arg)*] => {
                Dual::new(Blocking::new(Call { f: self.clone(), args: ($($arg,)*) }))
            });
        }

        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> SmartCall<Out, kind::Sync, ($($arg,)*)> for Named<F, kind::Sync>
        where
            F: Fn($($arg),*) -> Out + Clone + Send + Sync + 'static,
            Out: Send + 'static,
            $($arg: Send + 'static,)*
        {
            type Work = Blocking<Call<F, ($($arg,)*)>>;

            invoke!(invoke_with(&self), [$($arg)*] => {
                Dual::new(Blocking::new(Call { f: self.f.clone(), args: ($($arg,)*) }))
            });
        }

        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> SmartCall<Out, kind::InPlace, ($($arg,)*)> for Named<F, kind::InPlace>
        where
            F: Fn($($arg),*) -> Out + Clone,
        {
            type Work = InPlace<Call<F, ($($arg,)*)>>;

            invoke!(invoke_with(&self), [$($arg)*] => {
                Dual::new(InPlace::new(Call { f: self.f.clone(), args: ($($arg,)*) }))
            });
        }

        #[diagnostic::do_not_recommend]
        impl<'f, F, Out, $($arg),*> SmartCall<Out, kind::InPlace, ($($arg,)*)>
            for &'f Named<F, kind::InPlace>
        where
            F: Fn($($arg),*) -> Out,
        {
            type Work = InPlace<Call<&'f F, ($($arg,)*)>>;

            invoke!(invoke_with(&self), [$($arg)*] => {
                Dual::new(InPlace::new(Call { f: &self.f, args: ($($arg,)*) }))
            });
        }

        asynchronous!(SmartCall, Fn, invoke_with, (&self), [self, (self.f)], [$($arg)*]);

        staying!(SmartCallRef, Fn, invoke_ref_with, (&self), [self, (self.f)], [$($arg)*]);
        asynchronous!(SmartCallRef, Fn, invoke_ref_with, (&self), [self, (self.f)], [$($arg)*]);

        staying!(SmartCallMut, FnMut, invoke_mut_with, (&mut self), [self, (self.f)], [$($arg)*]);
        asynchronous!(SmartCallMut, FnMut, invoke_mut_with, (&mut self), [self, (self.f)], [$($arg)*]);

        impl<F, Out, $($arg),*> SmartCallOnce<Out, kind::Sync, ($($arg,)*)> for F
        where
            F: FnOnce($($arg),*) -> Out + Send + 'static,
            Out: Send + Unpin + 'static,
            $($arg: Send + 'static,)*
        {
            type Work = Blocking<Call<F, ($($arg,)*)>>;

            invoke!(invoke_once_with(self), [$($arg)*] => {
                Dual::new(Blocking::new(Call { f: self, args: ($($arg,)*) }))
            });
        }

        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> SmartCallOnce<Out, kind::Sync, ($($arg,)*)> for Named<F, kind::Sync>
        where
            F: FnOnce($($arg),*) -> Out + Send + 'static,
            Out: Send + 'static,
            $($arg: Send + 'static,)*
        {
            type Work = Blocking<Call<F, ($($arg,)*)>>;

            invoke!(invoke_once_with(self), [$($arg)*] => {
                Dual::new(Blocking::new(Call { f: self.f, args: ($($arg,)*) }))
            });
        }

        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> SmartCallOnce<Out, kind::InPlace, ($($arg,)*)> for Named<F, kind::InPlace>
        where
            F: FnOnce($($arg),*) -> Out,
        {
            type Work = InPlace<Call<F, ($($arg,)*)>>;

            invoke!(invoke_once_with(self), [$($arg)*] => {
                Dual::new(InPlace::new(Call { f: self.f, args: ($($arg,)*) }))
            });
        }

        asynchronous!(SmartCallOnce, FnOnce, invoke_once_with, (self), [self, (self.f)], [$($arg)*]);
    };
}

arity!();
arity!(A);
arity!(A B);
arity!(A B C);
arity!(A B C D);
arity!(A B C D E);
arity!(A B C D E G);
arity!(A B C D E G H);
arity!(A B C D E G H I);
