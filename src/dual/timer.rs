//! The timer of `sleep` and of waits with a limit.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use futures_timer::Delay;

#[cfg(feature = "tokio")]
use crate::dual::paused_clock::{self, Paused};
use crate::system::Threads;

/// The thread of `futures-timer`.
static THREAD: Threads = Threads::new();

/// Whether that thread could be started.
static STARTED: AtomicBool = AtomicBool::new(false);

/// A timer that runs.
#[derive(Debug)]
pub(crate) enum Timer {
    /// The thread of `futures-timer` keeps the time.
    Thread(Delay),
    /// The paused clock of a runtime does.
    #[cfg(feature = "tokio")]
    Paused(Paused),
}

impl Timer {
    /// Starts a timer.
    ///
    /// # Panics
    ///
    /// Panics if the thread can't be started that keeps the time. The next call tries again.
    pub(crate) fn start(duration: Duration) -> Self {
        #[cfg(feature = "tokio")]
        if let Some(paused) = paused_clock::sleep(duration) {
            return Timer::Paused(paused);
        }
        Timer::Thread(delay(duration))
    }

    /// Returns whether the time has elapsed.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Timer::Thread(delay) => Pin::new(delay).poll(cx),
            #[cfg(feature = "tokio")]
            Timer::Paused(sleep) => sleep.as_mut().poll(cx),
        }
    }
}

fn delay(duration: Duration) -> Delay {
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
    let delay = Delay::new(duration);
    STARTED.store(true, Ordering::Relaxed);
    delay
}
