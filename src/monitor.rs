//! The thread that notices calls which block without parking.
//!
//! A `.get()` that parks says so. Sync code that sleeps, computes, or waits for a lock does
//! not; all that shows is that a worker is in the same call for too long. So somebody has to
//! look from time to time, as the `sysmon` of Go's runtime does. Being looked at costs a call
//! nothing, where telling a sleeping monitor of each call would cost it a system call.
//!
//! The monitor runs while a worker is busy. A call that it sees in two rounds has its place
//! handed over. The first rounds after a sleep are close together, and then, as long as nothing
//! is found, farther and farther apart. When all workers are idle it sleeps, until a worker
//! that gets something to do wakes it.

use std::time::Duration;

use crate::crew::Crew;
use crate::sync::{Arc, AtomicBool, OnceLock, Ordering, Thread, thread};

/// The time between rounds after a sleep or a find.
const FIRST_TICK: Duration = Duration::from_micros(50);
/// The time between rounds after a long time without a find.
const LAST_TICK: Duration = Duration::from_millis(10);

/// The monitor of a crew.
pub(crate) struct Monitor {
    /// Whether it sleeps until it is woken.
    asleep: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Monitor {
    pub(crate) fn new() -> Self {
        Monitor {
            asleep: AtomicBool::new(false),
            thread: OnceLock::new(),
        }
    }

    /// Makes the rounds until the executor is dropped.
    pub(crate) fn run(&self, crew: &Arc<Crew>) {
        let _ = self.thread.set(thread::current());
        let mut tick = FIRST_TICK;
        while !crew.is_stopped() {
            if self.sleep_if_idle(crew) {
                tick = FIRST_TICK;
            }
            thread::park_timeout(tick);
            tick = if crew.round() {
                FIRST_TICK
            } else {
                LAST_TICK.min(tick * 2)
            };
        }
    }

    /// Sleeps if no worker is busy, and says whether it did.
    fn sleep_if_idle(&self, crew: &Crew) -> bool {
        if !crew.is_idle() {
            return false;
        }
        self.asleep.store(true, Ordering::SeqCst);
        // A worker that got busy before it could see that we sleep is seen here.
        while self.asleep.load(Ordering::SeqCst) && crew.is_idle() && !crew.is_stopped() {
            thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
        true
    }

    /// Wakes the monitor if it sleeps. A worker calls it after it has said that it is busy.
    #[inline]
    pub(crate) fn wake_if_asleep(&self) {
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            self.wake();
        }
    }

    /// Wakes the monitor.
    #[cold]
    pub(crate) fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}
