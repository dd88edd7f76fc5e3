//! The threads of an executor, and how they stand in for each other.
//!
//! An executor of `n` threads lets `n` of them make progress. A worker that blocks in a task
//! gives its place to a spare thread; when it comes back, the spare leaves at the end of its
//! poll and waits for the next call, for a while. A thread that is about to block never runs
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
//!
//! # Runners that leave
//!
//! async-executor looks through the workers' local queues with `try_read`, and a runner that
//! leaves holds the write lock: whoever searches just then sees no work and goes to sleep, and
//! the tasks in the queue of a worker that blocks are lost to all. So each runner that leaves
//! spawns one empty task afterwards, which makes somebody search again.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;

use crate::context::{self, Host, HostRef, Place};
use crate::drive;
use crate::monitor::Monitor;
use crate::slot::{Call, Slot};

/// How long a spare thread waits for the next call before it ends.
const SPARE_IDLES: Duration = Duration::from_secs(10);

/// A thread of an executor: one of its workers, or a spare.
pub(crate) struct Worker {
    /// Its key in the roster.
    id: usize,
    /// Whether it is in a call that may block.
    slot: Slot,
    /// The call that the monitor saw in its last round.
    seen: Mutex<Option<Call>>,
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
    parked: AtomicWaker,
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

/// The threads of an executor and what they share.
pub(crate) struct Crew {
    ex: Arc<async_executor::Executor<'static>>,
    name: String,
    max_spares: usize,
    roster: Mutex<Roster>,
    /// `Roster::stopped`, to be read without the lock.
    stopped: AtomicBool,
    /// How many more spares may be on duty at once, to be read without the lock.
    spares_left: AtomicUsize,
    pub(crate) monitor: Monitor,
}

impl Crew {
    /// Starts the threads of an executor.
    pub(crate) fn start(
        ex: Arc<async_executor::Executor<'static>>,
        threads: usize,
        name: &str,
        max_spares: usize,
    ) -> io::Result<Arc<Self>> {
        let crew = Arc::new(Crew {
            ex,
            name: name.into(),
            max_spares,
            roster: Mutex::default(),
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
                .spawn(move || crew.run(&worker))?;
            roster.threads.push(thread);
        }
        let crew = Arc::clone(self);
        let monitor = thread::Builder::new()
            .name(format!("{}-monitor", self.name))
            .spawn(move || crew.monitor.run(&crew))?;
        roster.threads.push(monitor);
        Ok(())
    }

    /// Returns the executor that schedules the tasks.
    pub(crate) fn executor(&self) -> &async_executor::Executor<'static> {
        &self.ex
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

    /// Runs tasks on the current thread until the worker is to leave.
    fn run(self: &Arc<Self>, worker: &Arc<Worker>) {
        let host = Arc::new(WorkerHost {
            crew: Arc::clone(self),
            worker: Arc::clone(worker),
        });
        {
            let mut runner = pin!(self.ex.run(worker.left()));
            drive::block_on(context::hosted(
                &host,
                poll_fn(|cx| {
                    self.is_busy(worker);
                    let poll = runner.as_mut().poll(cx);
                    worker.idle.store(true, Ordering::Release);
                    poll
                }),
            ));
        }
        // The runner is gone. See "Runners that leave".
        self.ex.spawn(async {}).detach();
    }

    /// Notes that a worker has something to do, and that the monitor has to look.
    fn is_busy(&self, worker: &Worker) {
        // Sequentially consistent, like the monitor's side: either it sees that the worker is
        // busy, or the worker sees that it sleeps.
        worker.idle.store(false, Ordering::SeqCst);
        self.monitor.wake_if_asleep();
    }

    /// Runs a spare thread until it has idled for long enough.
    fn run_spare(self: &Arc<Self>, worker: &Arc<Worker>) {
        while self.wait_for_duty(worker) {
            self.run(worker);
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

    /// Gives a worker's place to a spare, if the call is still there and was not handed over.
    ///
    /// # Errors
    ///
    /// Fails if there is no spare to be had.
    fn hand_over(self: &Arc<Self>, worker: &Worker, call: Call) -> Result<(), NoSpare> {
        let mut roster = self.lock();
        // Whoever was dismissed has no place to hand over.
        if roster.stopped || worker.leave.load(Ordering::Relaxed) {
            return Ok(());
        }
        let spare = self.find_spare(&mut roster)?;
        if worker.slot.hand_over(call) {
            roster.relief.insert(worker.id, Arc::clone(&spare));
            roster.put_on_duty(spare);
        } else {
            roster.put_to_idle(spare);
        }
        self.count_spares(&roster);
        Ok(())
    }

    /// Puts a spare on duty for a thread that is none of ours.
    fn call_in_spare(self: &Arc<Self>) -> Result<Arc<Worker>, NoSpare> {
        let mut roster = self.lock();
        let spare = self.find_spare(&mut roster)?;
        roster.put_on_duty(Arc::clone(&spare));
        self.count_spares(&roster);
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
    fn take_back(&self, worker: &Worker) {
        let mut roster = self.lock();
        let spare = roster.relief.remove(&worker.id);
        roster.dismiss(spare);
        drop(roster);
        // It was idle to the monitor while it was handed over.
        self.is_busy(worker);
    }

    /// Looks at all workers, hands over the places of those that were in the same call in the
    /// last round, and says whether there was one.
    pub(crate) fn round(self: &Arc<Self>) -> bool {
        let mut overdue = Vec::new();
        for worker in &self.lock().on_duty {
            let call = worker.slot.call();
            let seen = mem::replace(&mut *ignore_poison(worker.seen.lock()), call);
            if let Some(call) = call.filter(|_| call == seen) {
                overdue.push((Arc::clone(worker), call));
            }
        }
        for (worker, call) in &overdue {
            // Without a spare the call runs on, and the next round tries again.
            let _ = self.hand_over(worker, *call);
        }
        !overdue.is_empty()
    }

    /// Whether no worker has anything to do that the monitor should watch.
    pub(crate) fn is_idle(&self) -> bool {
        let roster = self.lock();
        roster.on_duty.iter().all(|worker| {
            worker.idle.load(Ordering::SeqCst) || worker.slot.is_handed_over()
        })
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
        ignore_poison(self.roster.lock())
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
            seen: Mutex::new(None),
            idle: AtomicBool::new(false),
            on_duty: AtomicBool::new(false),
            leave: AtomicBool::new(false),
            runner: AtomicWaker::new(),
            parked: AtomicWaker::new(),
            duty: Condvar::new(),
        })
    }

    /// Puts a worker on duty that is on no list.
    fn put_on_duty(&mut self, worker: Arc<Worker>) {
        worker.on_duty.store(true, Ordering::Relaxed);
        worker.leave.store(false, Ordering::Relaxed);
        worker.idle.store(false, Ordering::Relaxed);
        worker.duty.notify_one();
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
    fn left(&self) -> impl Future<Output = ()> {
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

/// Why a place can't be handed over.
#[derive(Debug)]
enum NoSpare {
    /// There are as many spares as there may be.
    Bound(usize),
    /// The system has no thread to give.
    Thread(io::Error),
}

impl NoSpare {
    #[cold]
    fn panic(self) -> ! {
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

impl Drop for Crew {
    fn drop(&mut self) {
        // Tasks are dropped as they are polled: with the flag up.
        context::inside_executor(|| drop(mem::take(&mut self.ex)));
    }
}

/// What a worker's thread turns to before it blocks.
struct WorkerHost {
    crew: Arc<Crew>,
    worker: Arc<Worker>,
}

impl Host for WorkerHost {
    fn can_block(&self) -> bool {
        self.crew.spares_left.load(Ordering::Relaxed) > 0
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        if context::current() == Place::Driving {
            self.park(block);
        } else {
            self.watch(block);
        }
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.worker.parked.register(cx.waker());
        if self.crew.is_stopped() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn has_pool(&self) -> bool {
        false
    }
}

impl WorkerHost {
    /// Runs a call that may turn out to be long.
    #[inline]
    fn watch(&self, block: &mut dyn FnMut()) {
        /// Ends the call, on unwind too.
        struct End<'a>(&'a WorkerHost, Call);

        impl Drop for End<'_> {
            #[inline]
            fn drop(&mut self) {
                if self.0.worker.slot.end(self.1) {
                    self.0.crew.take_back(&self.0.worker);
                }
            }
        }

        let _end = self.worker.slot.begin().map(|call| End(self, call));
        block();
    }

    /// Parks: the place goes to a spare at once.
    fn park(&self, block: &mut dyn FnMut()) {
        /// Forgets the waker of the `.get()` that was parked.
        struct Forget<'a>(&'a Worker);

        impl Drop for Forget<'_> {
            fn drop(&mut self) {
                self.0.parked.take();
            }
        }

        let _forget = Forget(&self.worker);
        if let Some(call) = self.worker.slot.call() {
            if let Err(none) = self.crew.hand_over(&self.worker, call) {
                none.panic();
            }
        }
        block();
    }
}

/// What a thread of somebody else's turns to, in a task of an executor that was adopted.
///
/// It holds no executor: tasks hold their host, and an executor its tasks.
pub(crate) struct Guest(pub(crate) Weak<Crew>);

impl Host for Guest {
    fn can_block(&self) -> bool {
        self.0
            .upgrade()
            .is_some_and(|crew| crew.spares_left.load(Ordering::Relaxed) > 0)
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        /// Dismisses the spare, on unwind too.
        struct Dismiss(Arc<Crew>, Option<Arc<Worker>>);

        impl Drop for Dismiss {
            fn drop(&mut self) {
                self.0.lock().dismiss(self.1.take());
            }
        }

        let crew = self.0.upgrade().filter(|_| context::current() == Place::Driving);
        let _dismiss = crew.map(|crew| match crew.call_in_spare() {
            Ok(spare) => Dismiss(crew, Some(spare)),
            Err(none) => none.panic(),
        });
        block();
    }

    fn has_pool(&self) -> bool {
        false
    }
}

/// What a thread turns to that runs `block_on`: whoever it turned to before, if anybody.
pub(crate) struct Root(pub(crate) Option<HostRef>);

impl Host for Root {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        match &self.0 {
            Some(host) => host.block_in_place(block),
            None => block(),
        }
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.0 {
            Some(host) => host.poll_stopped(cx),
            None => Poll::Pending,
        }
    }

    fn has_pool(&self) -> bool {
        false
    }
}
