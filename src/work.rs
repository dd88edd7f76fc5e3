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
//! | [`InPlace`], [`Borrowing`] | the code never runs | it can't be dropped: it runs to its end in one poll | |
//! | [`Pair`] | neither path runs | the async path is dropped as an `Async` is | |
//! | [`Ready`] | the value is dropped | | |
//! | [`map`](crate::Dual::map), [`then`](crate::Dual::then) and the like | no step runs | the step that it is at is dropped, and the next one never begins | |
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
use std::marker::PhantomPinned;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::FusedFuture;
use pin_project_lite::pin_project;

pub use crate::boxed::{Boxed, LocalBoxed};
pub use crate::combine::{Join, Race, TryJoin};
use crate::context;
use crate::drive::{self, Turn};
pub use crate::leave::JoinOnDrop;
use crate::offload::{self, Offloaded};
use crate::pool;
pub use crate::pool::OnPool;
#[cfg(feature = "executor")]
pub use crate::start::Started;
pub use crate::time::{Sleep, Timeout};
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
///     fn block(self: Pin<&mut Self>) -> Self::Output {
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
    /// It resolves the work where it is: before the first poll by the form's own way, after a poll from where the
    /// polling left it.
    ///
    /// # Panics
    ///
    /// Panics, or does what the future in it does, if the value was given before.
    ///
    /// # Blocking
    ///
    /// It blocks in any context, on the thread of an executor too. Call
    /// `Dual::new(work).get()` instead, which looks first.
    fn block(self: Pin<&mut Self>) -> Self::Output;

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

    /// Whether it can go on elsewhere after a poll, by `relocate`.
    #[doc(hidden)]
    fn relocates(&self) -> bool
    where
        Self: Sized,
    {
        false
    }

    /// Moves what is left to do out of its place, which is of no use after that.
    #[doc(hidden)]
    fn relocate(self: Pin<&mut Self>) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// Work that was polled can't be moved any more, but what points to it can: it goes on by
/// `Dual::new(pinned)`.
impl<P: DerefMut<Target: Work>> Work for Pin<P> {
    fn block(self: Pin<&mut Self>) -> Self::Output {
        self.as_deref_mut().block()
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
        // A handle is not `Unpin`, and so not the output that the implementation of `SmartCall` for sync
        // callables asks for. That leaves one implementation for a function which returns a handle, even
        // while the output is unknown.
        #[pin]
        pub(crate) pinned: PhantomPinned,
    }
}

impl<F: Future> Future for Async<F> {
    type Output = F::Output;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

impl<F: FusedFuture> FusedFuture for Async<F> {
    fn is_terminated(&self) -> bool {
        self.future.is_terminated()
    }
}

impl<F: Future> Work for Async<F> {
    #[inline]
    fn block(self: Pin<&mut Self>) -> F::Output {
        drive::block_on(self.project().future)
    }
}

pin_project! {
    /// Sync code that may block: called by `.get()`, sent to a pool by `.await`.
    ///
    /// Made by [`Dual::blocking`](crate::Dual::blocking). Dropping it before the code has
    /// begun keeps it from running; code that runs on a pool runs on, and is told, and its value is
    /// dropped.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Blocking<C: Code> {
        // The code, until it begins.
        code: Option<C>,
        // Whether it has asked for a turn.
        asked: bool,
        // The value to come, once the code is the pool's.
        value: Option<Offloaded<C::Output>>,
        // See `Async`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<C: Code> Blocking<C> {
    #[inline]
    pub(crate) fn new(code: C) -> Self {
        Blocking {
            code: Some(code),
            asked: false,
            value: None,
            pinned: PhantomPinned,
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
    fn poll_elsewhere(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let this = self.project();
        if let Some(code) = this.code.take() {
            *this.value = Some(offload::offload(code));
        }
        // Out of its place while it is polled, so that it is gone after a panic.
        let mut value = this.value.take().expect(POLLED_AGAIN);
        let poll = Pin::new(&mut value).poll(cx);
        if poll.is_pending() {
            *this.value = Some(value);
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
        let this = self.as_mut().project();
        if this.code.is_some() {
            match drive::ask(cx, this.asked) {
                Turn::Later => return Poll::Pending,
                Turn::Here => {
                    if let Some(code) = this.code.take() {
                        return Poll::Ready(context::run_here(|| code.run()));
                    }
                }
                Turn::Elsewhere => {}
            }
        }
        self.poll_elsewhere(cx)
    }
}

impl<C> FusedFuture for Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    fn is_terminated(&self) -> bool {
        self.code.is_none() && self.value.is_none()
    }
}

impl<C> Work for Blocking<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    #[inline]
    fn block(mut self: Pin<&mut Self>) -> C::Output {
        if !pool::sends_away() {
            if let Some(code) = self.as_mut().project().code.take() {
                return context::run_here(|| code.run());
            }
        }
        drive::block_on(self)
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

/// A form of sync code that stays on its thread, and how its executor is told.
macro_rules! staying {
    ($(#[$docs:meta])* $name:ident, $run:path) => {
        pin_project! {
            $(#[$docs])*
            #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
            pub struct $name<C> {
                // The code, until it begins.
                code: Option<C>,
                // See `Async`.
                #[pin]
                pinned: PhantomPinned,
            }
        }

        impl<C> $name<C> {
            #[inline]
            pub(crate) fn new(code: C) -> Self {
                $name {
                    code: Some(code),
                    pinned: PhantomPinned,
                }
            }
        }

        impl<C: Code> Future for $name<C> {
            type Output = C::Output;

            #[inline]
            fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<C::Output> {
                Poll::Ready(self.block())
            }
        }

        impl<C: Code> FusedFuture for $name<C> {
            fn is_terminated(&self) -> bool {
                self.code.is_none()
            }
        }

        impl<C: Code> Work for $name<C> {
            #[inline]
            fn block(self: Pin<&mut Self>) -> C::Output {
                let code = self.project().code.take().expect(POLLED_AGAIN);
                $run(|| code.run())
            }

            /// It is never refused: it runs here in every context.
            #[inline]
            fn is_immediate(&self) -> bool {
                true
            }
        }
    };
}

staying! {
    /// Short sync code that stays on its thread: called there by `.get()` and by `.await`.
    ///
    /// Made by [`Dual::in_place`](crate::Dual::in_place). Dropping it keeps the code from
    /// running.
    InPlace, context::run_in_place
}

staying! {
    /// Blocking code that stays on its thread, and of which the executor is told.
    ///
    /// Made by [`Dual::borrowing`](crate::Dual::borrowing). Dropping it keeps the code from
    /// running.
    Borrowing, context::run_borrowing
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
        // See `Async`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<I, S, A, F> Pair<I, S, A, F> {
    #[inline]
    pub(crate) fn new(input: I, sync: S, future: A) -> Self {
        Pair {
            paths: Some((input, sync, future)),
            asked: false,
            future: None,
            pinned: PhantomPinned,
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

impl<I, S, A, F, T> FusedFuture for Pair<I, S, A, F>
where
    S: FnOnce(I) -> T,
    A: FnOnce(I) -> F,
    F: Future<Output = T>,
{
    fn is_terminated(&self) -> bool {
        self.paths.is_none() && self.future.is_none()
    }
}

impl<I, S, A, F, T> Work for Pair<I, S, A, F>
where
    S: FnOnce(I) -> T,
    A: FnOnce(I) -> F,
    F: Future<Output = T>,
{
    #[inline]
    fn block(mut self: Pin<&mut Self>) -> T {
        if !pool::sends_away() {
            if let Some((input, sync, _)) = self.as_mut().project().paths.take() {
                return context::run_here(|| sync(input));
            }
        }
        drive::block_on(self)
    }

    /// As it is of [`Blocking`].
    #[inline]
    fn is_immediate(&self) -> bool {
        self.paths.is_some() && pool::takes_code()
    }
}

pin_project! {
    /// A value that is already there.
    ///
    /// Made by [`Dual::ready`](crate::Dual::ready).
    #[must_use = "nothing happens until it is awaited or resolved with `.get()`"]
    pub struct Ready<T> {
        value: Option<T>,
        // See `Async`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<T> Ready<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Ready {
            value: Some(value),
            pinned: PhantomPinned,
        }
    }
}

impl<T> Future for Ready<T> {
    type Output = T;

    #[inline]
    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<T> {
        Poll::Ready(self.block())
    }
}

impl<T> FusedFuture for Ready<T> {
    fn is_terminated(&self) -> bool {
        self.value.is_none()
    }
}

impl<T> Work for Ready<T> {
    #[inline]
    fn block(self: Pin<&mut Self>) -> T {
        self.project().value.take().expect(POLLED_AGAIN)
    }

    #[inline]
    fn is_immediate(&self) -> bool {
        true
    }

    fn is_ready(&self) -> bool {
        self.value.is_some()
    }
}

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
    Borrowing<C>
    Pair<I, S, A, F>
    Ready<T>
    Boxed<'a, T>
    LocalBoxed<'a, T>
}
