use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::dual::Dual;
use crate::kind::{self, Named};
use crate::work::{self, Async, Blocking, Boxed, Code, Work};

/// A callable, sync or async, that gives back a [`Dual`].
///
/// Library code bounds on it and calls [`invoke`](SmartCall::invoke); what it gets is a handle,
/// whatever the callable is. It is implemented, for zero to eight arguments, for
///
/// - sync callables, `Fn(A, …) -> Out`. They are cloned for each call and may run on another
///   thread: `Clone + Send + Sync + 'static`, with outputs and arguments `Send + 'static`;
/// - async callables, `Fn(A, …) -> impl Future<Output = Out>`, with no other bound;
/// - smart callables, `Fn(A, …) -> Dual<Out, _>`, and [`SmartFn`];
/// - what [`in_place`], [`blocking()`], [`asynchronous`] and [`dual`] make.
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
/// once(async move || fetch(&url).await).get(); // error: expected a closure that implements `Fn`
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
///     tokio::spawn(op.invoke().into_future())
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
/// An operation that is called once need be no callable: take its handle, `op: DualOf<impl Work<Output = T>>`.
///
/// Where the output is free and the callable returns a hand-written or a boxed future, the kind
/// can't be inferred ("type annotations needed"): name it by [`asynchronous`]. Where the output
/// of a sync callable is not `Unpin`, name it by [`blocking()`]. Closures with arguments want the
/// arguments' types written: `|a: u32, b: u32| a + b`. In generic code the arguments are owned:
/// of a bound `for<'a> SmartCall<T, K, (&'a str,)>` the compiler says that an implementation "is not
/// general enough".
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
    note = "a callable is an `Fn` (not `FnMut` or `FnOnce`) that returns the output, a future of it, or a `Dual` of it",
    note = "what a sync one takes and gives is `Send`: `Box<dyn Error + Send + Sync>`, not `Box<dyn Error>`",
    note = "the arguments are given as a tuple: `()`, `(A,)`, `(A, B)`, … up to eight",
    note = "a handle is not one: pass what makes it, `load` or `|| load()`, not `load()`",
    note = "an async closure that captures is written `move || {{ let x = x.clone(); async move {{ … }} }}`"
)]
pub trait SmartCall<Out, Kind, Args = ()> {
    /// What the handle of a call holds.
    type Work: Work<Output = Out>;

    /// Calls with arguments, and returns the handle of the call.
    ///
    /// An async or smart callable is called at once, as calling an `async fn` would; it is its
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

/// Names a sync callable, where it can't be inferred.
///
/// Its output need not be `Unpin`. (The bounds are those of the call; stated here, they let the
/// compiler name the capture that is in the way.)
///
/// # Examples
///
/// ```
/// use std::marker::PhantomPinned;
/// use smartcall::{SmartCall, blocking};
///
/// let pinned = blocking(|| PhantomPinned);
/// assert_eq!(pinned.invoke().get(), PhantomPinned);
/// ```
pub const fn blocking<F: Clone + Send + Sync + 'static>(f: F) -> Named<F, kind::Sync> {
    Named::new(f)
}

/// Names an async callable, where it can't be inferred.
///
/// # Examples
///
/// ```
/// use std::future;
/// use smartcall::{Dual, DualOf, SmartCall, Work, asynchronous};
///
/// fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
///     op.invoke()
/// }
///
/// // `future::Ready` could be the output of a sync callable just as well.
/// assert_eq!(once(asynchronous(|| future::ready(5))).get(), 5);
/// ```
pub const fn asynchronous<F>(f: F) -> Named<F, kind::Async> {
    Named::new(f)
}

/// Names a smart callable, where it can't be inferred.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, SmartCall, dual};
///
/// assert_eq!(dual(|| Dual::ready(5)).invoke().get(), 5);
/// ```
pub const fn dual<F>(f: F) -> Named<F, kind::Smart> {
    Named::new(f)
}

/// Makes a sync callable stay on the caller's thread.
///
/// It is called where its handle is resolved, in every context; keep it short, since on an
/// executor's thread it holds up the other tasks. The callable is cloned for each call; by
/// reference, `&in_place(f)`, it need not even be `Clone`.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use smartcall::{SmartCall, in_place};
///
/// let calls = Cell::new(0);
/// let count = in_place(|| calls.set(calls.get() + 1));
/// count.invoke().get();
/// (&count).invoke().get();
/// assert_eq!(calls.get(), 2);
/// ```
pub const fn in_place<F>(f: F) -> Named<F, kind::InPlace> {
    Named::new(f)
}

/// A smart callable of any type, that can be cloned and stored.
///
/// It keeps callables of different kinds in one collection. It is a smart callable itself, and
/// so is a reference to it. Bring [`SmartCall`] into scope to call it.
///
/// It also ends a chain of types. Many layers that ask for `Work: Send`, each around the next in generic code,
/// can take the compiler long. With a `SmartFn` in between, they start anew.
///
/// # Examples
///
/// ```
/// use smartcall::{SmartCall, SmartFn};
///
/// let ops = [
///     SmartFn::new(|n: u32| n + 1),
///     SmartFn::new(async |n: u32| n * 2),
/// ];
/// let results: Vec<u32> = ops.iter().map(|op| op.invoke_with((5,)).get()).collect();
/// assert_eq!(results, [6, 10]);
/// ```
pub struct SmartFn<Out, Args = ()> {
    call: Arc<dyn Fn(Args) -> Dual<Out> + Send + Sync>,
}

impl<Out, Args> SmartFn<Out, Args> {
    /// Erases the type of a callable.
    pub fn new<F, K>(f: F) -> Self
    where
        F: SmartCall<Out, K, Args, Work: Send> + Send + Sync + 'static,
        Out: 'static,
        Args: 'static,
        K: 'static,
    {
        SmartFn {
            call: Arc::new(move |args| f.invoke_with(args).boxed()),
        }
    }
}

impl<Out, Args> Clone for SmartFn<Out, Args> {
    fn clone(&self) -> Self {
        SmartFn {
            call: Arc::clone(&self.call),
        }
    }
}

impl<Out, Args> fmt::Debug for SmartFn<Out, Args> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartFn").finish_non_exhaustive()
    }
}

#[diagnostic::do_not_recommend]
impl<Out, Args> SmartCall<Out, kind::Smart, Args> for SmartFn<Out, Args> {
    type Work = Boxed<'static, Out>;

    fn invoke_with(&self, args: Args) -> Dual<Out> {
        (self.call)(args)
    }
}

#[diagnostic::do_not_recommend]
impl<Out, Args> SmartCall<Out, kind::Smart, Args> for &SmartFn<Out, Args> {
    type Work = Boxed<'static, Out>;

    fn invoke_with(&self, args: Args) -> Dual<Out> {
        (self.call)(args)
    }
}

/// The implementations for callables of so many arguments.
///
/// Those for named callables stay out of the compiler's messages, which would otherwise list
/// them all beside the three that a reader may have meant.
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

            #[inline]
            fn invoke_with(&self, args: ($($arg,)*)) -> Dual<Out, Self::Work> {
                Dual::new(Blocking::new(Call { f: self.clone(), args }))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> SmartCall<Out, kind::Sync, ($($arg,)*)> for Named<F, kind::Sync>
        where
            F: Fn($($arg),*) -> Out + Clone + Send + Sync + 'static,
            Out: Send + 'static,
            $($arg: Send + 'static,)*
        {
            type Work = Blocking<Call<F, ($($arg,)*)>>;

            #[inline]
            fn invoke_with(&self, args: ($($arg,)*)) -> Dual<Out, Self::Work> {
                Dual::new(Blocking::new(Call { f: self.f.clone(), args }))
            }
        }

        impl<F, Fut, Out, $($arg),*> SmartCall<Out, kind::Async, ($($arg,)*)> for F
        where
            F: Fn($($arg),*) -> Fut,
            Fut: Future<Output = Out>,
        {
            type Work = Async<Fut>;

            #[inline]
            #[allow(non_snake_case, reason = "an argument is named after its type")]
            fn invoke_with(&self, ($($arg,)*): ($($arg,)*)) -> Dual<Out, Self::Work> {
                Dual::future(self($($arg),*))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<F, Fut, Out, $($arg),*> SmartCall<Out, kind::Async, ($($arg,)*)> for Named<F, kind::Async>
        where
            F: Fn($($arg),*) -> Fut,
            Fut: Future<Output = Out>,
        {
            type Work = Async<Fut>;

            #[inline]
            #[allow(non_snake_case, reason = "an argument is named after its type")]
            fn invoke_with(&self, ($($arg,)*): ($($arg,)*)) -> Dual<Out, Self::Work> {
                Dual::future((self.f)($($arg),*))
            }
        }

        impl<F, W, Out, $($arg),*> SmartCall<Out, kind::Smart, ($($arg,)*)> for F
        where
            F: Fn($($arg),*) -> Dual<Out, W>,
            W: Work<Output = Out>,
        {
            type Work = W;

            #[inline]
            #[allow(non_snake_case, reason = "an argument is named after its type")]
            fn invoke_with(&self, ($($arg,)*): ($($arg,)*)) -> Dual<Out, W> {
                self($($arg),*)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<F, W, Out, $($arg),*> SmartCall<Out, kind::Smart, ($($arg,)*)> for Named<F, kind::Smart>
        where
            F: Fn($($arg),*) -> Dual<Out, W>,
            W: Work<Output = Out>,
        {
            type Work = W;

            #[inline]
            #[allow(non_snake_case, reason = "an argument is named after its type")]
            fn invoke_with(&self, ($($arg,)*): ($($arg,)*)) -> Dual<Out, W> {
                (self.f)($($arg),*)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> SmartCall<Out, kind::InPlace, ($($arg,)*)> for Named<F, kind::InPlace>
        where
            F: Fn($($arg),*) -> Out + Clone,
        {
            type Work = work::InPlace<Call<F, ($($arg,)*)>>;

            #[inline]
            fn invoke_with(&self, args: ($($arg,)*)) -> Dual<Out, Self::Work> {
                Dual::new(work::InPlace::new(Call { f: self.f.clone(), args }))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<'f, F, Out, $($arg),*> SmartCall<Out, kind::InPlace, ($($arg,)*)>
            for &'f Named<F, kind::InPlace>
        where
            F: Fn($($arg),*) -> Out,
        {
            type Work = work::InPlace<Call<&'f F, ($($arg,)*)>>;

            #[inline]
            fn invoke_with(&self, args: ($($arg,)*)) -> Dual<Out, Self::Work> {
                Dual::new(work::InPlace::new(Call { f: &self.f, args }))
            }
        }
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
