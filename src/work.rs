//! What a handle resolves: futures that can also be resolved by blocking.
//!
//! You rarely name these types: [`Dual`]'s constructors make them, and signatures
//! say `DualOf<impl Work<Output = T>>`. They are here for structs that store a handle, and
//! for forms of your own, by [`Work`] and [`Dual::new`].
//!
//! # What dropping does
//!
//! | | before it began | while it waits or runs | after that |
//! |---|---|---|---|
//! | [`Async`] | the body never runs | the body is dropped where it waits, and what it waits for in turn | the value was handed over |
//! | [`Blocking`] | the code never runs, also if it waits for its turn on the pool | the code runs on, and is [told](crate::offload::is_cancelled); a `.get()` in it ends; its value is dropped | a value that nobody took is dropped |
//! | [`InPlace`] | the code never runs | it can't be dropped: it runs to its end in one poll | |
//! | [`Pair`] | neither path runs | the async path is dropped as an `Async` is | |
//! | [`Ready`] | the value is dropped | | |
//! | [`Then`] | no step runs | the step that it is at is dropped, and the next one never begins | |
//! | [`join`](crate::join), [`try_join`](crate::try_join), [`race`](crate::race) | nothing runs | all parts that are not done are dropped | |
//! | [`Within`], by [`Dual::on`] | as what is in it | | |
//! | [`Within`], by [`join_on_drop`](crate::offload::join_on_drop) | as what is in it | as what is in it; then the dropping thread waits until its blocking code has ended | as what is in it |
//! | [`Timeout`] | nothing runs | the work is dropped; so it is when the time has elapsed | |
//! | `Started`, by [`Dual::start`] | | an async body is dropped at its next poll; sync code as `Blocking` | a value that nobody took is dropped |
//! | [`Boxed`], [`LocalBoxed`] | as what is in them | | |
//!
//! [`Dual::on`]: crate::Dual::on
//! [`Dual::start`]: crate::Dual::start
//! [`Dual`]: crate::Dual
//! [`Dual::new`]: crate::Dual::new

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

pub use crate::combine::{ErrOr, IfOk, Join, Map, Next, Race, Step, Taking, Then, TryJoin};
use crate::context;
use crate::drive::{self, Turn};
pub use crate::leave::JoinOnDrop;
use crate::offload::{self, Offloaded};
use crate::pool;
pub use crate::pool::OnPool;
#[cfg(feature = "executor")]
pub use crate::start::Started;
pub use crate::time::Timeout;
pub use crate::within::{Setting, Within};

/// A future that knows how to be resolved by blocking.
///
/// It *is* the future, rather than naming one in an associated type: auto traits leak
/// through `impl Work`, but not through its projections, and so a handle around an
/// `impl Work` can be spawned.
///
/// # Examples
///
/// A request that has a native sync path as well:
///
/// ```
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use smartcall::{Dual, work::Work};
///
/// struct Ping;
///
/// impl Future for Ping {
///     type Output = &'static str;
///     fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Self::Output> {
///         Poll::Ready("polled")
///     }
/// }
///
/// impl Work for Ping {
///     fn block(self) -> Self::Output {
///         "blocked"
///     }
/// }
///
/// assert_eq!(Dual::new(Ping).get(), "blocked");
/// # pollster::block_on(async {
/// assert_eq!(Dual::new(Ping).await, "polled");
/// # });
/// ```
#[must_use = "nothing runs until it is put into a `Dual` and awaited or resolved with `.get()`"]
pub trait Work: Future {
    /// Blocks the current thread until the value is there, and returns it.
    ///
    /// After a poll it goes on from where the polling left it.
    ///
    /// # Blocking
    ///
    /// It blocks in any context, on the thread of an executor too. Call
    /// `Dual::new(work).get()` instead, which looks first.
    fn block(self) -> Self::Output
    where
        Self: Sized;

    /// Whether `block` returns without waiting, and so may be called in any context.
    ///
    /// It must not depend on the state of the work: whether `.get()` panics on an
    /// executor's thread should not be a matter of timing.
    fn is_immediate(&self) -> bool {
        false
    }

    /// Whether the value is there already, so that nobody would have to wait for it.
    ///
    /// It may say `false` where that is not known. See [`Dual::is_ready`](crate::Dual::is_ready).
    fn is_ready(&self) -> bool {
        false
    }
}

/// Work that was polled, and so can't be moved any more. It goes on from where it is.
impl<W: Work + ?Sized> Work for Pin<Box<W>> {
    fn block(self) -> W::Output {
        drive::block_on(self)
    }

    fn is_immediate(&self) -> bool {
        (**self).is_immediate()
    }

    fn is_ready(&self) -> bool {
        (**self).is_ready()
    }
}

/// Sync code that is called once: a closure, or a callable with its arguments.
///
/// Generally you shouldn't need to worry about this trait. It is there because a closure
/// that holds a callable and its arguments has no name to be given in an associated type.
pub trait Code {
    /// What the code returns.
    type Output;

    /// Runs the code.
    fn run(self) -> Self::Output;
}

impl<F: FnOnce() -> T, T> Code for F {
    type Output = T;

    #[inline]
    fn run(self) -> T {
        self()
    }
}

/// What polling work says when it is already done.
pub(crate) const POLLED_AGAIN: &str =
    "a `Dual` was polled again after it had completed or panicked";

pin_project! {
    /// An async body: polled by `.await`, driven by `.get()`.
    ///
    /// Made by [`Dual::future`](crate::Dual::future). Dropping it drops the future. Polled again
    /// after completion it does what the future does: one of async code panics.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Async<F> {
        #[pin]
        pub(crate) future: F,
    }
}

impl<F: Future> Future for Async<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

impl<F: Future> Work for Async<F> {
    // As `block_on` is, and for its reason.
    #[inline(always)]
    fn block(self) -> F::Output {
        drive::block_on(self.future)
    }
}

/// Sync code that may block: called by `.get()`, sent to a pool by `.await`.
///
/// Made by [`Dual::blocking`](crate::Dual::blocking). Dropping it before the code has
/// begun keeps it from running; code that runs on a pool runs on, and is told, and its value is
/// dropped.
#[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
pub struct Blocking<C: Code> {
    /// The code, until it begins.
    code: Option<C>,
    /// Whether it has asked for a turn.
    asked: bool,
    /// The value to come, once the code is the pool's.
    value: Option<Offloaded<C::Output>>,
}

// Nothing is pinned: code is moved to where it runs.
impl<C: Code> Unpin for Blocking<C> {}

impl<C: Code> Blocking<C> {
    #[inline]
    pub(crate) fn new(code: C) -> Self {
        Blocking {
            code: Some(code),
            asked: false,
            value: None,
        }
    }
}

impl<C> Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    /// Goes to the pool, or waits for it. It is out of line, to keep `poll` short where the
    /// code runs here.
    #[inline(never)]
    fn poll_elsewhere(&mut self, cx: &mut Context<'_>) -> Poll<C::Output> {
        if let Some(code) = self.code.take() {
            self.value = Some(offload::offload(code));
        }
        // Out of its place while it is polled, so that it is gone after a panic.
        let mut value = self.value.take().expect(POLLED_AGAIN);
        let poll = Pin::new(&mut value).poll(cx);
        if poll.is_pending() {
            self.value = Some(value);
        }
        poll
    }
}

impl<C> Future for Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    type Output = C::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let this = &mut *self;
        if this.code.is_some() {
            match drive::ask(cx, &mut this.asked) {
                Turn::Later => return Poll::Pending,
                Turn::Here => {
                    if let Some(code) = this.code.take() {
                        return Poll::Ready(context::run_here(|| code.run()));
                    }
                }
                Turn::Elsewhere => {}
            }
        }
        this.poll_elsewhere(cx)
    }
}

impl<C> Work for Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    #[inline]
    fn block(self) -> C::Output {
        if pool::sends_away() {
            return drive::block_on(self);
        }
        match self.code {
            Some(code) => context::run_here(|| code.run()),
            None => drive::block_on(self.value.expect(POLLED_AGAIN)),
        }
    }

    /// On a thread that is there for blocking code, it may run in any case.
    #[inline]
    fn is_immediate(&self) -> bool {
        self.code.is_some() && pool::takes_code()
    }

    fn is_ready(&self) -> bool {
        self.value.as_ref().is_some_and(Offloaded::is_finished)
    }
}

/// Sync code that stays on its thread: called there by `.get()` and by `.await`.
///
/// Made by [`Dual::in_place`](crate::Dual::in_place). Dropping it keeps the code from
/// running.
#[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
pub struct InPlace<C> {
    code: Option<C>,
}

impl<C> Unpin for InPlace<C> {}

impl<C> InPlace<C> {
    #[inline]
    pub(crate) fn new(code: C) -> Self {
        InPlace { code: Some(code) }
    }
}

impl<C: Code> Future for InPlace<C> {
    type Output = C::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<C::Output> {
        let code = self.code.take().expect(POLLED_AGAIN);
        Poll::Ready(context::run_in_place(|| code.run()))
    }
}

impl<C: Code> Work for InPlace<C> {
    #[inline]
    fn block(self) -> C::Output {
        let code = self.code.expect(POLLED_AGAIN);
        context::run_in_place(|| code.run())
    }

    /// In-place code is never refused: it runs here in every context.
    fn is_immediate(&self) -> bool {
        true
    }
}

pin_project! {
    /// Two native paths over one input: the sync one for `.get()`, the async one for
    /// `.await`.
    ///
    /// Made by [`Dual::pair`](crate::Dual::pair). Dropping it drops the input, or the
    /// future that was made of it.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Pair<I, S, A, F> {
        paths: Option<(I, S, A)>,
        asked: bool,
        #[pin]
        future: Option<F>,
    }
}

impl<I, S, A, F> Pair<I, S, A, F> {
    #[inline]
    pub(crate) fn new(input: I, sync: S, future: A) -> Self {
        Pair {
            paths: Some((input, sync, future)),
            asked: false,
            future: None,
        }
    }
}

impl<I, S, A, F, T> Future for Pair<I, S, A, F>
where
    S: FnOnce(I) -> T,
    A: FnOnce(I) -> F,
    F: Future<Output = T>,
{
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut this = self.project();
        if this.paths.is_some() {
            let turn = drive::ask(cx, this.asked);
            if turn == Turn::Later {
                return Poll::Pending;
            }
            if let Some((input, sync, future)) = this.paths.take() {
                if turn == Turn::Here {
                    return Poll::Ready(context::run_here(|| sync(input)));
                }
                this.future.set(Some(future(input)));
            }
        }
        let future = this.future.as_mut().as_pin_mut().expect(POLLED_AGAIN);
        let poll = future.poll(cx);
        if poll.is_ready() {
            this.future.set(None);
        }
        poll
    }
}

impl<I, S, A, F, T> Work for Pair<I, S, A, F>
where
    S: FnOnce(I) -> T,
    A: FnOnce(I) -> F,
    F: Future<Output = T>,
{
    #[inline]
    fn block(self) -> T {
        if pool::sends_away() {
            return drive::block_on(self);
        }
        match self.paths {
            Some((input, sync, _)) => context::run_here(|| sync(input)),
            None => drive::block_on(self.future.expect(POLLED_AGAIN)),
        }
    }

    /// As it is of [`Blocking`].
    #[inline]
    fn is_immediate(&self) -> bool {
        self.paths.is_some() && pool::takes_code()
    }
}

/// A value that is already there.
///
/// Made by [`Dual::ready`](crate::Dual::ready).
#[must_use = "nothing happens until it is awaited or resolved with `.get()`"]
pub struct Ready<T> {
    value: Option<T>,
}

impl<T> Unpin for Ready<T> {}

impl<T> Ready<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Ready { value: Some(value) }
    }
}

impl<T> Future for Ready<T> {
    type Output = T;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<T> {
        Poll::Ready(self.value.take().expect(POLLED_AGAIN))
    }
}

impl<T> Work for Ready<T> {
    #[inline]
    fn block(self) -> T {
        self.value.expect(POLLED_AGAIN)
    }

    fn is_immediate(&self) -> bool {
        true
    }

    fn is_ready(&self) -> bool {
        self.value.is_some()
    }
}

/// The part of [`Work`] that a box of unknown work can call.
trait DynWork: Future {
    /// [`Work::block`], of work that was never polled.
    fn block_boxed(self: Box<Self>) -> Self::Output;

    fn is_immediate(&self) -> bool;

    fn is_ready(&self) -> bool;
}

impl<W: Work> DynWork for W {
    fn block_boxed(self: Box<Self>) -> W::Output {
        (*self).block()
    }

    fn is_immediate(&self) -> bool {
        Work::is_immediate(self)
    }

    fn is_ready(&self) -> bool {
        Work::is_ready(self)
    }
}

/// The box of a `Boxed` or a `LocalBoxed`. It is pinned by the first poll: until then
/// the work can be moved out, to be resolved by its own `block`.
enum Erased<D: ?Sized> {
    Fresh(Box<D>),
    Polled(Pin<Box<D>>),
    /// The value was handed over.
    Done,
}

impl<D: DynWork + ?Sized> Erased<D> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<D::Output> {
        if let Erased::Fresh(_) = self {
            if let Erased::Fresh(work) = mem::replace(self, Erased::Done) {
                *self = Erased::Polled(Box::into_pin(work));
            }
        }
        let Erased::Polled(work) = self else {
            panic!("{POLLED_AGAIN}");
        };
        let poll = work.as_mut().poll(cx);
        if poll.is_ready() {
            *self = Erased::Done;
        }
        poll
    }

    fn block(self) -> D::Output {
        match self {
            Erased::Fresh(work) => work.block_boxed(),
            Erased::Polled(work) => drive::block_on(work),
            Erased::Done => panic!("{POLLED_AGAIN}"),
        }
    }

    fn is_immediate(&self) -> bool {
        match self {
            Erased::Fresh(work) => work.is_immediate(),
            Erased::Polled(work) => work.is_immediate(),
            Erased::Done => false,
        }
    }

    fn is_ready(&self) -> bool {
        match self {
            Erased::Fresh(work) => work.is_ready(),
            Erased::Polled(work) => work.is_ready(),
            Erased::Done => false,
        }
    }
}

/// Work of any type, boxed, that can move between threads.
///
/// Made by [`Dual::boxed`](crate::Dual::boxed). Use it where the type must have a name
/// or be the same: in recursion, in `dyn` traits, in collections.
#[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
pub struct Boxed<'a, T> {
    work: Erased<dyn DynWork<Output = T> + Send + 'a>,
}

impl<'a, T> Boxed<'a, T> {
    pub(crate) fn new<W: Work<Output = T> + Send + 'a>(work: W) -> Self {
        Boxed {
            work: Erased::Fresh(Box::new(work)),
        }
    }

    /// Boxes work that was polled, and is in a box.
    pub(crate) fn begun<W: Work<Output = T> + Send + 'a>(work: Pin<Box<W>>) -> Self {
        Boxed {
            work: Erased::Polled(work),
        }
    }
}

/// Work of any type, boxed, that stays on its thread.
///
/// Made by [`Dual::boxed_local`](crate::Dual::boxed_local); see [`Boxed`].
#[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
pub struct LocalBoxed<'a, T> {
    work: Erased<dyn DynWork<Output = T> + 'a>,
}

impl<'a, T> LocalBoxed<'a, T> {
    pub(crate) fn new<W: Work<Output = T> + 'a>(work: W) -> Self {
        LocalBoxed {
            work: Erased::Fresh(Box::new(work)),
        }
    }

    /// Boxes work that was polled, and is in a box.
    pub(crate) fn begun<W: Work<Output = T> + 'a>(work: Pin<Box<W>>) -> Self {
        LocalBoxed {
            work: Erased::Polled(work),
        }
    }
}

/// Forwards to `self.work`.
macro_rules! erased {
    ($name:ident) => {
        impl<T> Future for $name<'_, T> {
            type Output = T;

            #[inline]
            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
                self.work.poll(cx)
            }
        }

        impl<T> Work for $name<'_, T> {
            #[inline]
            fn block(self) -> T {
                self.work.block()
            }

            fn is_immediate(&self) -> bool {
                self.work.is_immediate()
            }

            fn is_ready(&self) -> bool {
                self.work.is_ready()
            }
        }
    };
}

erased!(Boxed);
erased!(LocalBoxed);

/// `Debug` that names the form, and neither runs nor shows what is in it.
macro_rules! opaque_debug {
    ($($name:ident<$($param:tt $(: $bound:ident)?),*>)*) => {$(
        impl<$($param $(: $bound)?),*> fmt::Debug for $name<$($param),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

opaque_debug! {
    Async<F>
    Blocking<C: Code>
    InPlace<C>
    Pair<I, S, A, F>
    Ready<T>
    Boxed<'a, T>
    LocalBoxed<'a, T>
}
