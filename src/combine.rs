//! Handles made of handles: one step after another, or several at once.

use std::future::Future;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::future::{self, FusedFuture, FutureExt};
use futures::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};
use pin_project_lite::pin_project;

use crate::call::SmartCallOnce;
use crate::dual::{Dual, DualOf};
use crate::work::{POLLED_AGAIN, Work};

pin_project! {
    /// Work whose value is changed where it arrives.
    #[project = MapProjection]
    #[project_replace = MapReplaced]
    enum Map<W, F> {
        Waiting {
            #[pin]
            work: W,
            change: F,
            // See `Async`.
            #[pin]
            pinned: PhantomPinned,
        },
        Done,
    }
}

impl<W: Work, F: FnOnce(W::Output) -> U, U> Map<W, F> {
    #[inline]
    fn new(work: W, change: F) -> Self {
        Map::Waiting {
            work,
            change,
            pinned: PhantomPinned,
        }
    }

    /// Changes the value, and notes that it is done.
    #[inline]
    fn finish(self: Pin<&mut Self>, value: W::Output) -> U {
        match self.project_replace(Map::Done) {
            MapReplaced::Waiting { change, .. } => change(value),
            MapReplaced::Done => panic!("{POLLED_AGAIN}"),
        }
    }
}

impl<W: Work, F: FnOnce(W::Output) -> U, U> Future for Map<W, F> {
    type Output = U;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<U> {
        let MapProjection::Waiting { work, .. } = self.as_mut().project() else {
            panic!("{POLLED_AGAIN}");
        };
        let value = ready!(work.poll(cx));
        Poll::Ready(self.finish(value))
    }
}

impl<W: Work, F: FnOnce(W::Output) -> U, U> FusedFuture for Map<W, F> {
    fn is_terminated(&self) -> bool {
        matches!(self, Map::Done)
    }
}

impl<W: Work, F: FnOnce(W::Output) -> U, U> Work for Map<W, F> {
    #[inline]
    fn block(mut self: Pin<&mut Self>) -> U {
        let MapProjection::Waiting { work, .. } = self.as_mut().project() else {
            panic!("{POLLED_AGAIN}");
        };
        let value = work.block();
        self.finish(value)
    }

    fn is_immediate(&self) -> bool {
        matches!(self, Map::Waiting { work, .. } if work.is_immediate())
    }
}

/// What comes after a value: it makes the work of the next value.
trait Step<T> {
    /// The work of what comes next.
    type Work: Work;

    /// Takes the value.
    fn take(self, value: T) -> Self::Work;
}

/// The step of [`Dual::then`], a callable of some [kind](crate::kind).
struct Next<F, U, K> {
    call: F,
    gives: PhantomData<fn() -> (U, K)>,
}

impl<F, U, K> Next<F, U, K> {
    fn new(call: F) -> Self {
        Next {
            call,
            gives: PhantomData,
        }
    }
}

impl<T, F: SmartCallOnce<U, K, (T,)>, U, K> Step<T> for Next<F, U, K> {
    type Work = Dual<U, F::Work>;

    #[inline]
    fn take(self, value: T) -> Self::Work {
        self.call.invoke_once_with((value,))
    }
}

/// The step of [`Dual::and_then`]: an error is passed by.
struct IfOk<S>(S);

impl<S, T, U, E> Step<Result<T, E>> for IfOk<S>
where
    S: Step<T, Work: Work<Output = Result<U, E>>>,
{
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
    #[project = ErrOrProjection]
    enum ErrOr<W, T> {
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
    fn block(self: Pin<&mut Self>) -> T {
        match self.project() {
            ErrOrProjection::Work { work } => work.block(),
            ErrOrProjection::Value { value } => value.take().expect(POLLED_AGAIN),
        }
    }
}

pin_project! {
    /// One step after another.
    #[project = ThenProjection]
    #[project_replace = ThenReplaced]
    enum Then<W: Future, S: Step<W::Output>> {
        /// The first step, and the second one to come.
        First {
            #[pin]
            work: W,
            next: S,
            // See `Async`.
            #[pin]
            pinned: PhantomPinned,
        },
        /// The second step.
        Second { #[pin] work: S::Work },
        Done,
    }
}

impl<W: Work, S: Step<W::Output>> Then<W, S> {
    #[inline]
    fn new(work: W, next: S) -> Self {
        Then::First {
            work,
            next,
            pinned: PhantomPinned,
        }
    }

    /// Goes on to the second step.
    #[inline]
    fn go_on(mut self: Pin<&mut Self>, value: W::Output) {
        if let ThenReplaced::First { next, .. } = self.as_mut().project_replace(Then::Done) {
            let work = next.take(value);
            self.set(Then::Second { work });
        }
    }
}

impl<W: Work, S: Step<W::Output>> Future for Then<W, S> {
    type Output = <S::Work as Future>::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let ThenProjection::First { work, .. } = self.as_mut().project() {
            let value = ready!(work.poll(cx));
            self.as_mut().go_on(value);
        }
        let ThenProjection::Second { work } = self.as_mut().project() else {
            panic!("{POLLED_AGAIN}");
        };
        let value = ready!(work.poll(cx));
        self.set(Then::Done);
        Poll::Ready(value)
    }
}

impl<W: Work, S: Step<W::Output>> FusedFuture for Then<W, S> {
    fn is_terminated(&self) -> bool {
        matches!(self, Then::Done)
    }
}

impl<W: Work, S: Step<W::Output>> Work for Then<W, S> {
    #[inline]
    fn block(mut self: Pin<&mut Self>) -> Self::Output {
        if let ThenProjection::First { work, .. } = self.as_mut().project() {
            let value = work.block();
            self.as_mut().go_on(value);
        }
        let ThenProjection::Second { work } = self.as_mut().project() else {
            panic!("{POLLED_AGAIN}");
        };
        let value = work.block();
        self.set(Then::Done);
        value
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
    pub fn map<U>(
        self,
        change: impl FnOnce(T) -> U,
    ) -> DualOf<impl Work<Output = U> + FusedFuture> {
        Dual::new(Map::new(self, change))
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
    pub fn then<U, K, R>(
        self,
        next: impl FnOnce(T) -> R + SmartCallOnce<U, K, (T,)>,
    ) -> DualOf<impl Work<Output = U> + FusedFuture> {
        Dual::new(Then::new(self, Next::new(next)))
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
    pub fn map_ok<U>(
        self,
        f: impl FnOnce(T) -> U,
    ) -> DualOf<impl Work<Output = Result<U, E>> + FusedFuture> {
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
    pub fn map_err<D>(
        self,
        f: impl FnOnce(E) -> D,
    ) -> DualOf<impl Work<Output = Result<T, D>> + FusedFuture> {
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
    pub fn and_then<U, K, R>(
        self,
        next: impl FnOnce(T) -> R + SmartCallOnce<Result<U, E>, K, (T,)>,
    ) -> DualOf<impl Work<Output = Result<U, E>> + FusedFuture> {
        Dual::new(Then::new(self, IfOk(Next::new(next))))
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

/// Resolves many handles to all of their values, in order, at most `n` of them at once.
///
/// The handles are taken from the iterator one by one, as there is room for them, so there may be
/// a great many. Their values are in the order of the handles. It bounds whatever is in them, async code too;
/// a [`Limited`](crate::offload::Limited) bounds blocking code alone.
///
/// # Panics
///
/// Panics if `n` is zero.
///
/// # Cancel safety
///
/// Dropping the handle drops those that have begun and those that were not taken.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, DualOf, Work, join_at_most};
///
/// fn load(page: u32) -> DualOf<impl Work<Output = String>> {
///     Dual::future(async move { format!("page {page}") })
/// }
///
/// let pages = join_at_most(4, (1..=100).map(load));
/// assert_eq!(pages.get()[99], "page 100");
/// ```
#[track_caller]
pub fn join_at_most<T, W: Work<Output = T>>(
    n: usize,
    handles: impl IntoIterator<Item = Dual<T, W>>,
) -> DualOf<impl Work<Output = Vec<T>>> {
    at_least_one(n);
    Dual::future(stream::iter(handles).buffered(n).collect::<Vec<T>>())
}

/// Resolves many handles to all of their `Ok` values or the first error, at most `n` of them at once.
///
/// It is [`join_at_most`], ended by an error as [`try_join`] is: the handles that have begun are dropped, and no other
/// one is taken.
///
/// # Panics
///
/// Panics if `n` is zero.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, try_join_at_most};
///
/// let numbers = ["1", "2", "three", "4"].map(|text| Dual::blocking(|| text.parse::<u32>()));
/// assert!(try_join_at_most(2, numbers).get().is_err());
/// ```
#[track_caller]
pub fn try_join_at_most<T, E, W: Work<Output = Result<T, E>>>(
    n: usize,
    handles: impl IntoIterator<Item = Dual<Result<T, E>, W>>,
) -> DualOf<impl Work<Output = Result<Vec<T>, E>>> {
    at_least_one(n);
    Dual::future(
        stream::iter(handles.into_iter().map(Ok))
            .try_buffered(n)
            .try_collect::<Vec<T>>(),
    )
}

/// Refuses a bound at which nothing would ever begin.
#[track_caller]
fn at_least_one(n: usize) {
    assert!(
        n > 0,
        "cannot resolve at most 0 handles at once: none of them would ever begin. Give a bound of at least 1."
    );
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
        Dual::future(future::join_all(self))
    }
}

impl<T, E, W: Work<Output = Result<T, E>>> TryJoin for Vec<Dual<Result<T, E>, W>> {
    type Output = Vec<T>;
    type Error = E;

    fn try_join(self) -> DualOf<impl Work<Output = Result<Vec<T>, E>>> {
        Dual::future(future::try_join_all(self))
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
        let mut handles: FuturesUnordered<_> = self.into_iter().collect();
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

pin_project! {
    /// The value of whichever of two futures has it first.
    struct First<A, B> {
        #[pin]
        a: A,
        #[pin]
        b: B,
    }
}

impl<A: Future, B: Future<Output = A::Output>> Future for First<A, B> {
    type Output = A::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<A::Output> {
        let this = self.project();
        match this.a.poll(cx) {
            Poll::Pending => this.b.poll(cx),
            ready => ready,
        }
    }
}

/// The first of several futures.
macro_rules! first {
    ($a:ident) => { $a };
    ($a:ident, $($rest:ident),*) => { First { a: $a, b: first!($($rest),*) } };
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
                Dual::future($join.map(|$values| ($($handle,)*)))
            }
        }

        impl<Error, $($T, $W: Work<Output = Result<$T, Error>>),*> TryJoin
            for ($(Dual<Result<$T, Error>, $W>,)*)
        {
            type Output = ($($T,)*);
            type Error = Error;

            fn try_join(self) -> DualOf<impl Work<Output = Result<Self::Output, Error>>> {
                let ($($handle,)*) = self;
                Dual::future($try_join.map_ok(|$values| ($($handle,)*)))
            }
        }

        impl<Value, $($W: Work<Output = Value>),*> Race for ($(Dual<Value, $W>,)*) {
            type Output = Value;

            fn race(self) -> DualOf<impl Work<Output = Value>> {
                let ($($handle,)*) = self;
                Dual::future(first!($($handle),*))
            }
        }
    };
}

use future::{TryFutureExt, join as join2, join3, join4, join5};
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
