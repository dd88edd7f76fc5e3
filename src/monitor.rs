//! The thread that notices calls which block without parking.
//!
//! A `.get()` that parks says so. Sync code that sleeps, computes, or waits for a lock does
//! not; all that shows is that a worker is in the same call for too long. So somebody has to
//! look from time to time, as the `sysmon` of Go's runtime does. Being looked at costs a call
//! nothing, where telling a sleeping monitor of each call would cost it a system call.
//!
//! A call that the monitor sees in two rounds has its place handed over. How often it looks:
//!
//! | | the next round | until |
//! |---|---|---|
//! | a call runs that was not there before | `LOOK_AGAIN` | it has ended, or was handed over |
//! | on watch: calls come | `ON_WATCH` | none has come for `QUIET_ROUNDS` |
//! | at ease: no calls come, but workers are busy | `AT_EASE` | a call tells it |
//! | asleep: all workers are idle | never | a worker that gets something to do wakes it |
//!
//! So calls that come in a tight loop, or one a millisecond, don't tell it: they see that it is
//! not at ease, and that is all. One that comes after a long time without does, and is seen at
//! once. That it is at ease is not ordered with the slots, for that would cost each call a
//! fence: a call that misses it is found a round later, and no worse. That it is asleep *is*
//! ordered with the workers' `idle`: nobody would come to look.

use std::collections::HashMap;
use std::time::Duration;

use crate::crew::{Crew, Seen};
use crate::sync::{Arc, AtomicBool, OnceLock, Ordering, Thread, thread};

/// How soon it looks again for a call that it has seen.
const LOOK_AGAIN: Duration = Duration::from_micros(100);
/// The time between rounds while calls come.
const ON_WATCH: Duration = Duration::from_millis(1);
/// The time between rounds while none come.
const AT_EASE: Duration = Duration::from_millis(10);
/// After how many rounds without a call it is at ease.
const QUIET_ROUNDS: u32 = 20;

/// The monitor of a crew.
pub(crate) struct Monitor {
    /// Whether a call should tell it.
    at_ease: AtomicBool,
    /// Whether it sleeps until it is woken.
    asleep: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Monitor {
    pub(crate) fn new() -> Self {
        Monitor {
            at_ease: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
            thread: OnceLock::new(),
        }
    }

    /// Makes the rounds until the executor is dropped.
    pub(crate) fn run(&self, crew: &Arc<Crew>) {
        let _ = self.thread.set(thread::current());
        let mut looks = HashMap::new();
        let mut quiet = QUIET_ROUNDS;
        while !crew.is_stopped() {
            let seen = crew.round(&mut looks);
            quiet = match seen {
                Seen::Nothing => QUIET_ROUNDS.min(quiet + 1),
                Seen::Calls | Seen::Running => 0,
            };
            let at_ease = quiet == QUIET_ROUNDS;
            let was_at_ease = self.at_ease.load(Ordering::SeqCst);
            if at_ease != was_at_ease {
                self.at_ease.store(at_ease, Ordering::SeqCst);
            }
            match seen {
                Seen::Running => thread::park_timeout(LOOK_AGAIN),
                _ if !at_ease => thread::park_timeout(ON_WATCH),
                // A call that began before it could see this gets another look.
                _ if !was_at_ease => {}
                _ if self.sleep_if_idle(crew) => {}
                _ => thread::park_timeout(AT_EASE),
            }
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

    /// Tells the monitor that a call has begun, if it wants to be told.
    #[inline]
    pub(crate) fn tell(&self) {
        if self.at_ease.load(Ordering::Relaxed) && self.at_ease.swap(false, Ordering::Relaxed) {
            self.wake();
        }
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
