//! The thread that notices calls which block without parking.
//!
//! A `.get()` that parks hands its worker's place off itself. Sync code that sleeps, computes, or waits for a lock does
//! not: all that shows is that a worker is in the same call for too long. So a thread looks at the workers
//! from time to time, as the `sysmon` of Go's runtime does. Being looked at costs a call nothing. Telling a sleeping
//! monitor of each call would cost it a system call.
//!
//! When the monitor sees the same call in two ticks, the call's place is handed off. At some of its ticks it also looks for
//! polls that block without a call (`stalls.rs`). How often it ticks:
//!
//! | state | the next tick | until |
//! |---|---|---|
//! | a new call runs | `RECHECK` | it has ended, or was handed off |
//! | alert: calls come | `ALERT` | no call has come for `QUIET_TICKS` |
//! | relaxed: no calls come, but workers are busy | `RELAXED` | a call notifies it |
//! | asleep: all workers are idle | never | a worker that gets a task wakes it |
//!
//! Calls that come in a tight loop, or once a millisecond, don't notify it: they read that it is not relaxed, and that
//! is all. A call that comes after a long time without any notifies it, and is seen at once. `relaxed` is not ordered
//! with the workers' calls, for that would cost each call a fence: a call that misses it is found a tick later. `asleep`
//! *is* ordered with the workers' `idle`: otherwise no thread would look.

use std::collections::HashMap;
use std::time::Duration;

use crate::executor::call_state::Snapshot;
use crate::executor::stalls::{Relieve, Stalls};
use crate::sync::{AtomicBool, OnceLock, Ordering, Thread, thread};

/// How soon it looks again at a call that it has seen.
const RECHECK: Duration = Duration::from_micros(100);
/// The time between ticks while calls come.
const ALERT: Duration = Duration::from_millis(1);
/// The time between ticks while none come.
const RELAXED: Duration = Duration::from_millis(10);
/// After how many ticks without a call it is relaxed.
const QUIET_TICKS: u32 = 20;

/// What a monitor watches: the workers of an executor.
pub(crate) trait Watched: Relieve {
    /// Looks at all workers, hands off the places of those that were in the same call at the last tick, and
    /// returns what there was to see.
    ///
    /// `last` is what was seen at the last tick, by the worker's id. (It is the monitor's, and not beside the
    /// workers' states, where its writes would cost the workers a cache miss each.)
    fn tick(&self, last: &mut HashMap<usize, Snapshot>) -> Observed;

    /// Returns whether no worker has a task, so that there is nothing to watch.
    fn is_idle(&self) -> bool;

    /// Returns whether the executor was dropped, and all threads have ended that its drop waits for.
    fn is_over(&self) -> bool;
}

/// What the monitor saw at a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Observed {
    /// Nothing new since the last tick.
    Nothing,
    /// Calls have begun since the last tick, and have ended or been handed off.
    Calls,
    /// A call runs that did not run at the last tick.
    Running,
}

/// The monitor of an executor's workers.
pub(crate) struct Monitor {
    /// Whether a call should notify it.
    relaxed: AtomicBool,
    /// Whether it sleeps until it is woken.
    asleep: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Monitor {
    pub(crate) fn new() -> Self {
        Monitor {
            relaxed: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
            thread: OnceLock::new(),
        }
    }

    /// Ticks until the executor is dropped.
    pub(crate) fn run(&self, watched: &impl Watched) {
        let _ = self.thread.set(thread::current());
        let mut last = HashMap::new();
        let mut stalls = Stalls::new();
        let mut quiet = QUIET_TICKS;
        while !watched.is_over() {
            let observed = watched.tick(&mut last);
            stalls.look(watched);
            quiet = match observed {
                Observed::Nothing => QUIET_TICKS.min(quiet + 1),
                Observed::Calls | Observed::Running => 0,
            };
            let relaxed = quiet == QUIET_TICKS;
            let was_relaxed = self.relaxed.load(Ordering::SeqCst);
            if relaxed != was_relaxed {
                self.relaxed.store(relaxed, Ordering::SeqCst);
            }
            match observed {
                Observed::Running => thread::park_timeout(RECHECK),
                // It waits for the last tasks, or for the last threads, which wake it.
                _ if watched.is_closed() => thread::park_timeout(ALERT),
                _ if !relaxed => thread::park_timeout(ALERT),
                // A call that began before it could see this gets another look.
                _ if !was_relaxed => {}
                _ if self.sleep_if_idle(watched) => {}
                _ => thread::park_timeout(RELAXED),
            }
        }
    }

    /// Sleeps if no worker is busy, and returns whether it did.
    fn sleep_if_idle(&self, watched: &impl Watched) -> bool {
        if !watched.is_idle() {
            return false;
        }
        self.asleep.store(true, Ordering::SeqCst);
        // A worker that got busy before it could see that we sleep is seen here.
        while self.asleep.load(Ordering::SeqCst) && watched.is_idle() && !watched.is_closed() {
            thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
        true
    }

    /// Notifies the monitor that a call has begun, if it is relaxed.
    #[inline]
    pub(crate) fn notify(&self) {
        if self.relaxed.load(Ordering::Relaxed) && self.relaxed.swap(false, Ordering::Relaxed) {
            self.wake();
        }
    }

    /// Wakes the monitor if it sleeps. A worker calls it after it has set itself busy.
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
