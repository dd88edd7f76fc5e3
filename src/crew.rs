//! The threads of an executor, and how they stand in for each other.
//!
//! An executor of `n` threads lets `n` of them make progress. A worker that blocks in a task
//! gives its place to a spare thread; when it comes back, the spare leaves as soon as its runner
//! lets it (async-executor looks up after at most 200 polls), and waits for the next call, for a
//! while. A thread that is about to block never runs
//! other tasks on its own stack: whatever it runs there has to end before it can go on itself,
//! and may be waiting for just that.
//!
//! # Who may change what
//!
//! All that concerns more than one thread is in the [`Roster`], under one lock: who is on
//! duty, who idles, who stands in for whom. It is taken when a place is handed over, taken back
//! or given up, and by the monitor's rounds; never around the polls of tasks, and never while a
//! runner of async-executor is dropped, which takes locks of its own.
//!
//! A place has a chain of owners: the worker, the spare that stands in for it, the spare that
//! stands in for that one since it blocks as well. Whoever takes his place back dismisses all
//! those behind him.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::task::Poll;
use std::time::Duration;

use crate::monitor::Monitor;
use crate::runner;
use crate::slot::{Call, Look, Slot};
use crate::sync::{
    Arc, AtomicBool, AtomicUsize, AtomicWaker, Condvar, Instant, JoinHandle, Mutex, MutexGuard,
    Ordering, PoisonError, thread,
};
use crate::tasks::Tasks;

/// How long a spare thread waits for the next call before it ends.
const SPARE_IDLES: Duration = Duration::from_secs(10);

/// A thread of an executor: one of its workers, or a spare.
pub(crate) struct Worker {
    /// Its key in the roster.
    id: usize,
    /// Whether it is in a call that may block.
    pub(crate) slot: Slot,
    /// Whether it has no task to run.
    idle: AtomicBool,
    /// Whether it is among those on duty, and not among those that idle. It is changed under the
    /// roster's lock.
    on_duty: AtomicBool,
    /// Whether it is to stop running tasks. It is changed under the roster's lock.
    leave: AtomicBool,
    /// Wakes it, to see that it is to leave.
    runner: AtomicWaker,
    /// Wakes a `.get()` that is parked on it, to see that the executor is gone.
    pub(crate) parked: AtomicWaker,
    /// Wakes it from idling, to see that it is on duty again. It goes with the roster's lock.
    duty: Condvar,
}

/// Who does what. The crew's lock is around it.
#[derive(Default)]
struct Roster {
    /// The threads that run tasks, or are blocked in one.
    on_duty: Vec<Arc<Worker>>,
    /// The spares that wait for a call.
    idle: Vec<Arc<Worker>>,
    /// Who stands in for a worker, by the worker's id.
    relief: HashMap<usize, Arc<Worker>>,
    /// How many spares there are, idle or not.
    spares: usize,
    /// The next worker's id.
    next_id: usize,
    /// The threads to join, some of which may have ended.
    threads: Vec<JoinHandle<()>>,
    /// Whether the executor was dropped.
    stopped: bool,
}

/// On cache lines of its own: the monitor takes the lock in each round, and calls read what is
/// beside it.
#[repr(align(128))]
struct Apart<T>(T);

/// The threads of an executor and what they share.
pub(crate) struct Crew {
    tasks: Tasks,
    name: String,
    max_spares: usize,
    roster: Apart<Mutex<Roster>>,
    /// `Roster::stopped`, to be read without the lock.
    stopped: AtomicBool,
    /// How many more spares may be on duty at once, to be read without the lock.
    spares_left: AtomicUsize,
    pub(crate) monitor: Monitor,
}

impl Crew {
    /// Starts the threads of an executor.
    pub(crate) fn start(
        tasks: Tasks,
        threads: usize,
        name: &str,
        max_spares: usize,
    ) -> io::Result<Arc<Self>> {
        let crew = Arc::new(Crew {
            tasks,
            name: name.into(),
            max_spares,
            roster: Apart(Mutex::default()),
            stopped: AtomicBool::new(false),
            spares_left: AtomicUsize::new(max_spares),
            monitor: Monitor::new(),
        });
        let started = crew.start_threads(threads);
        if started.is_err() {
            crew.stop();
        }
        started.map(|()| crew)
    }

    fn start_threads(self: &Arc<Self>, threads: usize) -> io::Result<()> {
        let mut roster = self.lock();
        for i in 0..threads {
            let worker = roster.new_worker();
            roster.put_on_duty(Arc::clone(&worker));
            let crew = Arc::clone(self);
            let thread = thread::Builder::new()
                .name(format!("{}-{i}", self.name))
                .spawn(move || runner::run(&crew, &worker))?;
            roster.threads.push(thread);
        }
        let crew = Arc::clone(self);
        let monitor = thread::Builder::new()
            .name(format!("{}-monitor", self.name))
            .spawn(move || crew.monitor.run(&crew))?;
        roster.threads.push(monitor);
        Ok(())
    }

    /// Returns the tasks that the crew runs.
    pub(crate) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Stops all threads, and waits for them to end, unless it runs on one of them.
    pub(crate) fn stop(&self) {
        let mut roster = self.lock();
        roster.stopped = true;
        self.stopped.store(true, Ordering::SeqCst);
        for worker in roster.on_duty.iter().chain(&roster.idle) {
            worker.dismiss();
            worker.parked.wake();
            worker.duty.notify_one();
        }
        let threads = mem::take(&mut roster.threads);
        drop(roster);
        self.monitor.wake();

        let here = thread::current().id();
        if threads.iter().any(|thread| thread.thread().id() == here) {
            // A task is dropping its own executor: this thread can't wait for itself, nor
            // the others for what it may hold. The last of them drops the tasks.
            return;
        }
        for thread in threads {
            // Panics of tasks go to whoever awaits them; a worker has none of its own.
            let _ = thread.join();
        }
    }

    /// Notes that a worker has something to do, and that the monitor has to look.
    pub(crate) fn is_busy(&self, worker: &Worker) {
        // Sequentially consistent, like the monitor's side: either it sees that the worker is
        // busy, or the worker sees that it sleeps.
        worker.idle.store(false, Ordering::SeqCst);
        self.monitor.wake_if_asleep();
    }

    /// Notes that a worker has nothing to do.
    pub(crate) fn is_waiting(&self, worker: &Worker) {
        worker.idle.store(true, Ordering::Release);
    }

    /// Sends a spare that was called in back to idle.
    pub(crate) fn dismiss_spare(&self, spare: Arc<Worker>) {
        self.lock().dismiss(Some(spare));
    }

    /// Returns whether a place can be handed over at the moment.
    #[inline]
    pub(crate) fn has_spares(&self) -> bool {
        self.spares_left.load(Ordering::Relaxed) > 0
    }

    /// Runs a spare thread until it has idled for long enough.
    fn run_spare(self: &Arc<Self>, worker: &Arc<Worker>) {
        while self.wait_for_duty(worker) {
            runner::run(self, worker);
            let mut roster = self.lock();
            roster.on_duty.retain(|other| !Arc::ptr_eq(other, worker));
            roster.put_to_idle(Arc::clone(worker));
            self.count_spares(&roster);
        }
    }

    /// Waits until a spare is needed, and says whether it is.
    fn wait_for_duty(&self, worker: &Arc<Worker>) -> bool {
        let until = Instant::now() + SPARE_IDLES;
        let mut roster = self.lock();
        loop {
            if roster.stopped {
                return false;
            }
            // It may have been dismissed again since, and has to go through the motions.
            if worker.on_duty.load(Ordering::Relaxed) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                roster.idle.retain(|other| !Arc::ptr_eq(other, worker));
                roster.spares -= 1;
                self.count_spares(&roster);
                return false;
            }
            let waited = worker.duty.wait_timeout(roster, left);
            roster = ignore_poison(waited).0;
        }
    }

    /// Gives a worker's place to a spare, if the call is still there and was not handed over, and
    /// says whether it did.
    ///
    /// # Errors
    ///
    /// Fails if there is no spare to be had.
    pub(crate) fn hand_over(
        self: &Arc<Self>,
        worker: &Worker,
        call: Call,
    ) -> Result<bool, NoSpare> {
        let mut roster = self.lock();
        if roster.stopped {
            return Ok(false);
        }
        if worker.leave.load(Ordering::Relaxed) {
            // It was dismissed and has no place to hand over. But nobody joins in its stead
            // who would look for the tasks in its local queue.
            let handed = worker.slot.hand_over(call);
            drop(roster);
            self.tasks.kick();
            return Ok(handed);
        }
        // The worker parks, and the monitor has seen to it already: a spare that can't be had
        // is none that is missing.
        if worker.slot.call() != Some(call) {
            return Ok(false);
        }
        let spare = self.find_spare(&mut roster)?;
        let handed = worker.slot.hand_over(call);
        if handed {
            roster.relief.insert(worker.id, Arc::clone(&spare));
            roster.put_on_duty(Arc::clone(&spare));
        } else {
            roster.put_to_idle(Arc::clone(&spare));
        }
        self.count_spares(&roster);
        drop(roster);
        // Only now, or it would wait for the lock.
        spare.duty.notify_one();
        Ok(handed)
    }

    /// Puts a spare on duty for a thread that is none of ours.
    pub(crate) fn call_in_spare(self: &Arc<Self>) -> Result<Arc<Worker>, NoSpare> {
        let mut roster = self.lock();
        let spare = self.find_spare(&mut roster)?;
        roster.put_on_duty(Arc::clone(&spare));
        self.count_spares(&roster);
        drop(roster);
        spare.duty.notify_one();
        Ok(spare)
    }

    /// Takes a spare that idles, or starts one.
    fn find_spare(self: &Arc<Self>, roster: &mut Roster) -> Result<Arc<Worker>, NoSpare> {
        if let Some(spare) = roster.idle.pop() {
            return Ok(spare);
        }
        if roster.spares >= self.max_spares {
            return Err(NoSpare::Bound(self.max_spares));
        }
        let spare = roster.new_worker();
        let (crew, worker) = (Arc::clone(self), Arc::clone(&spare));
        let thread = thread::Builder::new()
            .name(format!("{}-spare", self.name))
            .spawn(move || crew.run_spare(&worker))
            .map_err(NoSpare::Thread)?;
        roster.threads.retain(|thread| !thread.is_finished());
        roster.threads.push(thread);
        roster.spares += 1;
        Ok(spare)
    }

    /// Takes a worker's place back, after a call in which it was handed over.
    #[cold]
    pub(crate) fn take_back(&self, worker: &Worker) {
        let mut roster = self.lock();
        let spare = roster.relief.remove(&worker.id);
        roster.dismiss(spare);
        drop(roster);
        // It was idle to the monitor while it was handed over.
        self.is_busy(worker);
    }

    /// Looks at all workers, hands over the places of those that were in the same call in the
    /// last round, and says what there was to see.
    ///
    /// `looks` is what was seen in the last round, by the worker's id. (It is the monitor's, and
    /// not beside the slots, where its writes would cost the workers a cache miss each.)
    pub(crate) fn round(self: &Arc<Self>, looks: &mut HashMap<usize, Look>) -> Seen {
        let mut seen = Seen::Nothing;
        let mut overdue = Vec::new();
        let last = mem::take(looks);
        for worker in &self.lock().on_duty {
            let look = worker.slot.look();
            looks.insert(worker.id, look);
            let before = last.get(&worker.id).copied().unwrap_or_default();
            seen = seen.max(match look.call() {
                Some(_) if look != before => Seen::Running,
                None if look != before => Seen::Calls,
                Some(call) => {
                    overdue.push((Arc::clone(worker), call));
                    Seen::Nothing
                }
                None => Seen::Nothing,
            });
        }
        for (worker, call) in &overdue {
            // Without a spare the call runs on, and a later round tries again.
            let _ = self.hand_over(worker, *call);
        }
        seen
    }

    /// Whether no worker has anything to do that the monitor should watch.
    pub(crate) fn is_idle(&self) -> bool {
        let roster = self.lock();
        roster
            .on_duty
            .iter()
            .all(|worker| worker.idle.load(Ordering::SeqCst) || worker.slot.is_handed_over())
    }

    /// Whether the executor was dropped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Notes, for who asks without the lock, how many places can still be handed over.
    fn count_spares(&self, roster: &Roster) {
        let left = self.max_spares - roster.spares + roster.idle.len();
        self.spares_left.store(left, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Roster> {
        ignore_poison(self.roster.0.lock())
    }
}

/// A lock is never held around code that may panic.
fn ignore_poison<T>(lock: Result<T, PoisonError<T>>) -> T {
    lock.unwrap_or_else(PoisonError::into_inner)
}

impl Roster {
    /// Makes a worker, which has yet to get a thread.
    fn new_worker(&mut self) -> Arc<Worker> {
        self.next_id += 1;
        Arc::new(Worker {
            id: self.next_id,
            slot: Slot::new(),
            idle: AtomicBool::new(false),
            on_duty: AtomicBool::new(false),
            leave: AtomicBool::new(false),
            runner: AtomicWaker::new(),
            parked: AtomicWaker::new(),
            duty: Condvar::new(),
        })
    }

    /// Puts a worker on duty that is on no list. It has to be notified afterwards.
    fn put_on_duty(&mut self, worker: Arc<Worker>) {
        worker.on_duty.store(true, Ordering::Relaxed);
        worker.leave.store(false, Ordering::Relaxed);
        worker.idle.store(false, Ordering::Relaxed);
        self.on_duty.push(worker);
    }

    /// Lets a spare idle that is on no list.
    fn put_to_idle(&mut self, spare: Arc<Worker>) {
        spare.on_duty.store(false, Ordering::Relaxed);
        self.idle.push(spare);
    }

    /// Dismisses a spare, and those that stand in for it in turn.
    fn dismiss(&mut self, mut spare: Option<Arc<Worker>>) {
        while let Some(worker) = spare {
            worker.dismiss();
            spare = self.relief.remove(&worker.id);
        }
    }
}

impl Worker {
    /// Tells the worker to leave at the end of its poll.
    fn dismiss(&self) {
        self.leave.store(true, Ordering::Release);
        self.runner.wake();
    }

    /// Completes once the worker is to leave.
    pub(crate) fn left(&self) -> impl Future<Output = ()> {
        poll_fn(|cx| {
            self.runner.register(cx.waker());
            if self.leave.load(Ordering::Acquire) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }
}

/// What the monitor saw in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seen {
    /// Nothing that was not there in the last round.
    Nothing,
    /// Calls have come since the last round, and have ended or been handed over.
    Calls,
    /// A call runs that did not in the last round.
    Running,
}

/// Why a place can't be handed over.
#[derive(Debug)]
pub(crate) enum NoSpare {
    /// There are as many spares as there may be.
    Bound(usize),
    /// The system has no thread to give.
    Thread(io::Error),
}

impl NoSpare {
    #[cold]
    pub(crate) fn panic(self) -> ! {
        match self {
            NoSpare::Bound(bound) => panic!(
                "cannot block here: all {bound} spare threads of this executor stand in for tasks \
                 that block already. Use `Builder::max_spares` to allow for more, or `.await` in \
                 some of these tasks."
            ),
            NoSpare::Thread(error) => panic!(
                "cannot block here: the system can't start a thread to stand in for this one: \
                 {error}. Use `.await` here."
            ),
        }
    }
}
