//! Handles and time: how long to wait, and whether one would have to.

use std::error::Error;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures_timer::Delay;
use pin_project_lite::pin_project;

use crate::drive;
use crate::dual::{self, Dual, Resolving, Rest};
use crate::work::Work;

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Gives up after a while: resolves to the value, or to an error if it takes longer.
    ///
    /// The time begins when the handle is first polled or got. The work is dropped at its end:
    /// what has not begun does not begin, and code that runs on a pool runs on, and is
    /// [told](crate::offload::is_cancelled). Since sync
    /// code can't be interrupted, it goes to a pool under `get` as well, but for in-place code,
    /// which stays on its thread and can't be bounded.
    ///
    /// A thread of the crate `futures-timer` keeps the time. A duration beyond what the clock can tell
    /// never ends.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future;
    /// use std::time::Duration;
    /// use smartcall::Dual;
    ///
    /// let dual = Dual::future(future::pending::<()>()).timeout(Duration::from_millis(5));
    /// assert!(dual.get().is_err());
    /// ```
    #[track_caller]
    pub fn timeout(self, duration: Duration) -> Dual<Result<T, Elapsed>, Timeout<Resolving<T, W>>> {
        Dual::new(Timeout {
            work: self.into_future(),
            duration,
            timer: None,
        })
    }

    /// Blocks the current thread until the value is there, for so long at most.
    ///
    /// At the bound the handle comes back, and goes on from where it is: get it again, or await it,
    /// or drop it. The bound is kept whatever the body does: sync code goes to a pool, but for
    /// in-place code, which stays on its thread.
    ///
    /// # Errors
    ///
    /// Gives the handle back if the value is not there in time.
    ///
    /// # Panics
    ///
    /// Panics where [`get`](Dual::get) does.
    ///
    /// # Blocking
    ///
    /// The same as [`get`](Dual::get), but for the bound. It costs one allocation, once for a handle,
    /// since what may come back must not move any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    /// use smartcall::Dual;
    ///
    /// let mut dual = Dual::blocking(|| { thread::sleep(Duration::from_millis(20)); 5 });
    /// let value = loop {
    ///     match dual.get_timeout(Duration::from_millis(5)) {
    ///         Ok(value) => break value,
    ///         Err(later) => dual = later,
    ///     }
    /// };
    /// assert_eq!(value, 5);
    /// ```
    #[track_caller]
    pub fn get_timeout(self, duration: Duration) -> Result<T, Self> {
        match Instant::now().checked_add(duration) {
            Some(deadline) => self.get_deadline(deadline),
            // The clock can't tell of such a time, and nobody is there to see it.
            None => Ok(self.get()),
        }
    }

    /// Blocks the current thread until the value is there, or until then.
    ///
    /// It is [`get_timeout`](Dual::get_timeout) by the clock. In the past it polls once.
    ///
    /// # Errors
    ///
    /// Gives the handle back if the value is not there in time.
    ///
    /// # Panics
    ///
    /// Panics where [`get`](Dual::get) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use smartcall::Dual;
    ///
    /// let deadline = Instant::now() + Duration::from_secs(5);
    /// assert_eq!(Dual::future(async { 5 }).get_deadline(deadline).unwrap(), 5);
    /// ```
    #[track_caller]
    pub fn get_deadline(self, deadline: Instant) -> Result<T, Self> {
        let work = match self.into_parts() {
            Ok(work) if work.is_immediate() => return Ok(work.block()),
            Ok(work) => Box::pin(work),
            Err(Rest::Value(value)) => return Ok(*value),
            Err(Rest::Begun(work)) => work,
        };
        match dual::ask_to_block(Until {
            work: Some(work),
            deadline,
            timer: None,
        }) {
            Ok(done) => done.map_err(Dual::begun),
            Err((refusal, _)) => refusal.panic(),
        }
    }

    /// Polls once: the value, if it is there, or else the handle.
    ///
    /// It never blocks, and may be called anywhere. Sync code begins on a pool; in-place code is run.
    ///
    /// # Errors
    ///
    /// Gives the handle back if the value is not there. It goes on from where it is, by any
    /// way to resolve it.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// assert_eq!(Dual::future(async { 5 }).now_or_later().unwrap(), 5);
    ///
    /// let later = Dual::blocking(|| 5).now_or_later();
    /// assert_eq!(later.unwrap_or_else(|later| later.get()), 5);
    /// ```
    pub fn now_or_later(self) -> Result<T, Self> {
        let mut work = match self.into_parts() {
            Ok(work) => Box::pin(work),
            Err(Rest::Value(value)) => return Ok(*value),
            Err(Rest::Begun(work)) => work,
        };
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Ok(value),
            Poll::Pending => Err(Dual::begun(work)),
        }
    }

    /// Returns whether the value is known to be there, so that nobody has to wait for it.
    ///
    /// It never runs anything. It is true of a ready value, of a handle that was resolved by a deref,
    /// and of one that has begun and is done since; of an async body it is not known before
    /// the body is polled. [`now_or_later`](Dual::now_or_later) takes such a value anywhere; whether `get` is
    /// refused in an executor never depends on what has begun and is done.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// assert!(Dual::ready(5).is_ready());
    /// assert!(!Dual::future(async { 5 }).is_ready());
    /// ```
    pub fn is_ready(&self) -> bool {
        self.has_value(W::is_ready)
    }
}

/// Work that waits no longer than until a deadline, and is given back then.
struct Until<W> {
    /// `None` once the value or the work was handed over.
    work: Option<Pin<Box<W>>>,
    deadline: Instant,
    /// Made when it turns out that it is needed.
    timer: Option<Delay>,
}

impl<W: Work> Future for Until<W> {
    type Output = Result<W::Output, Pin<Box<W>>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mut work = this.work.take().expect(crate::work::POLLED_AGAIN);
        if let Poll::Ready(value) = work.as_mut().poll(cx) {
            return Poll::Ready(Ok(value));
        }
        let deadline = this.deadline;
        let timer = this
            .timer
            .get_or_insert_with(|| Delay::new(deadline.saturating_duration_since(Instant::now())));
        // The timer holds the waker, so that sync code is not alone, and goes to the pool.
        if Pin::new(timer).poll(cx).is_ready() {
            return Poll::Ready(Err(work));
        }
        this.work = Some(work);
        Poll::Pending
    }
}

impl<W: Work> Work for Until<W> {
    fn block(self) -> Self::Output {
        drive::block_on(self)
    }
}

pin_project! {
    /// Work that is given up after a while.
    ///
    /// Made by [`Dual::timeout`]. Dropping it drops the work.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Timeout<W> {
        #[pin]
        work: W,
        duration: Duration,
        // Made at the first poll, which is when the time begins.
        timer: Option<Delay>,
    }
}

impl<W: Work> Future for Timeout<W> {
    type Output = Result<W::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(value) = this.work.poll(cx) {
            return Poll::Ready(Ok(value));
        }
        if this.timer.is_none() {
            // The clock can't tell of a later time.
            if Instant::now().checked_add(*this.duration).is_none() {
                return Poll::Pending;
            }
            *this.timer = Some(Delay::new(*this.duration));
        }
        match this.timer {
            Some(timer) => Pin::new(timer).poll(cx).map(|()| Err(Elapsed(()))),
            None => Poll::Pending,
        }
    }
}

impl<W: Work> Work for Timeout<W> {
    fn block(self) -> Self::Output {
        drive::block_on(self)
    }
}

impl<W> fmt::Debug for Timeout<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}

/// The error of [`Dual::timeout`]: the value was not there in time.
///
/// # Examples
///
/// ```
/// use std::future;
/// use std::time::Duration;
/// use smartcall::{Dual, Elapsed};
///
/// let dual = Dual::future(future::pending::<()>()).timeout(Duration::from_millis(5));
/// let elapsed: Elapsed = dual.get().unwrap_err();
/// assert_eq!(elapsed.to_string(), "the time for this value has elapsed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time for this value has elapsed")
    }
}

impl Error for Elapsed {}
