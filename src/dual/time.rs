//! Handles and time: waits with a limit, and values that are ready now.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use smartcall_context::internal as context;

use crate::drive::driver::{self, NothingWakes};
use crate::drive::permitted;
use crate::dual::handle::{Dual, DualOf};
use crate::dual::timer::Timer;
use crate::waits::edges::Line;
use crate::work::traits::{POLLED_AGAIN, Work, blocks, value_of};

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Resolves to the value, or to an error once a duration has elapsed.
    ///
    /// The time begins when the handle is first polled, or `get` is called. When it has elapsed, the work is dropped:
    /// work that has not begun never begins, and code that is running on a pool keeps running and can check
    /// [`is_cancelled`](crate::offload::is_cancelled). Sync code can't be interrupted, so it goes to a pool under
    /// `get` as well. The exceptions are in-place code and code that borrows: they stay on their thread, and the
    /// limit does not hold for them.
    ///
    /// A thread of the crate `futures-timer` keeps the time. With the feature `tokio`, a clock that a test has paused does, where its
    /// runtime polls the handle (`tokio::time::pause`). A duration that the clock can't represent never elapses.
    ///
    /// # Panics
    ///
    /// Resolving it panics if the work has to wait, and that thread can't be started, or is that of the process that this
    /// one was forked from.
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
    pub fn timeout(self, duration: Duration) -> DualOf<Timeout<Dual<T, W>>> {
        Dual::new(Timeout {
            work: Some(self),
            sleep: Sleep::new(duration),
        })
    }

    /// Blocks the current thread until the value is ready, for at most a duration.
    ///
    /// When the time has elapsed, the handle is returned, and continues from where it is: call `get` again, await it,
    /// or drop it. The limit holds whatever the body does: sync code goes to a pool. The exceptions are in-place code
    /// and code that borrows: they stay on their thread.
    ///
    /// # Errors
    ///
    /// Returns the handle if the value is not ready in time.
    ///
    /// # Panics
    ///
    /// Panics if [`get`](Dual::get) would panic, or if the work has to wait and the thread that keeps the time can't be
    /// started, or is that of the process that this one was forked from.
    ///
    /// # Blocking
    ///
    /// It blocks like [`get`](Dual::get), but with a limit. It makes one allocation per handle, since a handle that
    /// may be returned must not move any more.
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
        // A time that the clock can't represent is never reached.
        self.get_until(Instant::now().checked_add(duration))
    }

    /// Blocks the current thread until the value is ready, or until a deadline.
    ///
    /// It is [`get_timeout`](Dual::get_timeout) with a point in time. If that is in the past, it polls once.
    ///
    /// # Errors
    ///
    /// Returns the handle if the value is not ready in time.
    ///
    /// # Panics
    ///
    /// Panics if [`get_timeout`](Dual::get_timeout) would panic.
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
        self.get_until(Some(deadline))
    }

    #[track_caller]
    fn get_until(self, deadline: Option<Instant>) -> Result<T, Self> {
        let Some(deadline) = deadline else {
            return Ok(self.get());
        };
        // This needs no box.
        if self.is_immediate() || Work::is_ready(&self) {
            return Ok(self.get());
        }
        // Not in the closure, whose panic would show its own line.
        let permission = match context::request_blocking() {
            Ok(permission) => permission,
            Err(refusal) => refusal.panic(),
        };
        let line = Location::caller();
        self.try_with(|work| {
            let timer = None;
            let mut until = pin!(Until {
                work,
                deadline,
                timer
            });
            // The timer holds the waker.
            let wait = || driver::block_on(until.as_mut(), line);
            value_of(permitted::block(permission, wait))
        })
    }

    /// Polls once. Returns the value if it is ready, and the handle otherwise.
    ///
    /// It never blocks by itself, and may be called anywhere. Sync code begins on a pool. In-place code and code that
    /// borrows run on this thread. With the feature `tokio`, it enters a runtime as [`get`](Dual::get) does.
    ///
    /// # Errors
    ///
    /// Returns the handle if the value is not ready. It continues from where it is, in whatever way it is resolved.
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
        // This needs no box.
        if self.is_immediate() || Work::is_ready(&self) {
            return Ok(pin!(self).block());
        }
        // As for a `get`, whose first poll this is.
        let _runtime = context::enter_runtime();
        self.try_with(|work| {
            match context::naming_tokio(|| work.poll(&mut Context::from_waker(Waker::noop()))) {
                Poll::Ready(value) => Some(value),
                Poll::Pending => None,
            }
        })
    }

    /// Returns whether the value is known to be ready, so that resolving does not wait.
    ///
    /// It never runs anything. It returns `true` for a ready value, for a boxed handle that a deref has resolved, and
    /// for blocking code or started work that has begun and is now done. For an async body it returns `false`:
    /// whether the value is ready is not known before the body is polled. [`now_or_later`](Dual::now_or_later)
    /// returns such a value in any context. Whether `get` panics in an executor never depends on whether work that
    /// has begun is done.
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
        Work::is_ready(self)
    }
}

/// A wait for work that ends at a deadline: the value, or `None`.
struct Until<'a, W> {
    work: Pin<&'a mut W>,
    deadline: Instant,
    /// Made when it is first needed.
    timer: Option<Timer>,
}

impl<W: Work> Future for Until<'_, W> {
    type Output = Option<W::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Poll::Ready(value) = this.work.as_mut().poll(cx) {
            return Poll::Ready(Some(value));
        }
        let timer = this.timer.get_or_insert_with(|| {
            let left = this.deadline.saturating_duration_since(Instant::now());
            Timer::start(left, this.deadline)
        });
        timer.poll(cx).map(|()| None)
    }
}

/// Waits for a duration.
///
/// The time begins when the handle is first polled, or `get` is called. A thread of the crate `futures-timer` keeps
/// it. With the feature `tokio`, a clock that a test has paused does, where its runtime polls the handle
/// (`tokio::time::pause`). A duration that the clock can't represent never elapses.
///
/// # Panics
///
/// Resolving it panics if that thread can't be started, or is that of the process that this one was forked from.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use smartcall::sleep;
///
/// sleep(Duration::from_millis(5)).get();
/// # pollster::block_on(async {
/// sleep(Duration::from_millis(5)).await;
/// # });
/// ```
pub fn sleep(duration: Duration) -> DualOf<Sleep> {
    Dual::new(Sleep::new(duration))
}

pin_project! {
    /// Work that is done after a duration.
    ///
    /// Made by [`sleep`].
    #[derive(Debug)]
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Sleep {
        duration: Duration,
        // Made at the first poll, when the time begins.
        timer: Option<Timer>,
        // Kept if there is no timer, so that a wait for it is known to be meant.
        never: Option<Waker>,
        is_over: bool,
        // See `Async`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl Sleep {
    fn new(duration: Duration) -> Self {
        Sleep {
            duration,
            timer: None,
            never: None,
            is_over: false,
            pinned: PhantomPinned,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        assert!(!*this.is_over, "{POLLED_AGAIN}");
        if this.timer.is_none() {
            // The clock can't represent such a time.
            let Some(end) = Instant::now().checked_add(*this.duration) else {
                *this.never = Some(cx.waker().clone());
                return Poll::Pending;
            };
            *this.timer = Some(Timer::start(*this.duration, end));
        }
        let poll = match this.timer {
            Some(timer) => timer.poll(cx),
            None => Poll::Pending,
        };
        *this.is_over = poll.is_ready();
        poll
    }
}

impl FusedFuture for Sleep {
    fn is_terminated(&self) -> bool {
        self.is_over
    }
}

impl Work for Sleep {
    blocks!();

    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<(), NothingWakes> {
        driver::block_on(self, line)
    }
}

pin_project! {
    /// Work with a time limit.
    ///
    /// Made by [`Dual::timeout`]. Dropping it drops the work. So does the end of the time.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Timeout<W> {
        // `None` once the work is done or the time has elapsed.
        #[pin]
        work: Option<W>,
        #[pin]
        sleep: Sleep,
    }
}

impl<W: Work> Future for Timeout<W> {
    type Output = Result<W::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let work = this.work.as_mut().as_pin_mut().expect(POLLED_AGAIN);
        let poll = match work.poll(cx) {
            Poll::Ready(value) => Poll::Ready(Ok(value)),
            Poll::Pending => this.sleep.poll(cx).map(|()| Err(Elapsed(()))),
        };
        if poll.is_ready() {
            this.work.set(None);
        }
        poll
    }
}

impl<W: Work> FusedFuture for Timeout<W> {
    fn is_terminated(&self) -> bool {
        self.work.is_none()
    }
}

impl<W: Work> Work for Timeout<W> {
    blocks!();

    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<Self::Output, NothingWakes> {
        driver::block_on(self, line)
    }
}

impl<W> fmt::Debug for Timeout<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("duration", &self.sleep.duration)
            .finish_non_exhaustive()
    }
}

/// The error of [`Dual::timeout`]: the value was not ready in time.
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
