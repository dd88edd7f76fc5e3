//! Handles made of handles: one step after another, or several at once.

use std::future::{Future, IntoFuture, poll_fn};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures::future;
use futures::stream::{FuturesUnordered, StreamExt};
use pin_project_lite::pin_project;

use crate::dual::{Dual, DualOf, Resolving};
use crate::kind;
use crate::work::{Async, Blocking, Code, POLLED_AGAIN, Ready, Work};

/// What comes after a value: it makes the work of the next value.
///
/// Generally you shouldn't need to worry about this trait. It is there for the bounds of
/// [`Dual::map`], [`Dual::then`] and [`Dual::and_then`].
pub trait Step<T> {
    /// What the step gives.
    type Output;
    /// How it gives it.
    type Work: Work<Output = Self::Output>;

    /// Takes the value.
    fn take(self, value: T) -> Self::Work;

    /// Whether its work is done without waiting, whatever the value.
    #[doc(hidden)]
    fn is_immediate(&self) -> bool {
        false
    }
}

/// The step of [`Dual::map`].
#[derive(Debug)]
pub struct Map<F>(F);

impl<F: FnOnce(T) -> U, T, U> Step<T> for Map<F> {
    type Output = U;
    type Work = Ready<U>;

    #[inline]
    fn take(self, value: T) -> Ready<U> {
        Ready::new((self.0)(value))
    }

    fn is_immediate(&self) -> bool {
        true
    }
}

/// The step of [`Dual::then`], a callable of some [kind](crate::kind).
#[derive(Debug)]
pub struct Next<F, Kind> {
    f: F,
    kind: PhantomData<fn() -> Kind>,
}

impl<F, Kind> Next<F, Kind> {
    fn new(f: F) -> Self {
        Next {
            f,
            kind: PhantomData,
        }
    }
}

/// Sync code with the value that it takes.
#[doc(hidden)]
#[derive(Debug)]
pub struct Taking<F, T>(F, T);

impl<F: FnOnce(T) -> U, T, U> Code for Taking<F, T> {
    type Output = U;

    fn run(self) -> U {
        (self.0)(self.1)
    }
}

// `Unpin` tells values from futures and handles: see `SmartCall`.
impl<F, T, U> Step<T> for Next<F, kind::Sync>
where
    F: FnOnce(T) -> U + Send + 'static,
    T: Send + 'static,
    U: Send + Unpin + 'static,
{
    type Output = U;
    type Work = Blocking<Taking<F, T>>;

    #[inline]
    fn take(self, value: T) -> Self::Work {
        Blocking::new(Taking(self.f, value))
    }
}

impl<F, T, Fut> Step<T> for Next<F, kind::Async>
where
    F: FnOnce(T) -> Fut,
    Fut: Future,
{
    type Output = Fut::Output;
    type Work = Async<Fut>;

    #[inline]
    fn take(self, value: T) -> Async<Fut> {
        Async {
            future: (self.f)(value),
        }
    }
}

impl<F, T, U, W> Step<T> for Next<F, kind::Smart>
where
    F: FnOnce(T) -> Dual<U, W>,
    W: Work<Output = U>,
{
    type Output = U;
    type Work = Resolving<U, W>;

    #[inline]
    fn take(self, value: T) -> Resolving<U, W> {
        (self.f)(value).into_future()
    }
}

/// The step of [`Dual::and_then`]: an error is passed by.
#[derive(Debug)]
pub struct IfOk<S>(S);

impl<S, T, U, E> Step<Result<T, E>> for IfOk<S>
where
    S: Step<T, Output = Result<U, E>>,
{
    type Output = Result<U, E>;
    type Work = ErrOr<S::Work, Result<U, E>>;

    fn take(self, value: Result<T, E>) -> Self::Work {
        match value {
            Ok(value) => ErrOr::Work {
                work: self.0.take(value),
            },
            Err(error) => ErrOr::Value {
                value: Some(Err(error)),
            },
        }
    }
}

pin_project! {
    /// The work of a step, or the error that came before it.
    #[doc(hidden)]
    #[project = ErrOrProjection]
    #[derive(Debug)]
    pub enum ErrOr<W, T> {
        Work { #[pin] work: W },
        Value { value: Option<T> },
    }
}

impl<W: Work<Output = T>, T> Future for ErrOr<W, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match self.project() {
            ErrOrProjection::Work { work } => work.poll(cx),
            ErrOrProjection::Value { value } => Poll::Ready(value.take().expect(POLLED_AGAIN)),
        }
    }
}

impl<W: Work<Output = T>, T> Work for ErrOr<W, T> {
    fn block(self) -> T {
        match self {
            ErrOr::Work { work } => work.block(),
            ErrOr::Value { value } => value.expect(POLLED_AGAIN),
        }
    }
}

pin_project! {
    /// One step after another.
    ///
    /// Made by [`Dual::map`], [`Dual::then`] and [`Dual::and_then`]. Dropping it drops the step
    /// that it is at, as is said there, and keeps the next one from beginning.
    #[project = ThenProjection]
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub enum Then<W: Future, S: Step<W::Output>> {
        /// The first step, and the second one to come.
        #[doc(hidden)]
        First { #[pin] work: W, next: Option<S> },
        /// The second step.
        #[doc(hidden)]
        Second { #[pin] work: S::Work },
    }
}

impl<W: Work, S: Step<W::Output>> Then<W, S> {
    #[inline]
    fn new(work: W, next: S) -> Self {
        Then::First {
            work,
            next: Some(next),
        }
    }
}

impl<W: Work, S: Step<W::Output>> Future for Then<W, S> {
    type Output = S::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<S::Output> {
        if let ThenProjection::First { work, next } = self.as_mut().project() {
            let Poll::Ready(value) = work.poll(cx) else {
                return Poll::Pending;
            };
            let work = next.take().expect(POLLED_AGAIN).take(value);
            self.set(Then::Second { work });
        }
        match self.project() {
            ThenProjection::Second { work } => work.poll(cx),
            ThenProjection::First { .. } => Poll::Pending,
        }
    }
}

impl<W: Work, S: Step<W::Output>> Work for Then<W, S> {
    #[inline]
    fn block(self) -> S::Output {
        match self {
            Then::First { work, next } => next.expect(POLLED_AGAIN).take(work.block()).block(),
            Then::Second { work } => work.block(),
        }
    }

    fn is_immediate(&self) -> bool {
        match self {
            Then::First { work, next } => {
                work.is_immediate() && next.as_ref().is_some_and(S::is_immediate)
            }
            Then::Second { work } => work.is_immediate(),
        }
    }
}

impl<W: Future, S: Step<W::Output>> std::fmt::Debug for Then<W, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Then").finish_non_exhaustive()
    }
}

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Changes the value.
    ///
    /// The closure is called where the value arrives, on an executor's thread perhaps, so keep it
    /// short; for code that may block use [`then`](Dual::then).
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// assert_eq!(Dual::blocking(|| 2).map(|n| n + 3).get(), 5);
    /// ```
    #[inline]
    #[track_caller]
    pub fn map<U, F: FnOnce(T) -> U>(self, f: F) -> Dual<U, Then<Resolving<T, W>, Map<F>>> {
        Dual::new(Then::new(self.into_future(), Map(f)))
    }

    /// Goes on with another step: sync code, async code, or a handle.
    ///
    /// Each step runs as it would by itself. Sync code runs on this thread under `get`, and on a
    /// pool if it is awaited; so it has to be `Send + 'static`, which a step that is an
    /// async closure or makes a handle need not be.
    ///
    /// A handle of a handle is flattened by `then(|inner| inner)`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the handle drops the step that it is at, and the next one never begins.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// let dual = Dual::blocking(|| "5".to_string())
    ///     .then(|text| text.parse::<u32>())
    ///     .then(async |parsed| parsed.unwrap_or(0) + 1)
    ///     .then(|n| Dual::ready(n * 2));
    /// assert_eq!(dual.get(), 12);
    /// ```
    #[inline]
    #[track_caller]
    #[expect(clippy::type_complexity, reason = "a struct can name what it stores")]
    pub fn then<R, F, K>(
        self,
        next: F,
    ) -> Dual<<Next<F, K> as Step<T>>::Output, Then<Resolving<T, W>, Next<F, K>>>
    where
        F: FnOnce(T) -> R,
        Next<F, K>: Step<T>,
    {
        Dual::new(Then::new(self.into_future(), Next::new(next)))
    }
}

impl<T, E, W: Work<Output = Result<T, E>>> Dual<Result<T, E>, W> {
    /// Changes the value of an `Ok`.
    ///
    /// See [`map`](Dual::map).
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// let dual = Dual::blocking(|| "5".parse::<u32>()).map_ok(|n| n + 1);
    /// assert_eq!(dual.get(), Ok(6));
    /// ```
    #[inline]
    #[track_caller]
    pub fn map_ok<U>(self, f: impl FnOnce(T) -> U) -> DualOf<impl Work<Output = Result<U, E>>> {
        self.map(|result| result.map(f))
    }

    /// Changes the error of an `Err`.
    ///
    /// See [`map`](Dual::map).
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// let dual = Dual::blocking(|| "five".parse::<u32>()).map_err(|error| error.to_string());
    /// assert_eq!(dual.get().unwrap_err(), "invalid digit found in string");
    /// ```
    #[inline]
    #[track_caller]
    pub fn map_err<D>(self, f: impl FnOnce(E) -> D) -> DualOf<impl Work<Output = Result<T, D>>> {
        self.map(|result| result.map_err(f))
    }

    /// Goes on with another step if the value is an `Ok`.
    ///
    /// See [`then`](Dual::then).
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// let dual = Dual::future(async { Ok("5".to_string()) })
    ///     .and_then(|text| text.parse::<u32>())
    ///     .and_then(async |n| Ok(n + 1));
    /// assert_eq!(dual.get(), Ok(6));
    /// ```
    #[inline]
    #[track_caller]
    #[expect(clippy::type_complexity, reason = "a struct can name what it stores")]
    pub fn and_then<U, R, F, K>(
        self,
        next: F,
    ) -> Dual<Result<U, E>, Then<Resolving<Result<T, E>, W>, IfOk<Next<F, K>>>>
    where
        F: FnOnce(T) -> R,
        Next<F, K>: Step<T, Output = Result<U, E>>,
    {
        Dual::new(Then::new(self.into_future(), IfOk(Next::new(next))))
    }
}

/// Resolves several handles at once, to all of their values.
///
/// It takes a tuple of two to eight handles, or a `Vec` or an array of handles of one type.
/// Sync parts overlap, on pools; under `get` a sync part that is the only one left when it is first
/// polled runs on this thread.
///
/// # Cancel safety
///
/// Dropping the handle drops all of them.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, join};
///
/// let both = join((Dual::blocking(|| 2), Dual::future(async { "three" })));
/// assert_eq!(both.get(), (2, "three"));
///
/// let squares: Vec<_> = (0..4).map(|n| Dual::blocking(move || n * n)).collect();
/// assert_eq!(join(squares).get(), [0, 1, 4, 9]);
/// ```
pub fn join<J: Join>(handles: J) -> DualOf<impl Work<Output = J::Output>> {
    handles.join()
}

/// Resolves several handles at once, to all of their `Ok` values or the first error.
///
/// It takes what [`join`] takes. At the first error the other handles are dropped: what has not
/// begun does not begin, and code that runs on a pool runs on, and is [told](crate::offload::is_cancelled).
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, try_join};
///
/// let both = try_join((
///     Dual::blocking(|| "2".parse::<u32>()),
///     Dual::future(async { "three".parse::<u32>() }),
/// ));
/// assert!(both.get().is_err());
/// ```
pub fn try_join<J: TryJoin>(handles: J) -> DualOf<impl Work<Output = Result<J::Output, J::Error>>> {
    handles.try_join()
}

/// Resolves several handles at once, to the value that is there first.
///
/// It takes what [`join`] takes, all of one output; among values that are there at once, the first
/// of a tuple wins. The other handles are dropped then: what has not begun does not begin, and
/// code that runs on a pool runs on, and is [told](crate::offload::is_cancelled).
///
/// # Panics
///
/// Panics if there are no handles.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, race};
///
/// let first = race((Dual::future(std::future::pending()), Dual::blocking(|| 5)));
/// assert_eq!(first.get(), 5);
/// ```
#[track_caller]
pub fn race<R: Race>(handles: R) -> DualOf<impl Work<Output = R::Output>> {
    handles.race()
}

/// Handles that [`join`] takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what `join` takes: a tuple of two to eight handles, or a `Vec` or an array of them",
    note = "a future is made a handle by `Dual::future`; an iterator of handles is collected into a `Vec`"
)]
pub trait Join: sealed::Sealed {
    /// Their values.
    type Output;

    #[doc(hidden)]
    fn join(self) -> DualOf<impl Work<Output = Self::Output>>;
}

/// Handles that [`try_join`] takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what `try_join` takes: a tuple of two to eight handles of results with one \
               error type, or a `Vec` or an array of them",
    note = "a future is made a handle by `Dual::future`; an iterator of handles is collected into a `Vec`"
)]
pub trait TryJoin: sealed::Sealed {
    /// Their `Ok` values.
    type Output;
    /// Their error.
    type Error;

    #[doc(hidden)]
    fn try_join(self) -> DualOf<impl Work<Output = Result<Self::Output, Self::Error>>>;
}

/// Handles that [`race`] takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what `race` takes: a tuple of two to eight handles of one output, or a `Vec` or \
               an array of them",
    note = "a future is made a handle by `Dual::future`; an iterator of handles is collected into a `Vec`"
)]
pub trait Race: sealed::Sealed {
    /// The value of each.
    type Output;

    #[doc(hidden)]
    fn race(self) -> DualOf<impl Work<Output = Self::Output>>;
}

mod sealed {
    pub trait Sealed {}
}

impl<T, W> sealed::Sealed for Vec<Dual<T, W>> {}

impl<T, W: Work<Output = T>> Join for Vec<Dual<T, W>> {
    type Output = Vec<T>;

    fn join(self) -> DualOf<impl Work<Output = Vec<T>>> {
        Dual::future(future::join_all(
            self.into_iter().map(IntoFuture::into_future),
        ))
    }
}

impl<T, E, W: Work<Output = Result<T, E>>> TryJoin for Vec<Dual<Result<T, E>, W>> {
    type Output = Vec<T>;
    type Error = E;

    fn try_join(self) -> DualOf<impl Work<Output = Result<Vec<T>, E>>> {
        Dual::future(future::try_join_all(
            self.into_iter().map(IntoFuture::into_future),
        ))
    }
}

impl<T, W: Work<Output = T>> Race for Vec<Dual<T, W>> {
    type Output = T;

    #[track_caller]
    fn race(self) -> DualOf<impl Work<Output = T>> {
        assert!(
            !self.is_empty(),
            "cannot race no handles: none of them could give a value. Give `race` at least one."
        );
        let mut handles: FuturesUnordered<_> =
            self.into_iter().map(IntoFuture::into_future).collect();
        Dual::future(async move {
            match handles.next().await {
                Some(value) => value,
                None => unreachable!("there is at least one handle"),
            }
        })
    }
}

impl<T, W, const N: usize> sealed::Sealed for [Dual<T, W>; N] {}

impl<T, W: Work<Output = T>, const N: usize> Join for [Dual<T, W>; N] {
    type Output = Vec<T>;

    fn join(self) -> DualOf<impl Work<Output = Vec<T>>> {
        Vec::from(self).join()
    }
}

impl<T, E, W: Work<Output = Result<T, E>>, const N: usize> TryJoin for [Dual<Result<T, E>, W>; N] {
    type Output = Vec<T>;
    type Error = E;

    fn try_join(self) -> DualOf<impl Work<Output = Result<Vec<T>, E>>> {
        Vec::from(self).try_join()
    }
}

impl<T, W: Work<Output = T>, const N: usize> Race for [Dual<T, W>; N] {
    type Output = T;

    #[track_caller]
    fn race(self) -> DualOf<impl Work<Output = T>> {
        Vec::from(self).race()
    }
}

/// Implements the traits for a tuple.
///
/// `$join` and `$try_join` make a future of futures with the given names, and the pattern
/// takes its output apart.
macro_rules! tuple {
    ($($handle:ident: $T:ident $W:ident),*; $join:expr, $try_join:expr => $values:pat) => {
        impl<$($T, $W),*> sealed::Sealed for ($(Dual<$T, $W>,)*) {}

        impl<$($T, $W: Work<Output = $T>),*> Join for ($(Dual<$T, $W>,)*) {
            type Output = ($($T,)*);

            fn join(self) -> DualOf<impl Work<Output = Self::Output>> {
                let ($($handle,)*) = self;
                $(let $handle = $handle.into_future();)*
                Dual::future(async move {
                    let $values = $join.await;
                    ($($handle,)*)
                })
            }
        }

        impl<Error, $($T, $W: Work<Output = Result<$T, Error>>),*> TryJoin
            for ($(Dual<Result<$T, Error>, $W>,)*)
        {
            type Output = ($($T,)*);
            type Error = Error;

            fn try_join(self) -> DualOf<impl Work<Output = Result<Self::Output, Error>>> {
                let ($($handle,)*) = self;
                $(let $handle = $handle.into_future();)*
                Dual::future(async move {
                    let $values = $try_join.await?;
                    Ok(($($handle,)*))
                })
            }
        }

        impl<Value, $($W: Work<Output = Value>),*> Race for ($(Dual<Value, $W>,)*) {
            type Output = Value;

            fn race(self) -> DualOf<impl Work<Output = Value>> {
                let ($($handle,)*) = self;
                $(let $handle = $handle.into_future();)*
                Dual::future(async move {
                    $(let mut $handle = pin!($handle);)*
                    poll_fn(|cx| {
                        $(if let Poll::Ready(value) = $handle.as_mut().poll(cx) {
                            return Poll::Ready(value);
                        })*
                        Poll::Pending
                    })
                    .await
                })
            }
        }
    };
}

use future::{join as join2, join3, join4, join5};
use future::{try_join as try_join2, try_join3, try_join4, try_join5};

tuple!(a: A V, b: B W; join2(a, b), try_join2(a, b) => (a, b));
tuple!(a: A V, b: B W, c: C X; join3(a, b, c), try_join3(a, b, c) => (a, b, c));
tuple!(
    a: A V, b: B W, c: C X, d: D Y;
    join4(a, b, c, d), try_join4(a, b, c, d) => (a, b, c, d)
);
tuple!(
    a: A V, b: B W, c: C X, d: D Y, e: E Z;
    join5(a, b, c, d, e), try_join5(a, b, c, d, e) => (a, b, c, d, e)
);
tuple!(
    a: A1 W1, b: A2 W2, c: A3 W3, d: A4 W4, e: A5 W5, f: A6 W6;
    join2(join3(a, b, c), join3(d, e, f)),
    try_join2(try_join3(a, b, c), try_join3(d, e, f))
    => ((a, b, c), (d, e, f))
);
tuple!(
    a: A1 W1, b: A2 W2, c: A3 W3, d: A4 W4, e: A5 W5, f: A6 W6, g: A7 W7;
    join2(join4(a, b, c, d), join3(e, f, g)),
    try_join2(try_join4(a, b, c, d), try_join3(e, f, g))
    => ((a, b, c, d), (e, f, g))
);
tuple!(
    a: A1 W1, b: A2 W2, c: A3 W3, d: A4 W4, e: A5 W5, f: A6 W6, g: A7 W7, h: A8 W8;
    join2(join4(a, b, c, d), join4(e, f, g, h)),
    try_join2(try_join4(a, b, c, d), try_join4(e, f, g, h))
    => ((a, b, c, d), (e, f, g, h))
);
