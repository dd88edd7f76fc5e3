//! The handle: its constructors, and its implementation of `Future`.

use std::fmt;
use std::future::Future;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::drive::driver::NothingWakes;
use crate::waits::edges::Line;
use crate::work::blocking::Blocking;
use crate::work::boxed::{Boxed, LocalBoxed};
use crate::work::future::Async;
use crate::work::pair::Pair;
use crate::work::ready::Ready;
use crate::work::staying::{Borrowing, InPlace};
use crate::work::traits::{Work, blocks};

/// A [`Dual`] around some work, for use in signatures.
///
/// A function that makes a handle returns `DualOf<impl Work<Output = T>>`. The alias exists for outputs that are
/// opaque themselves: in `Dual<impl A, impl Work<Output = impl A>>`, the two `impl A` would be different types.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, DualOf, Work};
///
/// fn squares(n: u32) -> DualOf<impl Work<Output = impl Iterator<Item = u32>>> {
///     Dual::future(async move { (0..n).map(|i| i * i) })
/// }
///
/// assert_eq!(squares(4).get().sum::<u32>(), 14);
/// ```
///
/// In edition 2024 the handle of a method borrows from `&self`, as any `impl Trait` does. If it borrows nothing, and
/// is to be spawned, add `use<>`:
///
/// ```
/// # use smartcall::{Dual, DualOf, Work};
/// struct Config(String);
///
/// impl Config {
///     fn load(&self) -> DualOf<impl Work<Output = std::io::Result<Vec<u8>>> + use<>> {
///         let path = self.0.clone();
///         Dual::blocking(move || std::fs::read(path))
///     }
/// }
/// # assert!(Config("no such file".into()).load().get().is_err());
/// ```
pub type DualOf<W> = Dual<<W as Future>::Output, W>;

pin_project! {
    /// A handle to a value that is computed when it is resolved: `.get()` from sync code, `.await` from async code.
    ///
    /// If the compiler names a `Dual<…>` or an `impl Work` where you meant the value, `.get()` or `.await` is missing:
    /// write `load().await` in async code, and `load().get()` in sync code.
    ///
    /// Nothing runs before the handle is resolved. It is a [`Future`], and can be used wherever a future can. If it
    /// is dropped unresolved, its work is dropped and does not run.
    ///
    /// # How it runs
    ///
    /// The caller chooses explicitly. The context of the thread (see [`context`](crate::context)) never changes a
    /// type or a result. It only decides how the work runs and whether blocking is safe.
    ///
    /// | | awaited | resolved by `get` |
    /// |---|---|---|
    /// | [`future`](Dual::future) | polled by its caller | driven on this thread |
    /// | [`blocking`](Dual::blocking) | on a pool | called on this thread |
    /// | [`in_place`](Dual::in_place) | called on this thread | called on this thread |
    /// | [`borrowing`](Dual::borrowing) | called on this thread, and the executor is notified | called on this thread, and the executor is notified |
    /// | [`pair`](Dual::pair) | its async path | its sync path |
    /// | [`ready`](Dual::ready) | returned at once | returned at once |
    ///
    /// When a `get` drives a future and reaches blocking code, the code runs on this thread if the future waits for
    /// nothing else, and on the pool otherwise. So the parts of a `join!` run at the same time and timeouts fire,
    /// while a plain sequence of sync steps needs no second thread.
    ///
    /// # It is a future
    ///
    /// Whatever takes a future takes a handle: `tokio::spawn`, `join_all`, `select!`, `Box::pin`. `map` and `then`
    /// take what the methods of `FutureExt` with these names take, and more:
    ///
    /// ```
    /// use futures::future::join_all;
    /// use smartcall::{Dual, DualOf, Work};
    ///
    /// fn square(n: u32) -> DualOf<impl Work<Output = u32>> {
    ///     Dual::future(async move { n * n })
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// assert_eq!(tokio::spawn(square(2)).await.unwrap(), 4);
    /// assert_eq!(join_all((0..3).map(square)).await, [0, 1, 4]);
    /// # }
    /// ```
    ///
    /// If `FutureExt` has a method with the same name, the handle's method is called. Three of them need a change in
    /// code that was written for a bare future:
    ///
    /// | written | with a handle | write |
    /// |---|---|---|
    /// | `f().boxed()`, `f().boxed_local()` for a `BoxFuture` | a boxed handle, which is not a `Pin<Box<_>>`, and not `Unpin` | `Box::pin(f())` |
    /// | `f().then(\|n\| ready(n + 1))`, or another future that is `Unpin`, such as a `Box::pin(..)` | E0283 or E0282, if nothing determines the output | `let n: u32 = f().then(..)…`, or `async move \|n\| …` |
    ///
    /// # Boxed handles are smart pointers
    ///
    /// Dereferencing a [boxed](Dual::boxed) handle resolves it, like `get`, and keeps the value for a later `get` or
    /// `.await`. A method of the handle hides a method of the value with the same name. Reach that one by `(*dual)`:
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// let dual: Dual<Vec<u32>> = Dual::future(async { vec![1, 2, 3] }).boxed();
    /// assert_eq!(dual.len(), 3);
    /// assert_eq!((*dual).get(0), Some(&1));
    /// assert_eq!(dual.get(), [1, 2, 3]);
    /// ```
    ///
    /// On a thread that polls a task such a deref panics, unless the value is ready: async code writes `.await`.
    /// (Under the `block_on` of a multi-thread tokio runtime, or on an executor that does not announce itself,
    /// smartcall can't detect that the thread polls a task, and the deref blocks.)
    ///
    /// To resolve the handles in a collection, move them out, `handles.into_iter().map(|h| h.get())`, or dereference
    /// them in place, `*handles[0]`. Handles of different functions have different types until they are boxed.
    ///
    /// # When `.get()` or `.await` is forgotten
    ///
    /// The compiler reports an unboxed handle that is used as its value. In async code it suggests the missing
    /// `.await` before a `?`; elsewhere it names the type. In sync code write `.get()`, whatever the compiler
    /// suggests:
    ///
    /// | written | message |
    /// |---|---|
    /// | `load().unwrap()` | "no method named `unwrap` found for struct `Dual<T, W>`" |
    /// | `match load() { Ok(_) => …` | "mismatched types… expected `Dual<…>`, found `Result<_, _>`" |
    /// | `one().get() + two()` | "cannot add `Dual<…>` to `u32`" |
    /// | `load()?` | "the `?` operator can only be applied to values that implement `Try`… consider `await`ing on the `Future`" |
    ///
    /// # The second parameter
    ///
    /// You rarely write `W`, the type of the underlying work: return `DualOf<impl Work<Output = T>>`, or `Dual<T>` for the
    /// [boxed](Dual::boxed) form, whose type has a name.
    ///
    /// A handle is `Send`, `Sync`, `Unpin` and a [`FusedFuture`] if its work is. (The forms of work in this crate are
    /// not `Unpin`.)
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// let dual = Dual::future(async { 2 + 3 });
    /// assert_eq!(dual.get(), 5);
    ///
    /// let dual = Dual::blocking(|| 2 + 3);
    /// # pollster::block_on(async {
    /// assert_eq!(dual.await, 5);
    /// # });
    /// ```
    #[must_use = "nothing runs until a `Dual` is awaited or resolved with `.get()`"]
    pub struct Dual<T, W = Boxed<'static, T>> {
        #[pin]
        pub(crate) state: State<W>,
        // The output of the work. It is a type parameter so that signatures can name it.
        output: PhantomData<fn() -> T>,
    }
}

pin_project! {
    /// The work, and whether it can still be moved.
    #[project = StateProjection]
    pub(crate) enum State<W> {
        /// The work stays in place once it was polled.
        Fresh { #[pin] work: W },
        /// The work was polled before the handle was returned to the caller, and continues from there.
        Begun { work: Pin<Box<W>> },
    }
}

impl<T, W> Dual<T, W> {
    #[inline]
    fn from_work(work: W) -> Self {
        Dual {
            state: State::Fresh { work },
            output: PhantomData,
        }
    }

    /// Returns the work, wherever it is.
    #[inline]
    pub(crate) fn work(&self) -> &W {
        match &self.state {
            State::Fresh { work } => work,
            State::Begun { work } => work,
        }
    }

    /// Changes the work, whose form must be one that can be moved.
    pub(crate) fn map_work<V>(self, change: impl FnOnce(W) -> V) -> Dual<T, V>
    where
        W: Work,
    {
        Dual::from_work(change(self.into_work()))
    }

    /// Takes the work out. Its form must be one that can be moved.
    pub(crate) fn into_work(self) -> W
    where
        W: Work,
    {
        match self.state {
            State::Fresh { work } => work,
            State::Begun { mut work } => match work.as_mut().relocate() {
                Some(work) => work,
                None => unreachable!("such work is never put in a box"),
            },
        }
    }
}

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Polls the work with a closure, and returns the handle if there is no value.
    ///
    /// Work that was polled can't be moved any more, so it is put in a box first, unless it is in one already.
    pub(crate) fn try_with<R>(
        self,
        poll: impl FnOnce(Pin<&mut W>) -> Option<R>,
    ) -> Result<R, Self> {
        if self.work().relocates() {
            return self.try_in_place(poll);
        }
        let mut work = self.into_box();
        match poll(work.as_mut()) {
            Some(value) => Ok(value),
            None => Err(Dual {
                state: State::Begun { work },
                output: PhantomData,
            }),
        }
    }

    /// [`try_with`](Dual::try_with) for work that can be moved after a poll.
    fn try_in_place<R>(self, poll: impl FnOnce(Pin<&mut W>) -> Option<R>) -> Result<R, Self> {
        let mut work = pin!(self.into_work());
        match (poll(work.as_mut()), work) {
            (Some(value), _) => Ok(value),
            (None, work) => match work.relocate() {
                Some(work) => Err(Dual::from_work(work)),
                None => unreachable!("it was asked whether it can"),
            },
        }
    }

    /// Puts the work in a box, unless it is in one already.
    fn into_box(self) -> Pin<Box<W>> {
        match self.state {
            State::Fresh { work } => Box::pin(work),
            State::Begun { work } => work,
        }
    }
}

impl<W: Work> Dual<W::Output, W> {
    /// Creates a handle for work of any form.
    ///
    /// # Examples
    ///
    /// See [`Work`].
    #[inline]
    pub fn new(work: W) -> Self {
        Dual::from_work(work)
    }
}

impl<F: Future> Dual<F::Output, Async<F>> {
    /// Creates a handle for an async body.
    ///
    /// `.await` polls it in the caller's task; `get` drives it on the calling thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// assert_eq!(Dual::future(async { 5 }).get(), 5);
    /// ```
    #[inline]
    pub fn future(future: F) -> Self {
        // A single literal: in a debug build, each call in between would make another copy.
        Dual {
            state: State::Fresh {
                work: Async {
                    future,
                    pinned: PhantomPinned,
                },
            },
            output: PhantomData,
        }
    }
}

impl<F, T> Dual<T, Blocking<F>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    /// Creates a handle for sync code that may block.
    ///
    /// `get` calls it on the calling thread. `.await` sends it to a pool, so that the executor keeps running (see
    /// [`offload`](crate::offload)).
    ///
    /// # Cancel safety
    ///
    /// If the handle is dropped before the code has begun, the code never runs. Code that is running on a pool keeps
    /// running and can check [`is_cancelled`](crate::offload::is_cancelled). Its value is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// let dual = Dual::blocking(|| std::fs::read_to_string("no such file"));
    /// assert!(dual.get().is_err());
    /// ```
    #[inline]
    #[track_caller]
    pub fn blocking(code: F) -> Self {
        Dual::from_work(Blocking::new(code))
    }
}

impl<F: FnOnce() -> T, T> Dual<T, InPlace<F>> {
    /// Creates a handle for sync code that must stay on this thread.
    ///
    /// The code is called on the thread that resolves the handle, in every context, so it may borrow and need not be
    /// `Send`. Keep it short: on an executor's thread it stalls the other tasks. (In a task of an
    /// [`Executor`](crate::Executor) a spare thread runs the other tasks if the code takes long.)
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// let words = ["sync", "async"];
    /// let dual = Dual::in_place(|| words.join(" or "));
    /// assert_eq!(dual.get(), "sync or async");
    /// ```
    #[inline]
    pub fn in_place(code: F) -> Self {
        Dual::from_work(InPlace::new(code))
    }
}

impl<F: FnOnce() -> T, T> Dual<T, Borrowing<F>> {
    /// Creates a handle for blocking code that stays on this thread, because it borrows.
    ///
    /// Like [`in_place`](Dual::in_place) code, it is called on the thread that resolves the handle, in every context,
    /// so it may borrow and need not be `Send`. Unlike in-place code it may take long, because the executor is
    /// notified. In a task of an [`Executor`](crate::Executor) a spare thread runs the other tasks, as for in-place
    /// code. On a worker of a multi-thread tokio runtime, with the feature `tokio`, the code is called in
    /// `block_in_place`, which takes some µs.
    ///
    /// # Blocking
    ///
    /// On an executor without spare threads it stalls the other tasks, as any blocking call does.
    ///
    /// # Cancel safety
    ///
    /// Code that has begun runs to its end in one poll.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// let path = String::from("no such file");
    /// let dual = Dual::borrowing(|| std::fs::read(&path));
    /// # pollster::block_on(async {
    /// assert!(dual.await.is_err());
    /// # });
    /// ```
    #[inline]
    pub fn borrowing(code: F) -> Self {
        Dual::from_work(Borrowing::new(code))
    }
}

impl<T> Dual<T, Ready<T>> {
    /// Creates a handle for a value that is ready.
    ///
    /// Resolving it returns the value in any context.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// assert_eq!(Dual::ready(5).get(), 5);
    /// ```
    #[inline]
    pub fn ready(value: T) -> Self {
        Dual::from_work(Ready::new(value))
    }
}

impl<I, S, A, F, T> Dual<T, Pair<I, S, A, F>>
where
    S: FnOnce(I) -> T,
    A: FnOnce(I) -> F,
    F: Future<Output = T>,
{
    /// Creates a handle for two native paths, a sync one and an async one, with one input.
    ///
    /// `get` takes the sync path, and `.await` the async one. If the handle is bound to a pool by [`on`](Dual::on),
    /// `get` takes the async path, too, since the sync path would block this thread. The input is passed to the path
    /// that is taken, so it may be owned or `&mut`.
    ///
    /// If it is awaited in a future that a `get` drives, it takes the sync path if it is alone there, and else the async
    /// one. The first poll only asks which, and the second one begins the path. If there is no second poll, as in a
    /// `select!` whose other branch is ready, neither path begins. (The code of [`blocking`](Dual::blocking) begins on a
    /// pool then. A pair may borrow, and can't leave its thread.)
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// let mut log = Vec::new();
    /// Dual::pair(&mut log, |log| log.push("sync"), async |log| log.push("async")).get();
    /// assert_eq!(log, ["sync"]);
    /// ```
    #[inline]
    pub fn pair(input: I, sync: S, future: A) -> Self {
        Dual::from_work(Pair::new(input, sync, future))
    }
}

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Boxes the work, so that the type can be named: `Dual<T>`.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// fn factorial(n: u64) -> Dual<u64> {
    ///     Dual::future(async move {
    ///         if n < 2 { 1 } else { n * factorial(n - 1).await }
    ///     })
    ///     .boxed()
    /// }
    ///
    /// assert_eq!(factorial(10).get(), 3_628_800);
    /// ```
    pub fn boxed<'a>(self) -> Dual<T, Boxed<'a, T>>
    where
        W: Send + 'a,
    {
        Dual::from_work(Boxed::new(self.into_box()))
    }

    /// Boxes work that is not `Send`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use smartcall::Dual;
    ///
    /// let here = Rc::new(5);
    /// let dual = Dual::future(async move { *here }).boxed_local();
    /// assert_eq!(dual.get(), 5);
    /// ```
    pub fn boxed_local<'a>(self) -> Dual<T, LocalBoxed<'a, T>>
    where
        W: 'a,
    {
        Dual::from_work(LocalBoxed::new(self.into_box()))
    }
}

/// Formatting never resolves the handle.
impl<T, W> fmt::Debug for Dual<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dual").finish_non_exhaustive()
    }
}

/// # Panics
///
/// Panics if the body panics; its panic is passed on unchanged. Polling the handle again after that, or after it has
/// returned its value, panics, or does what the future in the handle does then.
impl<T, W: Work<Output = T>> Future for Dual<T, W> {
    type Output = T;

    // This does not mark the work as done: each form of work does that itself, as async blocks do. A second mark
    // would cost each await a store and a check.
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match self.project().state.project() {
            StateProjection::Fresh { work } => work.poll(cx),
            StateProjection::Begun { work } => work.as_mut().poll(cx),
        }
    }
}

impl<T, W: Work<Output = T> + FusedFuture> FusedFuture for Dual<T, W> {
    fn is_terminated(&self) -> bool {
        self.work().is_terminated()
    }
}

impl<T, W: Work<Output = T>> Work for Dual<T, W> {
    blocks!();

    #[inline]
    #[track_caller]
    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<T, NothingWakes> {
        match self.project().state.project() {
            StateProjection::Fresh { work } => work.block_at(line),
            StateProjection::Begun { work } => work.as_mut().block_at(line),
        }
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        self.work().is_immediate()
    }

    fn is_sync_code() -> bool {
        W::is_sync_code()
    }

    #[inline]
    fn is_ready(&self) -> bool {
        self.work().is_ready()
    }
}
