//! One step after another: `map`, `then`, and their variants for results.

use std::future::Future;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::call::siblings::SmartCallOnce;
use crate::drive::driver::NothingWakes;
use crate::dual::handle::{Dual, DualOf};
use crate::waits::edges::Line;
use crate::work::traits::{POLLED_AGAIN, Work, blocks};

pin_project! {
    /// Work whose value is changed by a closure as soon as it is ready.
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

    /// Changes the value, and marks the work as done.
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
    blocks!();

    #[inline]
    fn block_at(mut self: Pin<&mut Self>, line: Line) -> Result<U, NothingWakes> {
        let MapProjection::Waiting { work, .. } = self.as_mut().project() else {
            panic!("{POLLED_AGAIN}");
        };
        let value = work.block_at(line)?;
        Ok(self.finish(value))
    }

    fn is_immediate(&self) -> bool {
        matches!(self, Map::Waiting { work, .. } if work.is_immediate())
    }
}

/// A next step: it takes a value and makes the work that follows.
trait Step<T> {
    /// The work that follows.
    type Work: Work;

    /// Takes the value.
    fn take(self, value: T) -> Self::Work;
}

/// The step of [`Dual::then`]: a callable of some [kind](crate::kind).
struct ThenFn<F, U, K> {
    call: F,
    gives: PhantomData<fn() -> (U, K)>,
}

impl<F, U, K> ThenFn<F, U, K> {
    fn new(call: F) -> Self {
        ThenFn {
            call,
            gives: PhantomData,
        }
    }
}

impl<T, F: SmartCallOnce<U, K, (T,)>, U, K> Step<T> for ThenFn<F, U, K> {
    type Work = Dual<U, F::Work>;

    #[inline]
    fn take(self, value: T) -> Self::Work {
        self.call.invoke_once_with((value,))
    }
}

/// The step of [`Dual::and_then`]: it passes an error on without a call.
struct AndThenFn<S>(S);

impl<S, T, U, E> Step<Result<T, E>> for AndThenFn<S>
where
    S: Step<T, Work: Work<Output = Result<U, E>>>,
{
    type Work = StepOrError<S::Work, Result<U, E>>;

    fn take(self, value: Result<T, E>) -> Self::Work {
        match value {
            Ok(value) => StepOrError::Work {
                work: self.0.take(value),
            },
            Err(error) => StepOrError::Value {
                value: Some(Err(error)),
            },
        }
    }
}

pin_project! {
    /// The work of a step, or the error that skips the step.
    #[project = StepOrErrorProjection]
    enum StepOrError<W, T> {
        Work { #[pin] work: W },
        Value { value: Option<T> },
    }
}

impl<W: Work<Output = T>, T> Future for StepOrError<W, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match self.project() {
            StepOrErrorProjection::Work { work } => work.poll(cx),
            StepOrErrorProjection::Value { value } => {
                Poll::Ready(value.take().expect(POLLED_AGAIN))
            }
        }
    }
}

impl<W: Work<Output = T>, T> Work for StepOrError<W, T> {
    blocks!();

    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<T, NothingWakes> {
        match self.project() {
            StepOrErrorProjection::Work { work } => work.block_at(line),
            StepOrErrorProjection::Value { value } => Ok(value.take().expect(POLLED_AGAIN)),
        }
    }
}

pin_project! {
    /// Two steps, one after the other.
    #[project = ThenProjection]
    #[project_replace = ThenReplaced]
    enum Then<W: Future, S: Step<W::Output>> {
        /// The first step, and what makes the second.
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

    /// Begins the second step.
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
    blocks!();

    #[inline]
    fn block_at(mut self: Pin<&mut Self>, line: Line) -> Result<Self::Output, NothingWakes> {
        if let ThenProjection::First { work, .. } = self.as_mut().project() {
            let value = work.block_at(line)?;
            self.as_mut().go_on(value);
        }
        let ThenProjection::Second { work } = self.as_mut().project() else {
            panic!("{POLLED_AGAIN}");
        };
        let value = work.block_at(line)?;
        self.set(Then::Done);
        Ok(value)
    }
}

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Changes the value with a closure.
    ///
    /// The closure is called on the thread where the value becomes ready, which may be a thread of an executor. Keep
    /// it short. For code that may block, use [`then`](Dual::then).
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

    /// Continues with another step: sync code, async code, or a handle.
    ///
    /// Each step runs as it would by itself. A sync step runs on this thread under `get`, and on a pool if it is
    /// awaited, so it must be `Send + 'static`. A step that is an async closure or makes a handle need not be.
    ///
    /// `then(|inner| inner)` flattens a handle of a handle.
    ///
    /// # Cancel safety
    ///
    /// Dropping the handle drops the current step, and the next step never begins.
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
        Dual::new(Then::new(self, ThenFn::new(next)))
    }
}

impl<T, E, W: Work<Output = Result<T, E>>> Dual<Result<T, E>, W> {
    /// Changes the value of an `Ok` with a closure.
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

    /// Changes the error of an `Err` with a closure.
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

    /// Continues with another step if the value is an `Ok`.
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
        Dual::new(Then::new(self, AndThenFn(ThenFn::new(next))))
    }
}
