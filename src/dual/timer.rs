//! The timer of `sleep` and of waits with a limit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use futures_timer::Delay;

use crate::system::Threads;

/// The thread of `futures-timer`.
static THREAD: Threads = Threads::new();

/// Whether that thread could be started.
static STARTED: AtomicBool = AtomicBool::new(false);

/// Starts a timer.
///
/// # Panics
///
/// Panics if the thread can't be started that keeps the time. The next call tries again.
pub(crate) fn delay(duration: Duration) -> Delay {
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
