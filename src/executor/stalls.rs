//! Polls that hold their worker for long and say nothing: a lock, a `OnceLock`, a sleep, a long computation.
//!
//! A call (`.get()`, in-place code) tells its worker that it may block, and the monitor watches it closely. Other code in a poll
//! tells nothing. All that shows is that the worker's [record](super::record) has the same number for too long. So every
//! [`ROUND`] the monitor looks at all workers. What a worker may go through in a stall, and who does it:
//!
//! | state | how it is marked | left by | how |
//! |---|---|---|---|
//! | busy | | the monitor | it finds the same number in two rounds: the worker is stalled |
//! | stalled | in `Stalls::seen` | the worker | the number moves on |
//! | | | the monitor: `relieve` | no other worker was free: a spare takes the place, as for a call |
//! | relieved | `Record::relieved`, and an entry in `Roster::substitutes` | the worker, or the monitor: `take_back` | the poll ends: the spare retires |
//! | | | the worker: `hand_off` | a call in this poll parks: the spare becomes that of the call |
//! | left | `Roster::left`, once the executor is closed | | the poll has been blocked for [`LEFT`] rounds: the executor's drop does not wait for it |
//!
//! All changes are made under the roster's lock, where the number is looked at again.
//!
//! **Is anybody free?** A worker that is idle, or whose thread has not begun, is: it may only wait for a core. What other threads
//! do that run the executor is not known, nor how many tasks wait: async-executor does not tell. So a *probe* is queued, an empty
//! task that sets a flag. If the flag is set in the next round, somebody is free, and no worker is relieved. (The probe also wakes
//! a worker that overlooked a task: see `worker_loop.rs`.)
//!
//! **Does it wait or compute?** Workers that wait use no core, and all of them are relieved at once. If one that computes is relieved,
//! one thread more than asked for computes, and slows the others down, which then look stalled as well. So such a poll must
//! have used a core for as long as [`COMPUTES`] rounds last (on a machine that others use, it may have to wait for a core for longer
//! than that, and one thread more does not help it), and no other worker may have gone on since the last round. Workers are relieved
//! one at a time, and the time between two doubles, until none was relieved for [`CALM`] rounds. None is relieved while a spare that
//! is to retire still runs tasks. (A first version of ZIO's monitor
//! replaced all of them, and was withdrawn.) Where the system does not tell what a thread does, the time doubles up to ten rounds.

use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::executor::os_thread::Activity;
use crate::executor::record::PollNumber;
use crate::executor::roster::Worker;
use crate::sync::{AtomicBool, Instant, Ordering};

/// How often the monitor looks.
const ROUND: Duration = Duration::from_millis(10);
/// For how many rounds a worker must have used a core in a poll to be relieved. If the system does not tell, it is in how many
/// rounds it was seen there.
const COMPUTES: u32 = 4;
/// For how many rounds a poll must have been blocked for the drop of its executor not to wait for it. If the system does not
/// tell, it counts as blocked.
const LEFT: u32 = 10;
/// After how many rounds the next worker is relieved at the latest, if it is not known whether it computes.
const UNKNOWN: u32 = 10;
/// For how many rounds no computing worker must have been relieved for the next two to follow each other at once again.
const CALM: u32 = 100;

/// What the monitor can do about stalls: the workers of an executor.
pub(crate) trait Relieve {
    /// Returns the workers that are active.
    fn active(&self) -> Vec<Arc<Worker>>;

    /// Returns whether a worker that is busy always has a new number for a new poll.
    fn stamps_all(&self) -> bool;

    /// Queues a task that sets a flag.
    fn probe(&self, flag: Arc<AtomicBool>);

    /// Gives the place of a worker to a spare if it is still in this poll and has its place, and returns whether it did.
    fn relieve(&self, worker: &Worker, poll: PollNumber) -> bool;

    /// Gives a worker its place back, if it was relieved.
    fn take_back(&self, worker: &Worker);

    /// Returns whether the executor is closed, and waits for its polls.
    fn is_closed(&self) -> bool;

    /// Stops waiting for the poll of a worker.
    fn leave(&self, worker: &Worker, poll: PollNumber);

    /// Tells the program of a stall.
    fn report(&self, stall: &Stall);
}

/// What the monitor remembers of stalls from round to round.
pub(crate) struct Stalls {
    next_round: Instant,
    /// What each busy worker was at in the last round, by the worker's id.
    seen: HashMap<usize, Seen>,
    /// The flag of the probe that is queued.
    probe: Option<Arc<AtomicBool>>,
    /// In how many rounds the next worker that computes may be relieved.
    patience: u32,
    /// How many rounds lie between two of these.
    doubling: u32,
    /// For how many rounds none of these was relieved.
    calm: u32,
}

/// What a busy worker was at.
#[derive(Clone, Copy)]
struct Seen {
    poll: PollNumber,
    /// When it was seen there first.
    since: Instant,
    /// How many rounds ago that was.
    rounds: u32,
    /// What its thread did in the last round, if that is known.
    activity: Option<Activity>,
    /// For how long its thread had computed when that was first known.
    computed_before: Option<Duration>,
    /// For how many rounds it may have been blocked without a break.
    blocked: u32,
}

impl Seen {
    fn first(poll: PollNumber, now: Instant) -> Self {
        Seen {
            poll,
            since: now,
            rounds: 0,
            activity: None,
            computed_before: None,
            blocked: 0,
        }
    }

    /// Notes that it is still there.
    fn again(self, activity: Option<Activity>) -> Self {
        Seen {
            rounds: self.rounds + 1,
            activity,
            computed_before: self.computed_before.or(activity.map(|now| now.computed)),
            blocked: match activity {
                Some(now) if !now.is_blocked => 0,
                _ => self.blocked + 1,
            },
            ..self
        }
    }

    /// Returns whether it is known to be blocked.
    fn is_blocked(&self) -> bool {
        self.activity.is_some_and(|now| now.is_blocked)
    }

    /// Returns whether it computes for long, as far as that is known.
    fn computes(&self) -> bool {
        match (self.activity, self.computed_before) {
            (Some(now), Some(before)) => now.computed.saturating_sub(before) >= COMPUTES * ROUND,
            _ => self.rounds > COMPUTES,
        }
    }
}

impl Stalls {
    pub(crate) fn new() -> Self {
        Stalls {
            next_round: Instant::now() + ROUND,
            seen: HashMap::new(),
            probe: None,
            patience: 0,
            doubling: 1,
            calm: 0,
        }
    }

    /// Looks at all workers, if it is time to.
    pub(crate) fn look(&mut self, workers: &impl Relieve) {
        let now = Instant::now();
        if now < self.next_round {
            return;
        }
        self.next_round = now + ROUND;
        let is_closed = workers.is_closed();
        let stamps_all = workers.stamps_all();
        let mut stalled = Vec::new();
        let mut seen = HashMap::new();
        let mut others = Others::default();
        for worker in workers.active() {
            let poll = worker.record.poll();
            let last = self.seen.get(&worker.id).filter(|last| last.poll == poll);
            if last.is_none() {
                workers.take_back(&worker);
            }
            if is_idle(&worker) {
                others.are_free |= keeps_place(&worker);
                continue;
            }
            // Between two polls a worker may drop a future that was cancelled; or poll a task that notes nothing, and then its
            // number does not move on.
            if !poll.is_in_poll() && !stamps_all {
                continue;
            }
            let now_seen = match last {
                None => Seen::first(poll, now),
                // A look takes the system some 20 µs, and thousands may be parked.
                Some(last) if is_closed || keeps_place(&worker) => last.again(worker.activity()),
                Some(last) => last.again(None),
            };
            others.are_surplus |= worker.is_retiring() && now_seen.rounds <= COMPUTES;
            others.go_on |= now_seen.rounds == 0 && keeps_place(&worker);
            seen.insert(worker.id, now_seen);
            if now_seen.rounds > 0 {
                let is_blocked = now_seen.activity.map(|now| now.is_blocked);
                worker.record.note_stalled(poll, now_seen.since, is_blocked);
                stalled.push((worker, now_seen));
            }
        }
        self.seen = seen;
        Self::report(workers, &stalled, now);
        self.relieve(workers, &stalled, others);
        if is_closed {
            for (worker, seen) in stalled.iter().filter(|(_, seen)| seen.blocked >= LEFT) {
                workers.leave(worker, seen.poll);
            }
        }
    }

    /// Reports the stalls that were not reported yet. A call said that it may block, and is none; and between two polls it is not
    /// known whose future is dropped.
    fn report(workers: &impl Relieve, stalled: &[Stalled], now: Instant) {
        for (worker, seen) in stalled {
            if seen.rounds != 1 || !seen.poll.is_in_poll() || worker.call_state.is_in_call() {
                continue;
            }
            let spawned_at = worker.record.spawned_at();
            // The worker may have gone on to another task.
            if let Some(spawned_at) = spawned_at.filter(|_| worker.record.poll() == seen.poll) {
                let lasted = now.saturating_duration_since(seen.since);
                workers.report(&Stall { spawned_at, lasted });
            }
        }
    }

    /// Relieves stalled workers, if no worker is free.
    fn relieve(&mut self, workers: &impl Relieve, stalled: &[Stalled], others: Others) {
        self.calm += 1;
        if self.calm >= CALM {
            self.doubling = 1;
        }
        self.patience = self.patience.saturating_sub(1);
        let in_place = stalled.iter().filter(|(worker, _)| keeps_place(worker));
        if in_place.clone().next().is_none() {
            self.probe = None;
            return;
        }
        match &self.probe {
            Some(flag) if !flag.load(Ordering::Acquire) => {}
            // The last one was run: a worker is free, or was.
            _ => {
                let flag = Arc::new(AtomicBool::new(false));
                self.probe = Some(Arc::clone(&flag));
                return workers.probe(flag);
            }
        }
        if others.are_free {
            return;
        }
        for (worker, seen) in in_place {
            if seen.is_blocked() {
                workers.relieve(worker, seen.poll);
            } else if self.patience == 0
                && !others.are_surplus
                && !others.go_on
                && seen.computes()
                && workers.relieve(worker, seen.poll)
            {
                self.calm = 0;
                self.patience = self.doubling;
                let limit = seen.activity.map_or(UNKNOWN, |_| u32::MAX);
                self.doubling = self.doubling.saturating_mul(2).min(limit);
            }
        }
    }
}

/// What the workers are at that are not stalled.
#[derive(Clone, Copy, Default)]
struct Others {
    /// One is idle.
    are_free: bool,
    /// One has gone on to another poll since the last round.
    go_on: bool,
    /// A spare that is to retire still runs tasks.
    are_surplus: bool,
}

/// A worker that is at the same number as in the last round.
type Stalled = (Arc<Worker>, Seen);

/// Returns whether a worker has its place, and is in no call in which it would hand it off.
fn keeps_place(worker: &Worker) -> bool {
    !worker.record.is_relieved() && !worker.is_retiring() && !worker.call_state.is_in_call()
}

/// Returns whether a worker waits for a task, or its thread has not begun yet.
fn is_idle(worker: &Worker) -> bool {
    worker.os_thread.get().is_none() || worker.idle.load(Ordering::SeqCst)
}

/// A poll that holds a worker of an executor for long, for [`Builder::on_stall`](crate::executor::Builder::on_stall).
///
/// Its `Display` is one line of text, in the words of a report of `smartcall::diagnose`: "task spawned at src/main.rs:10:5, in one
/// poll for 0.01 s".
#[derive(Clone, Debug)]
pub struct Stall {
    spawned_at: &'static Location<'static>,
    lasted: Duration,
}

impl Stall {
    /// Returns where the task was spawned.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// Returns how long the poll has lasted so far, to about 10 ms.
    pub fn lasted(&self) -> Duration {
        self.lasted
    }
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "task spawned at {}, in one poll for {:.2} s",
            self.spawned_at,
            self.lasted.as_secs_f64()
        )
    }
}
