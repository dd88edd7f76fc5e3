//! The clock of a runtime of tokio that a test has paused.
//!
//! Such a clock stands still, and jumps to the next timer when the runtime has nothing else to do. Only timers of that runtime
//! take part. A clock that runs is the real one, which our own timer keeps, too: it also works in a runtime that was built without
//! timers, in which those of tokio panic, and whether there are any can't be asked.

use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor, worker_index};
use tokio::time::{self, Sleep};

/// A timer of such a clock.
pub(crate) type Paused = Pin<Box<Sleep>>;

/// Starts a timer of the runtime that this thread turns, if its clock is paused.
pub(crate) fn sleep(duration: Duration) -> Option<Paused> {
    // In a runtime that is only entered, nothing may move the clock.
    worker_index()?;
    // tokio pauses no other clocks.
    let can_be_paused = Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::CurrentThread);
    (can_be_paused && is_paused()).then(|| Box::pin(time::sleep(duration)))
}

/// Returns whether the clock stands still while the real one moves.
fn is_paused() -> bool {
    let before = time::Instant::now();
    let begin = Instant::now();
    while Instant::now() == begin {}
    time::Instant::now() == before
}
