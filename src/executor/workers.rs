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
//!
//! # Dropping an executor
//!
//! | phase | begins | meanwhile | ends |
//! |---|---|---|---|
//! | `Open` | | | `close`, by the drop |
//! | `Closed` | parked `.get()`s in polls panic, and the list of tasks is closed: each task ends at its next poll | workers and spares run, and the monitor relieves those that block: a task may have to wait for another one's end | no worker has a task to run, and no task waits, but those whose polls are left (`try_end`) |
//! | `Ended` | all workers retire | no place is handed off any more | all threads have ended but those that are left |
//!
//! A poll is *left* once it was blocked for a while (`stalls.rs`): what it waits for may be the drop itself, or what the dropping thread
//! holds. The drop waits for the end of the last phase, except on one of the executor's own threads. Who is left holds the
//! executor's memory, so that it is not used again before the last of them has ended.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use crate::executor::call_state::{CallId, Snapshot};
use crate::executor::monitor::{Monitor, Observed, Watched};
use crate::executor::os_thread::OsThread;
use crate::executor::record::PollNumber;
use crate::executor::roster::{MONITOR, Phase, Roster, Thread, Worker};
use crate::executor::scheduler::Scheduler;
use crate::executor::stalls::{Relieve, Stall};
use crate::sync::{
    Arc, AtomicBool, AtomicUsize, Condvar, Instant, Mutex, MutexGuard, Ordering, ignore_poison,
    thread,
};

/// How long a spare thread idles before it ends.
const SPARE_IDLES: Duration = Duration::from_secs(10);

/// On cache lines of its own: the monitor takes the lock at each tick, and calls read what is beside it.
#[repr(align(128))]
struct Apart<T>(T);

/// What a worker does on its thread while it is active.
type Run = fn(&Arc<Workers>, &Arc<Worker>);

/// How the threads of an executor are configured.
#[derive(Clone)]
pub(crate) struct Config {
    /// The first part of the threads' names.
    pub(crate) name: String,
    pub(crate) max_spares: usize,
    /// The stack of each thread, in bytes. `None` means the default of `std`.
    pub(crate) stack_size: Option<usize>,
    /// What is told of stalls.
    pub(crate) on_stall: Option<OnStall>,
}

/// What is told of stalls.
pub(crate) type OnStall = Arc<dyn Fn(&Stall) + Send + Sync>;

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("name", &self.name)
            .field("max_spares", &self.max_spares)
            .field("stack_size", &self.stack_size)
            .finish_non_exhaustive()
    }
}

/// The threads of an executor and what they share.
pub(crate) struct Workers {
    scheduler: Scheduler,
    run: Run,
    /// How many threads run tasks at once.
    threads: usize,
    config: Config,
    roster: Apart<Mutex<Roster>>,
    /// Whether `Roster::phase` is past `Open`, to be read without the lock.
    closed: AtomicBool,
    /// Tells the thread that drops the executor that the phase has changed, or that a thread has ended or is left.
    changed: Condvar,
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
        config: Config,
    ) -> io::Result<Arc<Self>> {
        let workers = Arc::new(Workers {
            scheduler,
            run,
            threads,
            roster: Apart(Mutex::default()),
            closed: AtomicBool::new(false),
            changed: Condvar::new(),
            spares_left: AtomicUsize::new(config.max_spares),
            config,
            monitor: Monitor::new(),
        });
        let started = workers.start_threads();
        if started.is_err() {
            workers.stop(|wait| wait());
        }
        started.map(|()| workers)
    }

    fn start_threads(self: &Arc<Self>) -> io::Result<()> {
        let mut roster = self.lock();
        for i in 0..self.threads {
            let worker = roster.new_worker();
            roster.activate(Arc::clone(&worker));
            let begun =
                self.start_worker(&mut roster, &i.to_string(), &worker, |workers, worker| {
                    (workers.run)(workers, worker);
                });
            if begun.is_err() {
                roster.active.pop();
            }
            begun?;
        }
        self.start_thread(&mut roster, "monitor", MONITOR, |workers| {
            workers.monitor.run(workers);
        })
    }

    /// Starts the thread of a worker.
    fn start_worker(
        self: &Arc<Self>,
        roster: &mut Roster,
        name: &str,
        worker: &Arc<Worker>,
        run: fn(&Arc<Self>, &Arc<Worker>),
    ) -> io::Result<()> {
        let worker = Arc::clone(worker);
        self.start_thread(roster, name, worker.id, move |workers| {
            let _ = worker.os_thread.set(OsThread::current());
            run(workers, &worker);
        })
    }

    /// Starts a thread, under the name of the executor and its own.
    fn start_thread(
        self: &Arc<Self>,
        roster: &mut Roster,
        name: &str,
        id: usize,
        run: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) -> io::Result<()> {
        let mut builder = thread::Builder::new().name(format!("{}-{name}", self.config.name));
        if let Some(stack_size) = self.config.stack_size {
            builder = builder.stack_size(stack_size);
        }
        let workers = Arc::clone(self);
        let handle = builder.spawn(move || {
            run(&workers);
            let mut roster = workers.lock();
            if let Some(thread) = roster.threads.iter_mut().find(|thread| thread.id == id) {
                thread.has_ended = true;
            }
            if roster.phase == Phase::Ended {
                workers.changed.notify_all();
                workers.monitor.wake();
            }
        })?;
        // Those that have ended need not be joined: their handles would pile up.
        roster.threads.retain(|thread| !thread.has_ended);
        roster.threads.push(Thread {
            id,
            handle,
            has_ended: false,
        });
        Ok(())
    }

    /// Returns the scheduler of the tasks that the workers run.
    pub(crate) fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// Returns how many spares there may be.
    pub(crate) fn max_spares(&self) -> usize {
        self.config.max_spares
    }

    /// Ends all tasks and then all threads, and waits for them by `wait`, unless it runs on one of them.
    pub(crate) fn stop(&self, wait: impl FnOnce(&dyn Fn())) {
        self.close();
        // If a task is dropping its own executor, this thread can't wait for itself, nor for the others, which may wait
        // for what it holds. The last of them drops the rest.
        if !self.is_own_thread() {
            wait(&|| self.wait_until_over());
        }
    }

    /// Returns whether this thread is one of the executor's.
    fn is_own_thread(&self) -> bool {
        let here = thread::current().id();
        let roster = self.lock();
        let mut threads = roster.threads.iter();
        threads.any(|thread| thread.handle.thread().id() == here)
    }

    /// Begins the drop of the executor. See the module's documentation.
    pub(crate) fn close(&self) {
        let mut roster = self.lock();
        if roster.phase > Phase::Open {
            return;
        }
        roster.phase = Phase::Closed;
        self.closed.store(true, Ordering::SeqCst);
        for worker in &roster.active {
            worker.parked.wake();
        }
        drop(roster);
        self.scheduler.close();
        self.try_end();
        self.monitor.wake();
    }

    /// Ends the threads if the tasks have ended.
    fn try_end(&self) {
        let mut roster = self.lock();
        if roster.phase != Phase::Closed {
            return;
        }
        let mut left = Vec::new();
        for worker in &roster.active {
            if roster.is_left(worker) {
                left.push(worker.record.task());
            } else if !worker.idle.load(Ordering::SeqCst) {
                return;
            }
        }
        if self.scheduler.waits_for_tasks(&left) {
            return;
        }
        roster.phase = Phase::Ended;
        roster.forget_polls_that_ended();
        for worker in roster.active.iter().chain(&roster.idle) {
            worker.retire();
            worker.resume.notify_one();
        }
        self.changed.notify_all();
        self.monitor.wake();
    }

    /// Waits for the end of all threads but those that are left.
    fn wait_until_over(&self) {
        let roster = self.lock();
        let waited = self
            .changed
            .wait_while(roster, |roster| !roster.is_over(true));
        let mut roster = ignore_poison(waited);
        let threads = mem::take(&mut roster.threads);
        drop(roster);
        for thread in threads.into_iter().filter(|thread| thread.has_ended) {
            // Panics of tasks go to what awaits them; a worker has none of its own.
            let _ = thread.handle.join();
        }
        self.scheduler.end_rest();
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
        // Sequentially consistent, like `close`: either it sees that the worker is idle, or the worker sees that it is closed.
        worker.idle.store(true, Ordering::SeqCst);
        if self.is_closed() {
            // It may have run the last task.
            self.try_end();
        }
    }

    /// Retires a spare that was activated by `activate_spare`.
    pub(crate) fn retire_spare(&self, spare: Arc<Worker>) {
        self.lock().retire(Some(spare));
    }

    /// Returns whether the executor was dropped, so that nothing waits for its tasks.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
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
            roster.take_back(worker);
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
            if roster.phase == Phase::Ended {
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
        if roster.phase == Phase::Ended {
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
        if worker.record.is_relieved() {
            // The spare that it has is that of the call from now on.
            let handed_off = worker.call_state.hand_off(call);
            if handed_off {
                roster.keep(worker);
            }
            return Ok(handed_off);
        }
        let spare = self.find_spare(&mut roster)?;
        let handed_off = worker.call_state.hand_off(call);
        if handed_off {
            self.substitute(roster, worker, spare);
        } else {
            roster.deactivate(spare);
            self.count_spares(&roster);
        }
        Ok(handed_off)
    }

    /// Gives the place of a worker to a spare.
    fn substitute(&self, mut roster: MutexGuard<'_, Roster>, worker: &Worker, spare: Arc<Worker>) {
        roster.substitutes.insert(worker.id, Arc::clone(&spare));
        self.activate(roster, spare);
    }

    /// Activates a spare that is on no list.
    fn activate(&self, mut roster: MutexGuard<'_, Roster>, spare: Arc<Worker>) {
        roster.activate(Arc::clone(&spare));
        self.count_spares(&roster);
        drop(roster);
        // Only now, or it would wait for the lock.
        spare.resume.notify_one();
    }

    /// Activates a spare for a thread that is not one of the workers.
    pub(crate) fn activate_spare(self: &Arc<Self>) -> Result<Arc<Worker>, NoSpare> {
        let mut roster = self.lock();
        let spare = self.find_spare(&mut roster)?;
        self.activate(roster, Arc::clone(&spare));
        Ok(spare)
    }

    /// Takes a spare that idles, or starts one.
    fn find_spare(self: &Arc<Self>, roster: &mut Roster) -> Result<Arc<Worker>, NoSpare> {
        if let Some(spare) = roster.idle.pop() {
            return Ok(spare);
        }
        if roster.spares >= self.spares_allowed(roster) {
            return Err(NoSpare::AllInUse);
        }
        let spare = roster.new_worker();
        self.start_worker(roster, "spare", &spare, Self::run_spare)
            .map_err(NoSpare::NoThread)?;
        roster.spares += 1;
        Ok(spare)
    }

    /// How many spares there may be now.
    fn spares_allowed(&self, roster: &Roster) -> usize {
        let more = match roster.phase {
            Phase::Open => 0,
            // What the last tasks wait for may have to come from one of them, whatever else is blocked.
            Phase::Closed | Phase::Ended => self.threads,
        };
        self.config.max_spares.saturating_add(more)
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
        let left = self.spares_allowed(roster) - roster.spares + roster.idle.len();
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
        // A worker that misses that it was relieved has to be given its place back.
        roster.relieved == 0
            && active.all(|worker| {
                worker.idle.load(Ordering::SeqCst) || worker.call_state.is_handed_off()
            })
    }

    fn is_over(&self) -> bool {
        self.lock().is_over(false)
    }
}

impl Relieve for Arc<Workers> {
    fn active(&self) -> Vec<Arc<Worker>> {
        self.lock().active.clone()
    }

    fn stamps_all(&self) -> bool {
        self.scheduler.stamps_all()
    }

    fn probe(&self, flag: Arc<AtomicBool>) {
        self.scheduler.probe(flag);
    }

    fn relieve(&self, worker: &Worker, poll: PollNumber) -> bool {
        let mut roster = self.lock();
        // For those that say that they block, others are to be left.
        let is_moot = roster.phase == Phase::Ended
            || roster.relieved >= self.spares_allowed(&roster) / 2
            || worker.is_retiring()
            || worker.record.is_relieved()
            || worker.record.poll() != poll
            || worker.call_state.is_in_call();
        if is_moot {
            return false;
        }
        let Ok(spare) = self.find_spare(&mut roster) else {
            return false;
        };
        worker.record.set_relieved(true);
        roster.relieved += 1;
        self.substitute(roster, worker, spare);
        true
    }

    fn take_back(&self, worker: &Worker) {
        if worker.record.is_relieved() {
            self.lock().take_back(worker);
        }
    }

    fn is_closed(&self) -> bool {
        Workers::is_closed(self)
    }

    fn leave(&self, worker: &Worker, poll: PollNumber) {
        let mut roster = self.lock();
        roster.left.insert(worker.id, poll);
        drop(roster);
        self.changed.notify_all();
        self.try_end();
    }

    fn report(&self, stall: &Stall) {
        if let Some(on_stall) = &self.config.on_stall {
            // The panic hook has reported the panic, and the monitor goes on.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| on_stall(stall)));
        }
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
