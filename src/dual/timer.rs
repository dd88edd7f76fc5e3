//! The timer of `sleep` and of waits with a limit.
//!
//! To start and to stop a timer of `futures-timer` wakes its thread each time. But most limits are never reached. So each thread keeps
//! one timer that was dropped before it fired, and the next one that is over later begins with it: it fires too early, and is
//! set to the rest of the time then.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_timer::Delay;

#[cfg(feature = "tokio")]
use crate::dual::paused_clock::{self, Paused};
use crate::system::Threads;

/// The thread of `futures-timer`.
static THREAD: Threads = Threads::new();

/// Whether that thread could be started.
static STARTED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// A timer that runs, and wakes nobody.
    static KEPT: Cell<Option<Armed>> = const { Cell::new(None) };
}

/// A timer that runs.
#[derive(Debug)]
pub(crate) enum Timer {
    /// The thread of `futures-timer` keeps the time.
    Thread(Limit),
    /// The paused clock of a runtime does.
    #[cfg(feature = "tokio")]
    Paused(Paused),
}

impl Timer {
    /// Starts a timer for a duration that is over at `end`.
    ///
    /// # Panics
    ///
    /// Panics if the thread can't be started that keeps the time. The next call tries again.
    pub(crate) fn start(duration: Duration, end: Instant) -> Self {
        #[cfg(feature = "tokio")]
        if let Some(paused) = paused_clock::sleep(duration) {
            return Timer::Paused(paused);
        }
        Timer::Thread(Limit::start(duration, end))
    }

    /// Returns whether the time has elapsed.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Timer::Thread(limit) => limit.poll(cx),
            #[cfg(feature = "tokio")]
            Timer::Paused(sleep) => sleep.as_mut().poll(cx),
        }
    }
}

/// A timer of `futures-timer`, and when it fires.
#[derive(Debug)]
struct Armed {
    delay: Delay,
    at: Instant,
}

impl Armed {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.delay).poll(cx)
    }
}

/// A point in time that is waited for.
#[derive(Debug)]
pub(crate) struct Limit {
    end: Instant,
    /// It fires at the end, or before it. `None` once it has been given away.
    armed: Option<Armed>,
}

impl Limit {
    fn start(duration: Duration, end: Instant) -> Self {
        check_thread();
        let kept = KEPT.try_with(Cell::take).ok().flatten();
        let armed = kept.filter(|armed| armed.at <= end);
        let armed = armed.unwrap_or_else(|| Armed {
            delay: Delay::new(duration),
            at: end,
        });
        STARTED.store(true, Ordering::Relaxed);
        Limit {
            end,
            armed: Some(armed),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(armed) = &mut self.armed else {
            return Poll::Ready(());
        };
        while armed.poll(cx).is_ready() {
            let left = self.end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Poll::Ready(());
            }
            armed.delay.reset(left);
            armed.at = self.end;
        }
        Poll::Pending
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        let Some(mut armed) = self.armed.take() else {
            return;
        };
        // Whoever waited is not to be woken, nor kept.
        if armed
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
        {
            // A thread that is ending keeps none.
            let _ = KEPT.try_with(|kept| kept.set(Some(armed)));
        }
    }
}

/// Checks that the thread that keeps the time runs in this process, or can be started.
fn check_thread() {
    if !STARTED.load(Ordering::Relaxed) {
        // `futures-timer` does not tell, and panics when the timer is polled.
        if let Err(error) = thread::Builder::new()
            .spawn(|| ())
            .map(|started| started.join())
        {
            panic!(
                "cannot start the timer: {error}. This happens if a time limit or a `sleep` needs the thread that keeps \
                 the time, and the system can't start more threads. Use a limit once before the threads are used up."
            );
        }
    }
    THREAD.check("timer");
}
