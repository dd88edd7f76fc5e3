//! Several handles at once: `join`, `try_join`, `race`, and `join` with a limit.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::{self, FutureExt};
use futures_util::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};
use pin_project_lite::pin_project;

use crate::dual::handle::{Dual, DualOf};
use crate::work::traits::Work;

/// Resolves several handles at once, to all of their values.
///
/// It takes a tuple of two to eight handles, or a `Vec` or an array of handles of one type. Sync parts run at the
/// same time, on pools. Under `get`, a sync part runs on this thread if it is the only part left when it is first
/// polled.
///
/// # Cancel safety
///
/// Dropping the handle drops all parts.
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
/// The handles are taken from the iterator one by one, whenever there is room for another, so there may be very many.
/// The values are in the order of the handles. The limit applies to whatever is in the handles, async code included.
/// A [`Limited`](crate::offload::Limited) limits blocking code only.
///
/// # Panics
///
/// Panics if `n` is zero.
///
/// # Cancel safety
///
/// Dropping the handle drops the handles that have begun and those that were not taken.
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
/// It is [`join_at_most`], but it ends at an error, as [`try_join`] does: the handles that have begun are dropped,
/// and no other handle is taken.
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

/// Panics if the limit is zero, at which nothing would ever begin.
#[track_caller]
fn at_least_one(n: usize) {
    assert!(
        n > 0,
        "cannot resolve at most 0 handles at once: none of them would ever begin. Use a limit of at least 1."
    );
}

/// Resolves several handles at once, to all of their `Ok` values or the first error.
///
/// It takes what [`join`] takes. At the first error the other handles are dropped: work that has not begun never
/// begins, and code that is running on a pool keeps running and can check
/// [`is_cancelled`](crate::offload::is_cancelled).
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

/// Resolves several handles at once, to the value that is ready first.
///
/// It takes what [`join`] takes, with one output type. If several values are ready in the same poll, the first in a
/// tuple wins. The other handles are then dropped: work that has not begun never begins, and code that is running on
/// a pool keeps running and can check [`is_cancelled`](crate::offload::is_cancelled).
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

/// The handles that [`join`] takes.
#[diagnostic::on_unimplemented(
    message = "`join` does not take `{Self}`: it takes a tuple of two to eight handles, or a `Vec` or an array of handles",
    note = "make a future a handle with `Dual::future`; collect an iterator of handles into a `Vec`"
)]
pub trait Join: sealed::Sealed {
    /// The values of the handles.
    type Output;

    #[doc(hidden)]
    fn join(self) -> DualOf<impl Work<Output = Self::Output>>;
}

/// The handles that [`try_join`] takes.
#[diagnostic::on_unimplemented(
    message = "`try_join` does not take `{Self}`: it takes a tuple of two to eight handles of results with one \
               error type, or a `Vec` or an array of such handles",
    note = "make a future a handle with `Dual::future`; collect an iterator of handles into a `Vec`"
)]
pub trait TryJoin: sealed::Sealed {
    /// The `Ok` values of the handles.
    type Output;
    /// The error type of the handles.
    type Error;

    #[doc(hidden)]
    fn try_join(self) -> DualOf<impl Work<Output = Result<Self::Output, Self::Error>>>;
}

/// The handles that [`race`] takes.
#[diagnostic::on_unimplemented(
    message = "`race` does not take `{Self}`: it takes a tuple of two to eight handles with one output type, or a \
               `Vec` or an array of such handles",
    note = "make a future a handle with `Dual::future`; collect an iterator of handles into a `Vec`"
)]
pub trait Race: sealed::Sealed {
    /// The value of each handle.
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
            "cannot race no handles: there would be no value. Pass `race` at least one handle."
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
    /// The value of the first of two futures that is ready.
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
/// `$join` and `$try_join` make one future of the futures with these names, and the pattern takes its output apart.
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
