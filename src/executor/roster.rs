//! A worker, and which workers are active, idle, or substitutes of others.

use std::collections::HashMap;
use std::future::poll_fn;
use std::task::Poll;

use crate::executor::call_state::CallState;
use crate::executor::os_thread::{Activity, OsThread};
use crate::executor::record::{PollNumber, RecordRef};
use crate::sync::{Arc, AtomicBool, AtomicWaker, Condvar, JoinHandle, OnceLock, Ordering};

/// A thread of an executor: one of its workers, or a spare.
pub(crate) struct Worker {
    /// Its key in the roster.
    pub(crate) id: usize,
    /// Whether it is in a call that may block.
    pub(crate) call_state: CallState,
    /// Which poll it is in, and whether a spare has its place because of that poll.
    pub(crate) record: RecordRef,
    /// Its thread, once that runs, if the system shows the states of threads.
    pub(crate) os_thread: OnceLock<Option<OsThread>>,
    /// Whether it has no task to run.
    pub(crate) idle: AtomicBool,
    /// Whether it is in `Roster::active`, and not in `Roster::idle`. It is changed under the roster's lock.
    pub(crate) is_active: AtomicBool,
    /// Whether it is to stop running tasks. It is changed under the roster's lock.
    pub(crate) retiring: AtomicBool,
    /// Wakes its loop, which then sees that it is to stop.
    loop_waker: AtomicWaker,
    /// Wakes a `.get()` that is parked on it, which then sees that the executor is gone.
    pub(crate) parked: AtomicWaker,
    /// Wakes it from idling, when it is active again. It goes with the roster's lock.
    pub(crate) resume: Condvar,
}

impl Worker {
    /// Tells the worker to stop at the end of its poll.
    pub(crate) fn retire(&self) {
        self.retiring.store(true, Ordering::Release);
        self.loop_waker.wake();
    }

    /// Returns whether it is to stop running tasks, as far as can be told without the roster's lock.
    pub(crate) fn is_retiring(&self) -> bool {
        self.retiring.load(Ordering::Relaxed)
    }

    /// Returns what its thread does, if that is known.
    pub(crate) fn activity(&self) -> Option<Activity> {
        self.os_thread.get()?.as_ref()?.activity()
    }

    /// Completes once the worker is to stop.
    pub(crate) fn retired(&self) -> impl Future<Output = ()> {
        poll_fn(|cx| {
            self.loop_waker.register(cx.waker());
            if self.retiring.load(Ordering::Acquire) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }
}

/// The workers by what they do. [`Workers`](super::workers::Workers) has a lock around it.
#[derive(Default)]
pub(crate) struct Roster {
    /// The threads that run tasks, or are blocked in one.
    pub(crate) active: Vec<Arc<Worker>>,
    /// The spares that wait to be needed.
    pub(crate) idle: Vec<Arc<Worker>>,
    /// The spare that has a worker's place, by the worker's id.
    pub(crate) substitutes: HashMap<usize, Arc<Worker>>,
    /// How many workers are relieved: a spare has their place because of a stall.
    pub(crate) relieved: usize,
    /// How many spares there are, idle or not.
    pub(crate) spares: usize,
    /// The next worker's id.
    next_id: usize,
    /// The threads to join, the monitor's among them.
    pub(crate) threads: Vec<Thread>,
    /// Whether the executor was dropped, and how far that is.
    pub(crate) phase: Phase,
    /// The polls that the drop does not wait for, by the worker's id.
    pub(crate) left: HashMap<usize, PollNumber>,
}

/// A thread of the executor.
pub(crate) struct Thread {
    /// The worker's id, or `MONITOR`.
    pub(crate) id: usize,
    pub(crate) handle: JoinHandle<()>,
    /// Whether it has ended, but for the destructors of its thread-locals.
    pub(crate) has_ended: bool,
}

/// The id of the monitor's thread, which no worker has.
pub(crate) const MONITOR: usize = 0;

/// How far the drop of an executor is. See [`Workers`](super::workers::Workers).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It was not dropped.
    #[default]
    Open,
    /// Its tasks end.
    Closed,
    /// Its threads end.
    Ended,
}

impl Roster {
    /// Makes a worker, which has no thread yet.
    pub(crate) fn new_worker(&mut self) -> Arc<Worker> {
        self.next_id += 1;
        Arc::new(Worker {
            id: self.next_id,
            call_state: CallState::new(),
            record: RecordRef::take(),
            os_thread: OnceLock::new(),
            idle: AtomicBool::new(false),
            is_active: AtomicBool::new(false),
            retiring: AtomicBool::new(false),
            loop_waker: AtomicWaker::new(),
            parked: AtomicWaker::new(),
            resume: Condvar::new(),
        })
    }

    /// Makes a worker active that is on no list. Its `resume` has to be notified afterwards.
    pub(crate) fn activate(&mut self, worker: Arc<Worker>) {
        worker.is_active.store(true, Ordering::Relaxed);
        worker.retiring.store(false, Ordering::Relaxed);
        worker.idle.store(false, Ordering::Relaxed);
        self.active.push(worker);
    }

    /// Makes a spare idle that is on no list.
    pub(crate) fn deactivate(&mut self, spare: Arc<Worker>) {
        spare.is_active.store(false, Ordering::Relaxed);
        self.idle.push(spare);
    }

    /// Retires a spare, and its own substitutes in turn.
    pub(crate) fn retire(&mut self, mut spare: Option<Arc<Worker>>) {
        while let Some(worker) = spare {
            worker.retire();
            self.keep(&worker);
            spare = self.substitutes.remove(&worker.id);
        }
    }

    /// Notes that a worker is not relieved any more, and returns whether it was. Its substitute is left as it is.
    pub(crate) fn keep(&mut self, worker: &Worker) -> bool {
        let was_relieved = worker.record.is_relieved();
        if was_relieved {
            worker.record.set_relieved(false);
            self.relieved -= 1;
        }
        was_relieved
    }

    /// Gives a worker that was relieved its place back.
    pub(crate) fn take_back(&mut self, worker: &Worker) {
        if self.keep(worker) {
            let substitute = self.substitutes.remove(&worker.id);
            self.retire(substitute);
        }
    }

    /// Returns whether all threads have ended that the drop of the executor waits for, with the monitor's or without.
    pub(crate) fn is_over(&self, with_monitor: bool) -> bool {
        let has_ended = |thread: &Thread| match thread.id {
            MONITOR => thread.has_ended || !with_monitor,
            id => thread.has_ended || self.left.contains_key(&id),
        };
        self.phase == Phase::Ended && self.threads.iter().all(has_ended)
    }

    /// Forgets that polls are left that have ended since.
    pub(crate) fn forget_polls_that_ended(&mut self) {
        let active = &self.active;
        let goes_on = |id: &usize, poll: &PollNumber| {
            let mut active = active.iter();
            active.any(|worker| worker.id == *id && worker.record.poll() == *poll)
        };
        self.left.retain(|id, poll| goes_on(id, poll));
    }

    /// Returns whether a worker is in a poll that the drop of the executor does not wait for.
    pub(crate) fn is_left(&self, worker: &Worker) -> bool {
        self.left.get(&worker.id) == Some(&worker.record.poll())
    }
}
