//! The threads of an executor, and how spare threads take the places of those that block.
//!
//! An executor of `n` threads lets `n` of them make progress. A worker that blocks in a task hands its place off to
//! a spare thread. When it comes back, it reclaims its place: the spare stops as soon as its loop lets it
//! (async-executor looks up after at most 200 polls), and idles until it is needed again, for a while. A thread that is
//! about to block never runs other tasks on its own stack: whatever it runs there has to end before it can go on itself,
//! and may be waiting for just that.
//!
//! # Who may change what
//!
//! All that concerns more than one thread is in the [`Roster`], under one lock: which workers are active, which idle, and
//! which spare has the place of which worker. The lock is taken when a place is handed off, reclaimed or given up, and at
//! the monitor's ticks. It is never held around the polls of tasks, and never while async-executor's runner is
//! dropped, which takes locks of its own.
//!
//! A place has a chain of owners: the worker, the spare that has its place, the spare that has that one's place since it
//! blocks as well. A worker that reclaims its place retires all those behind it.

use std::collections::HashMap;
use std::io;
use std::mem;
use std::time::Duration;

use crate::executor::call_state::{CallId, Snapshot};
use crate::executor::monitor::{Monitor, Observed, Watched};
use crate::executor::roster::{Roster, Worker};
use crate::executor::scheduler::Scheduler;
use crate::sync::{
    Arc, AtomicBool, AtomicUsize, Instant, Mutex, MutexGuard, Ordering, ignore_poison, thread,
};

/// How long a spare thread idles before it ends.
const SPARE_IDLES: Duration = Duration::from_secs(10);

/// On cache lines of its own: the monitor takes the lock at each tick, and calls read what is beside it.
#[repr(align(128))]
struct Apart<T>(T);

/// What a worker does on its thread while it is active.
type Run = fn(&Arc<Workers>, &Arc<Worker>);

/// The threads of an executor and what they share.
pub(crate) struct Workers {
    scheduler: Scheduler,
    run: Run,
    name: String,
    max_spares: usize,
    roster: Apart<Mutex<Roster>>,
    /// `Roster::stopped`, to be read without the lock.
    stopped: AtomicBool,
    /// How many more spares may be active at once, to be read without the lock.
    spares_left: AtomicUsize,
    pub(crate) monitor: Monitor,
}

impl Workers {
    /// Starts the threads of an executor, which run what `run` says.
    pub(crate) fn start(
        scheduler: Scheduler,
        run: Run,
        threads: usize,
        name: &str,
        max_spares: usize,
    ) -> io::Result<Arc<Self>> {
        let workers = Arc::new(Workers {
            scheduler,
            run,
            name: name.into(),
            max_spares,
            roster: Apart(Mutex::default()),
            stopped: AtomicBool::new(false),
            spares_left: AtomicUsize::new(max_spares),
            monitor: Monitor::new(),
        });
        let started = workers.start_threads(threads);
        if started.is_err() {
            workers.stop();
        }
        started.map(|()| workers)
    }

    fn start_threads(self: &Arc<Self>, threads: usize) -> io::Result<()> {
        let mut roster = self.lock();
        for i in 0..threads {
            let worker = roster.new_worker();
            roster.activate(Arc::clone(&worker));
            let workers = Arc::clone(self);
            let thread = thread::Builder::new()
                .name(format!("{}-{i}", self.name))
                .spawn(move || (workers.run)(&workers, &worker))?;
            roster.threads.push(thread);
        }
        let workers = Arc::clone(self);
        let monitor = thread::Builder::new()
            .name(format!("{}-monitor", self.name))
            .spawn(move || workers.monitor.run(&workers))?;
        roster.threads.push(monitor);
        Ok(())
    }

    /// Returns the scheduler of the tasks that the workers run.
    pub(crate) fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// Returns how many spares there may be.
    pub(crate) fn max_spares(&self) -> usize {
        self.max_spares
    }

    /// Stops all threads, and waits for them to end, unless it runs on one of them.
    pub(crate) fn stop(&self) {
        let mut roster = self.lock();
        roster.stopped = true;
        self.stopped.store(true, Ordering::SeqCst);
        for worker in roster.active.iter().chain(&roster.idle) {
            worker.retire();
            worker.parked.wake();
            worker.resume.notify_one();
        }
        let threads = mem::take(&mut roster.threads);
        drop(roster);
        self.monitor.wake();

        let here = thread::current().id();
        if threads.iter().any(|thread| thread.thread().id() == here) {
            // A task is dropping its own executor: this thread can't wait for itself, nor for the others, which may wait
            // for what it holds. The last of them drops the tasks.
            return;
        }
        for thread in threads {
            // Panics of tasks go to what awaits them; a worker has none of its own.
            let _ = thread.join();
        }
    }

    /// Notes that a worker has something to do, and wakes the monitor if it sleeps.
    pub(crate) fn set_busy(&self, worker: &Worker) {
        // Sequentially consistent, like the monitor's side: either it sees that the worker is
        // busy, or the worker sees that it sleeps.
        worker.idle.store(false, Ordering::SeqCst);
        self.monitor.wake_if_asleep();
    }

    /// Notes that a worker has nothing to do.
    pub(crate) fn set_idle(&self, worker: &Worker) {
        worker.idle.store(true, Ordering::Release);
    }

    /// Retires a spare that was activated by `activate_spare`.
    pub(crate) fn retire_spare(&self, spare: Arc<Worker>) {
        self.lock().retire(Some(spare));
    }

    /// Returns whether a place can be handed off at the moment.
    #[inline]
    pub(crate) fn has_spares(&self) -> bool {
        self.spares_left.load(Ordering::Relaxed) > 0
    }

    /// Runs a spare thread until it has idled for long enough.
    fn run_spare(self: &Arc<Self>, worker: &Arc<Worker>) {
        while self.wait_until_active(worker) {
            (self.run)(self, worker);
            let mut roster = self.lock();
            roster.active.retain(|other| !Arc::ptr_eq(other, worker));
            roster.deactivate(Arc::clone(worker));
            self.count_spares(&roster);
        }
    }

    /// Waits until a spare is needed, and returns whether it is.
    fn wait_until_active(&self, worker: &Arc<Worker>) -> bool {
        let until = Instant::now() + SPARE_IDLES;
        let mut roster = self.lock();
        loop {
            if roster.stopped {
                return false;
            }
            // It may have been retired again since, and has to go through its loop all the same.
            if worker.is_active.load(Ordering::Relaxed) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                roster.idle.retain(|other| !Arc::ptr_eq(other, worker));
                roster.spares -= 1;
                self.count_spares(&roster);
                return false;
            }
            let waited = worker.resume.wait_timeout(roster, left);
            roster = ignore_poison(waited).0;
        }
    }

    /// Hands a worker's place off to a spare, if the call still runs and its place was not handed off, and returns
    /// whether it did.
    ///
    /// # Errors
    ///
    /// Fails if there is no spare to be had.
    pub(crate) fn hand_off(
        self: &Arc<Self>,
        worker: &Worker,
        call: CallId,
    ) -> Result<bool, NoSpare> {
        let mut roster = self.lock();
        if roster.stopped {
            return Ok(false);
        }
        if worker.retiring.load(Ordering::Relaxed) {
            // It was retired and has no place to hand off. But no spare begins in its stead that would look for
            // the tasks in its local queue.
            let handed_off = worker.call_state.hand_off(call);
            drop(roster);
            self.scheduler.wake_one();
            return Ok(handed_off);
        }
        // If the worker parks and the monitor has handed its place off already, no spare is missing.
        if worker.call_state.current_call() != Some(call) {
            return Ok(false);
        }
        let spare = self.find_spare(&mut roster)?;
        let handed_off = worker.call_state.hand_off(call);
        if handed_off {
            roster.substitutes.insert(worker.id, Arc::clone(&spare));
            roster.activate(Arc::clone(&spare));
        } else {
            roster.deactivate(Arc::clone(&spare));
        }
        self.count_spares(&roster);
        drop(roster);
        // Only now, or it would wait for the lock.
        spare.resume.notify_one();
        Ok(handed_off)
    }

    /// Activates a spare for a thread that is not one of the workers.
    pub(crate) fn activate_spare(self: &Arc<Self>) -> Result<Arc<Worker>, NoSpare> {
        let mut roster = self.lock();
        let spare = self.find_spare(&mut roster)?;
        roster.activate(Arc::clone(&spare));
        self.count_spares(&roster);
        drop(roster);
        spare.resume.notify_one();
        Ok(spare)
    }

    /// Takes a spare that idles, or starts one.
    fn find_spare(self: &Arc<Self>, roster: &mut Roster) -> Result<Arc<Worker>, NoSpare> {
        if let Some(spare) = roster.idle.pop() {
            return Ok(spare);
        }
        if roster.spares >= self.max_spares {
            return Err(NoSpare::AllInUse);
        }
        let spare = roster.new_worker();
        let (workers, worker) = (Arc::clone(self), Arc::clone(&spare));
        let thread = thread::Builder::new()
            .name(format!("{}-spare", self.name))
            .spawn(move || workers.run_spare(&worker))
            .map_err(NoSpare::NoThread)?;
        roster.threads.retain(|thread| !thread.is_finished());
        roster.threads.push(thread);
        roster.spares += 1;
        Ok(spare)
    }

    /// Reclaims a worker's place, after a call in which it was handed off.
    #[cold]
    pub(crate) fn reclaim(&self, worker: &Worker) {
        let mut roster = self.lock();
        let spare = roster.substitutes.remove(&worker.id);
        roster.retire(spare);
        drop(roster);
        // It was idle to the monitor while its place was handed off.
        self.set_busy(worker);
    }

    /// Notes how many places can still be handed off, to be read without the lock.
    fn count_spares(&self, roster: &Roster) {
        let left = self.max_spares - roster.spares + roster.idle.len();
        self.spares_left.store(left, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Roster> {
        ignore_poison(self.roster.0.lock())
    }
}

impl Watched for Arc<Workers> {
    fn tick(&self, snapshots: &mut HashMap<usize, Snapshot>) -> Observed {
        let mut observed = Observed::Nothing;
        let mut overdue = Vec::new();
        let last = mem::take(snapshots);
        for worker in &self.lock().active {
            let snapshot = worker.call_state.snapshot();
            snapshots.insert(worker.id, snapshot);
            let before = last.get(&worker.id).copied().unwrap_or_default();
            observed = observed.max(match snapshot.current_call() {
                Some(_) if snapshot != before => Observed::Running,
                None if snapshot != before => Observed::Calls,
                Some(call) => {
                    overdue.push((Arc::clone(worker), call));
                    Observed::Nothing
                }
                None => Observed::Nothing,
            });
        }
        for (worker, call) in &overdue {
            // Without a spare the call runs on, and a later tick tries again.
            let _ = self.hand_off(worker, *call);
        }
        observed
    }

    fn is_idle(&self) -> bool {
        let roster = self.lock();
        let mut active = roster.active.iter();
        active.all(|worker| worker.idle.load(Ordering::SeqCst) || worker.call_state.is_handed_off())
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

/// Why a place can't be handed off.
#[derive(Debug)]
pub(crate) enum NoSpare {
    /// There are as many spares as there may be, and all are in use.
    AllInUse,
    /// The system has no thread to give.
    NoThread(io::Error),
}
