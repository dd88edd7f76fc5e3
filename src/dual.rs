use std::cell::{Cell, OnceCell};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomPinned;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::context;
use crate::error::{InsideExecutor, Refusal};
use crate::work::{Async, Blocking, Boxed, InPlace, LocalBoxed, POLLED_AGAIN, Pair, Ready, Work};

/// A [`Dual`] around some work, for signatures.
///
/// `DualOf<impl Work<Output = T>>` is what a function returns that makes a handle. The alias
/// is there for outputs that are opaque themselves: `Dual<impl A, impl Work<Output = impl A>>`
/// would be two different types.
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
/// In edition 2024 the handle of a method borrows from `&self`, as any `impl Trait` does. If it
/// does not, and is to be spawned, say so by `use<>`:
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

/// A value to come, that sync code gets and async code awaits.
///
/// Nothing runs before the handle is resolved: by `.await`, by [`get`](Dual::get), or by
/// using it like a reference to the value. Dropping it unused drops what it holds, unrun.
///
/// # How it runs
///
/// The caller's choice is explicit, so where the thread stands (see
/// [`context`](crate::context)) never changes a type or a result. It only decides how the
/// work is run, and whether blocking here is safe.
///
/// | | awaited | resolved by `get` |
/// |---|---|---|
/// | [`future`](Dual::future) | polled through | driven on this thread |
/// | [`blocking`](Dual::blocking) | on a pool | called on this thread |
/// | [`in_place`](Dual::in_place) | called on this thread | called on this thread |
/// | [`pair`](Dual::pair) | its async path | its sync path |
/// | [`ready`](Dual::ready) | handed over | handed over |
///
/// Blocking code that a `get` meets while it drives a future runs on this thread if it is
/// all that the future waits for, and on the pool otherwise; so `join!` overlaps and
/// timeouts fire, while a plain sequence of sync steps needs no thread.
///
/// # It is a smart pointer
///
/// The first deref resolves the handle, like `get`, and keeps the value. Since a method of
/// the handle hides one of the value with the same name, reach the latter by `(*dual)`:
///
/// ```
/// use smartcall::Dual;
///
/// let dual = Dual::future(async { vec![1, 2, 3] });
/// assert_eq!(dual.len(), 3);
/// assert_eq!((*dual).get(0), Some(&1));
/// assert_eq!(dual.get(), [1, 2, 3]);
/// ```
///
/// In a collection it is moved out, or used in place: `handles.into_iter().map(|h| h.get())`, or
/// `*handles[0]`. Handles of different functions have different types, until they are
/// [`boxed`](Dual::boxed).
///
/// # When `.get()` or `.await` is forgotten
///
/// Then the compiler proposes a deref, which in sync code is a `.get()` by another name, and in async
/// code is not what was meant: it blocks the thread. Don't follow these there, but write the `.await`:
///
/// | written | message |
/// |---|---|
/// | `load().unwrap()` | "cannot move out of dereference of `Dual<…>`… consider calling `.as_ref()`" |
/// | `match load() { Ok(_) => …` | "mismatched types… consider dereferencing to access the inner value" |
/// | `one().get() + two()` | "mismatched types… consider dereferencing here" |
/// | `load()?` | "the `?` operator can only be applied to values that implement `Try`" |
///
/// # The second parameter
///
/// Generally you shouldn't need to worry about `W`. It is the form of the work, and
/// functions return `DualOf<impl Work<Output = T>>`. A `Dual<T>` is boxed, by
/// [`boxed`](Dual::boxed), and has a type that can be named.
///
/// # Executors
///
/// A handle is an [`IntoFuture`]; [`Executor::spawn`](crate::Executor::spawn) and `tokio::join!`
/// take it as it is. What wants a `Future` takes its [`into_future`](Dual::into_future):
///
/// ```
/// # use smartcall::Dual;
/// # #[tokio::main(flavor = "multi_thread")]
/// # async fn main() {
/// let dual = Dual::blocking(|| 5);
/// assert_eq!(tokio::spawn(dual.into_future()).await.unwrap(), 5);
/// # }
/// ```
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
    /// The work, for as long as it has not run.
    state: Cell<State<W>>,
    /// The value of a deref. It is boxed, so that the future of a handle is no larger for
    /// a large value.
    value: OnceCell<Box<T>>,
    /// A handle is not `Unpin`, and so not the output that the implementation of `SmartCall`
    /// for sync callables asks for. That leaves one implementation for a function which
    /// returns a handle, even while `T` is unknown.
    _not_unpin: PhantomPinned,
}

enum State<W> {
    /// Nothing has run.
    Fresh(W),
    /// It was polled, and is to go on from there.
    Begun(Pin<Box<W>>),
    /// A deref is at it, or was when the body panicked.
    Taken { panicked: bool },
}

impl<T, W> Dual<T, W> {
    #[inline]
    fn from_work(work: W) -> Self {
        Dual {
            state: Cell::new(State::Fresh(work)),
            value: OnceCell::new(),
            _not_unpin: PhantomPinned,
        }
    }

    /// Makes a handle of work that was polled.
    pub(crate) fn begun(work: Pin<Box<W>>) -> Self {
        Dual {
            state: Cell::new(State::Begun(work)),
            value: OnceCell::new(),
            _not_unpin: PhantomPinned,
        }
    }

    /// Changes the form of the work, if it is not done.
    fn map_work<V>(
        self,
        fresh: impl FnOnce(W) -> V,
        begun: impl FnOnce(Pin<Box<W>>) -> V,
    ) -> Dual<T, V> {
        Dual {
            state: Cell::new(match self.state.into_inner() {
                State::Fresh(work) => State::Fresh(fresh(work)),
                State::Begun(work) => State::Fresh(begun(work)),
                State::Taken { panicked } => State::Taken { panicked },
            }),
            value: self.value,
            _not_unpin: PhantomPinned,
        }
    }

    /// Takes the handle apart: the work if nothing has run, or what there is instead.
    #[inline]
    #[track_caller]
    pub(crate) fn into_parts(self) -> Result<W, Rest<T, W>> {
        if let Some(value) = self.value.into_inner() {
            return Err(Rest::Value(value));
        }
        match self.state.into_inner() {
            State::Fresh(work) => Ok(work),
            State::Begun(work) => Err(Rest::Begun(work)),
            State::Taken { panicked } => gone(panicked),
        }
    }

    /// Takes out the work, if it is not done, and can be moved.
    #[cfg(feature = "executor")]
    pub(crate) fn into_work(self) -> Option<W>
    where
        W: Unpin,
    {
        match self.state.into_inner() {
            State::Fresh(work) => Some(work),
            State::Begun(work) => Some(*Pin::into_inner(work)),
            State::Taken { .. } => None,
        }
    }

    /// Returns whether the value is there, as the work says it.
    pub(crate) fn has_value(&self, work_has: impl FnOnce(&W) -> bool) -> bool {
        if self.value.get().is_some() {
            return true;
        }
        // Out of its place only while it is asked.
        let state = self.state.replace(State::Taken { panicked: false });
        let has = match &state {
            State::Fresh(work) => work_has(work),
            State::Begun(work) => work_has(work),
            State::Taken { .. } => false,
        };
        self.state.set(state);
        has
    }
}

/// What a handle holds that has begun.
pub(crate) enum Rest<T, W> {
    /// The value of a deref.
    Value(Box<T>),
    /// The work, which was polled.
    Begun(Pin<Box<W>>),
}

/// Panics because there is neither work nor a value.
#[cold]
#[track_caller]
fn gone(panicked: bool) -> ! {
    if panicked {
        panic!(
            "this `Dual` has no value: its body panicked when it was resolved before. A body runs \
             once; make a new handle to try again."
        )
    }
    panic!(
        "this `Dual` is being resolved further up on this thread's stack. This happens because its \
         body uses the handle that it is the body of. A body can't wait for its own value."
    )
}

impl<W: Work> Dual<W::Output, W> {
    /// Creates a handle of work of any form.
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
    /// Creates a handle of an async body.
    ///
    /// `.await` polls it through; `get` drives it on the calling thread.
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
        Dual::from_work(Async { future })
    }
}

impl<F, T> Dual<T, Blocking<F>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    /// Creates a handle of sync code that may block.
    ///
    /// `get` calls it on the calling thread; `.await` sends it to a pool, so that the
    /// executor goes on (see [`offload`](crate::offload)).
    ///
    /// # Cancel safety
    ///
    /// A handle that is dropped before the code has begun keeps it from running. Code that
    /// runs on a pool runs on, and is [told](crate::offload::is_cancelled); its value is dropped.
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
    pub fn blocking(code: F) -> Self {
        Dual::from_work(Blocking::new(code))
    }
}

impl<F: FnOnce() -> T, T> Dual<T, InPlace<F>> {
    /// Creates a handle of sync code that must stay on this thread.
    ///
    /// It is called where it is resolved, in every context, so it may borrow and need not be
    /// `Send`. Keep it short: on an executor's thread it holds up the other tasks. (In a task of
    /// an [`Executor`](crate::Executor) a spare thread stands in for it if it is not.)
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

impl<T> Dual<T, Ready<T>> {
    /// Creates a handle of a value that is already there.
    ///
    /// It is handed over in any context.
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
    /// Creates a handle of two native paths, a sync and an async one, over one input.
    ///
    /// `get` takes the sync path, `.await` the async one; and so does `get` where the handle is
    /// [`on`](Dual::on) a pool, since the sync path would block this thread. The input goes to the one
    /// that is taken, so it may be owned or `&mut`.
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
    /// Blocks the current thread until the value is there, and returns it.
    ///
    /// # Panics
    ///
    /// Panics if this thread must not block, because it polls the task of an executor that
    /// can't go on without it. Use `.await` there, or [`try_get`](Dual::try_get), which gives
    /// the handle back.
    ///
    /// A panic of the body comes through as it is.
    ///
    /// # Blocking
    ///
    /// In async code it waits for other *tasks*. For a sibling in the same future, as in
    /// `join!(a, async { b.get() })` where `b` needs `a`, nothing can help it: use `.await`.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// assert_eq!(Dual::future(async { 5 }).get(), 5);
    /// ```
    #[doc(alias = "wait")]
    #[doc(alias = "block_on")]
    #[inline]
    #[track_caller]
    pub fn get(self) -> T {
        match self.into_parts() {
            // Not the other way around: to ask the work is to have it in memory, field by field, and the
            // copy that `block` takes would wait for the stores, 10 ns.
            Ok(work) if context::may_block() || work.is_immediate() => work.block(),
            parts => match resolve(parts) {
                Ok(value) => value,
                Err((refusal, _)) => refusal.panic(),
            },
        }
    }

    /// Blocks the current thread until the value is there, unless it must not block.
    ///
    /// In a `Drop`, where a panic may abort the process, use this instead of
    /// [`get`](Dual::get). What is refused there can go on in the background, if it owns what it needs:
    /// `refused.into_handle().start().detach()`.
    ///
    /// # Errors
    ///
    /// Gives the handle back, unrun, for every reason for which `get` would panic before it
    /// runs anything.
    ///
    /// # Panics
    ///
    /// A panic of the body comes through as it is.
    ///
    /// # Examples
    ///
    /// See [`InsideExecutor`].
    #[inline]
    #[track_caller]
    pub fn try_get(self) -> Result<T, InsideExecutor<Self>> {
        match self.into_parts() {
            Ok(work) if context::may_block() || work.is_immediate() => Ok(work.block()),
            parts => resolve(parts).map_err(|(refusal, dual)| InsideExecutor::new(dual, refusal)),
        }
    }

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
        self.map_work(Boxed::new, Boxed::begun)
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
        self.map_work(LocalBoxed::new, LocalBoxed::begun)
    }
}

/// Resolves a handle that was taken apart, if it may block or need not, or gives it back.
///
/// It is out of line, so that a handle which nothing has begun to resolve is not kept in memory
/// for the sake of one that came back from a poll.
#[cold]
#[inline(never)]
#[track_caller]
fn resolve<T, W: Work<Output = T>>(
    parts: Result<W, Rest<T, W>>,
) -> Result<T, (Refusal, Dual<T, W>)> {
    match parts {
        Ok(work) => ask_to_block(work).map_err(|(refusal, work)| (refusal, Dual::from_work(work))),
        Err(Rest::Begun(work)) => {
            ask_to_block(work).map_err(|(refusal, work)| (refusal, Dual::begun(work)))
        }
        Err(Rest::Value(value)) => Ok(*value),
    }
}

/// Blocks where somebody has to be asked first, or gives the work back.
///
/// It is out of line so that work which nobody has to be asked for is never lent out, and
/// can stay in registers.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn ask_to_block<W: Work>(work: W) -> Result<W::Output, (Refusal, W)> {
    match context::leave_to_block() {
        Ok(leave) => Ok(context::block(leave, || work.block())),
        Err(refusal) => Err((refusal, work)),
    }
}

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Resolves the handle and keeps the value, unless it is there already.
    #[track_caller]
    fn force(&self) -> &T {
        if let Some(value) = self.value.get() {
            return value;
        }
        let state = self.state.replace(State::Taken { panicked: false });
        let done = Done(&self.state);
        let resolved = match state {
            State::Fresh(work) if context::may_block() || work.is_immediate() => Ok(work.block()),
            State::Fresh(work) => resolve(Ok(work)),
            State::Begun(work) => resolve(Err(Rest::Begun(work))),
            State::Taken { panicked } => {
                drop(done);
                self.state.set(State::Taken { panicked });
                gone(panicked)
            }
        };
        match resolved {
            Ok(value) => self.value.get_or_init(|| Box::new(value)),
            Err((refusal, back)) => {
                drop(done);
                // Nothing has run, and nothing is lost.
                self.state.swap(&back.state);
                refusal.panic()
            }
        }
    }
}

/// Notes, when dropped, that the body is no longer running. If there is no value by then,
/// it has panicked.
struct Done<'a, W>(&'a Cell<State<W>>);

impl<W> Drop for Done<'_, W> {
    fn drop(&mut self) {
        self.0.set(State::Taken { panicked: true });
    }
}

/// The first use resolves the handle, with the panics and the blocking of [`Dual::get`]; the
/// value is kept.
impl<T, W: Work<Output = T>> Deref for Dual<T, W> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        self.force()
    }
}

impl<T, W: Work<Output = T>> DerefMut for Dual<T, W> {
    #[inline]
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        self.force();
        match self.value.get_mut() {
            Some(value) => value,
            None => gone(true),
        }
    }
}

/// Says whether the handle is resolved. It never resolves it.
impl<T, W> fmt::Debug for Dual<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dual")
            .field("resolved", &self.value.get().is_some())
            .finish_non_exhaustive()
    }
}

impl<T, W: Work<Output = T>> IntoFuture for Dual<T, W> {
    type Output = T;
    type IntoFuture = Resolving<T, W>;

    /// Makes the future of the handle.
    ///
    /// # Panics
    ///
    /// Panics if a deref has run the body before, and the body panicked.
    #[inline]
    #[track_caller]
    fn into_future(self) -> Resolving<T, W> {
        match self.into_parts() {
            Ok(work) => Resolving::Work { work },
            Err(Rest::Begun(work)) => Resolving::Begun { work },
            Err(Rest::Value(value)) => Resolving::Value { value: Some(value) },
        }
    }
}

pin_project! {
    /// The future of a handle.
    ///
    /// It is a struct around the work, and not the work itself, since a deref may have left a
    /// value. Dropping it drops the work, as said there.
    #[project = ResolvingProjection]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub enum Resolving<T, W> {
        /// The work, as it is polled.
        #[doc(hidden)]
        Work { #[pin] work: W },
        /// The work, which was polled before.
        #[doc(hidden)]
        Begun { work: Pin<Box<W>> },
        /// The value of a deref, until it is handed over.
        #[doc(hidden)]
        Value { value: Option<Box<T>> },
    }
}

impl<T, W: Work<Output = T>> Future for Resolving<T, W> {
    type Output = T;

    // It does not note that the work is done: all forms of work do that themselves, as async
    // blocks do, and a second note would cost each await a store and a check.
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match self.project() {
            ResolvingProjection::Work { work } => work.poll(cx),
            ResolvingProjection::Begun { work } => work.as_mut().poll(cx),
            ResolvingProjection::Value { value } => Poll::Ready(*value.take().expect(POLLED_AGAIN)),
        }
    }
}

impl<T, W: Work<Output = T>> Work for Resolving<T, W> {
    #[inline]
    fn block(self) -> T {
        match self {
            Resolving::Work { work } => work.block(),
            Resolving::Begun { work } => work.block(),
            Resolving::Value { value } => *value.expect(POLLED_AGAIN),
        }
    }

    fn is_immediate(&self) -> bool {
        match self {
            Resolving::Work { work } => work.is_immediate(),
            Resolving::Begun { work } => work.is_immediate(),
            Resolving::Value { .. } => true,
        }
    }

    fn is_ready(&self) -> bool {
        match self {
            Resolving::Work { work } => work.is_ready(),
            Resolving::Begun { work } => work.is_ready(),
            Resolving::Value { value } => value.is_some(),
        }
    }
}

impl<T, W> fmt::Debug for Resolving<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolving").finish_non_exhaustive()
    }
}
