//! A worker, and which workers are active, idle, or substitutes of others.

use std::collections::HashMap;
use std::future::poll_fn;
use std::task::Poll;

use crate::executor::call_state::CallState;
use crate::sync::{Arc, AtomicBool, AtomicWaker, Condvar, JoinHandle, Ordering};

/// A thread of an executor: one of its workers, or a spare.
pub(crate) struct Worker {
    /// Its key in the roster.
    pub(crate) id: usize,
    /// Whether it is in a call that may block.
    pub(crate) call_state: CallState,
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
    /// How many spares there are, idle or not.
    pub(crate) spares: usize,
    /// The next worker's id.
    next_id: usize,
    /// The threads to join, some of which may have ended.
    pub(crate) threads: Vec<JoinHandle<()>>,
    /// Whether the executor was dropped.
    pub(crate) stopped: bool,
}

impl Roster {
    /// Makes a worker, which has no thread yet.
    pub(crate) fn new_worker(&mut self) -> Arc<Worker> {
        self.next_id += 1;
        Arc::new(Worker {
            id: self.next_id,
            call_state: CallState::new(),
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
            spare = self.substitutes.remove(&worker.id);
        }
    }
}
