//! The threads that run jobs, and the jobs that wait for one of these threads.
//!
//! A job that may run is *ready*. It runs on a thread of the `blocking` crate, or on a *spare* thread of ours. `blocking` is
//! never given the job itself, which could not be taken back from its queue. It is given a *ticket*: "run the first ready
//! job". So any thread may take a job that has not begun. A ticket that finds no job ends.
//!
//! What becomes of a job that is pushed, by what there is at that time:
//!
//! | there is | the job | is run by |
//! |---|---|---|
//! | a thread of `blocking` that lingers, or whose job is ending | waits in `jobs` | that thread, which is called |
//! | a parked job, or as many tickets and carriers as `blocking` has threads | goes to a new spare thread | that thread |
//! | neither | waits in `jobs`, and `blocking` gets a ticket | a carrier that looks for a job, or the watchdog's spare |
//!
//! The states of a thread of `blocking`:
//!
//! | state | how it is marked | entered by |
//! |---|---|---|
//! | called by a ticket | counted in `tickets` | `push` |
//! | carrier | counted in `carriers` | `carry`, when `blocking` runs the ticket |
//! | ending its job, and not called | counted in `ending` | `Ending::announce`, when the code has run and its value is about to be passed on |
//! | lingering, one thread at most | also `lingers` | a carrier that finds no job |
//! | left | not counted | a carrier that finds no job while another one lingers, that has lingered in vain, or that has stayed long enough |
//!
//! A thread that was called takes a job before it leaves, if there is one. Each job in `jobs` was pushed with a call. So as
//! long as `blocking` runs its tickets, each job begins.
//!
//! `blocking` does not run them while others hold its threads, or if a program has lowered its limit. So a *watchdog* looks
//! at the first ready job every few milliseconds. If it is the same one in several looks, spare threads take jobs: one, then
//! two, then four, until jobs begin again. The watchdog also looks after jobs that are not ready ([`Carried::look`]). It ticks only while
//! jobs come, or are looked after, then sleeps, and ends after a while.
//!
//! All of this is under one lock. A thread that lingers, or is about to, saves a job its ticket, which is an allocation. It
//! lingers for a short time, and gives its thread back from time to time, for what others have sent to `blocking`. (A
//! job ends before its carrier lingers, and the one who awaits it may send the next job at once. Hence `ending`. The
//! watchdog looks after jobs that have called such a thread: a waker, which is code of others, may hold it up.)

use std::cell::Cell;
use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use crate::offload::max_threads;
use crate::sync::{Arc, Condvar, Instant, Mutex, MutexGuard, Thread, ignore_poison, thread};

/// How long a carrier waits for one more job.
const LINGER: Duration = Duration::from_millis(10);
/// After how long a carrier gives its thread back to `blocking`, though there may be jobs.
const STAY: Duration = Duration::from_millis(50);
/// The time between two looks of the watchdog.
const TICK: Duration = Duration::from_millis(5);
/// In how many looks in a row the first job has to be the same, until a spare takes it.
const LOOKS: u32 = 3;
/// After how many looks without a job the watchdog sleeps.
const QUIET_TICKS: u32 = 20;
/// How long the watchdog sleeps before it ends.
const KEEP: Duration = Duration::from_secs(10);

/// A job that a carrier runs.
pub(crate) trait Carried: Send + 'static {
    /// Runs the job. It does not unwind.
    fn run(self);

    /// Looks after jobs that are not ready, at each tick of the watchdog. Returns whether there are any to look after.
    fn look() -> bool;
}

/// The jobs of the process that may run, and the threads that run them.
pub(crate) struct Carriers<J> {
    ready: Mutex<Ready<J>>,
    /// Notified for the carrier that lingers.
    called: Condvar,
}

/// The jobs that are ready, and the counts of threads.
struct Ready<J> {
    /// The jobs that wait for a thread. Each has called one.
    jobs: VecDeque<J>,
    /// How many jobs were taken from `jobs`, ever.
    taken: usize,
    /// How many tickets `blocking` has not begun to run.
    tickets: usize,
    /// How many threads of `blocking` run our jobs, or look for one.
    carriers: usize,
    /// How many carriers are ending their job, and were not called.
    ending: usize,
    /// The carrier that lingers and was not called, by the number of its wait. Without the number, a carrier that was called
    /// would go on waiting if another one lingers before it wakes.
    lingers: Option<usize>,
    /// The number of the last wait.
    waits: usize,
    /// How many jobs are parked in a `.get()`.
    parked: usize,
    watchdog: Watchdog,
}

/// The state of the watchdog.
enum Watchdog {
    /// There is no thread.
    Off,
    /// It ticks.
    Awake,
    /// This thread sleeps.
    Asleep(Thread),
}

thread_local! {
    /// How far a carrier's thread is with its job.
    static STAGE: Cell<Stage> = const { Cell::new(Stage::Nothing) };
}

/// How far a carrier's thread is with its job.
#[derive(Clone, Copy)]
enum Stage {
    /// The thread has no job, or is in the midst of it.
    Nothing,
    /// The thread has taken a job, whose code has not begun.
    Begins,
    /// The code has run. The thread is counted in `ending`, unless it was called since.
    Announced,
}

/// The end of the job on this thread, which its code announces.
pub(crate) struct Ending(bool);

impl Ending {
    /// Notes that code of a job begins. The first code after a carrier has taken a job is that of the job.
    #[inline]
    pub(crate) fn of_code() -> Self {
        Ending(matches!(STAGE.replace(Stage::Nothing), Stage::Begins))
    }

    /// Announces that the code has run: its carrier is about to take another job.
    #[inline]
    pub(crate) fn announce<J: Carried>(self, carriers: &'static Carriers<J>) {
        if self.0 {
            carriers.lock().ending += 1;
            STAGE.set(Stage::Announced);
        }
    }
}

/// A job that is parked, until this is dropped.
pub(crate) struct Parked<J: Carried>(&'static Carriers<J>);

impl<J: Carried> Drop for Parked<J> {
    fn drop(&mut self) {
        self.0.lock().parked -= 1;
    }
}

impl<J> Ready<J> {
    /// Takes the first job.
    fn take(&mut self) -> Option<J> {
        let job = self.jobs.pop_front()?;
        self.taken = self.taken.wrapping_add(1);
        Some(job)
    }

    /// Calls a carrier that is ending its job, and returns whether there is one.
    fn call_ending(&mut self) -> bool {
        let calls = self.ending > 0;
        self.ending -= usize::from(calls);
        calls
    }

    /// Takes back what the job of this thread has announced. Returns whether a job was faster, and has called this thread.
    fn take_back(&mut self) -> bool {
        matches!(STAGE.replace(Stage::Nothing), Stage::Announced) && !self.call_ending()
    }

    /// Marks the watchdog as awake, and returns how it was.
    fn wake_watchdog(&mut self) -> Watchdog {
        mem::replace(&mut self.watchdog, Watchdog::Awake)
    }

    /// Returns whether one more ticket might wait for a thread that one of our jobs keeps.
    fn needs_spare(&self) -> bool {
        self.parked > 0 || self.tickets + self.carriers >= max_threads::of_blocking()
    }
}

impl<J: Carried> Carriers<J> {
    pub(crate) fn new() -> Self {
        Carriers {
            ready: Mutex::new(Ready {
                jobs: VecDeque::new(),
                taken: 0,
                tickets: 0,
                carriers: 0,
                ending: 0,
                lingers: None,
                waits: 0,
                parked: 0,
                watchdog: Watchdog::Off,
            }),
            called: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ready<J>> {
        ignore_poison(self.ready.lock())
    }

    /// Runs a job on a thread, soon.
    pub(crate) fn push(&'static self, mut job: J) {
        let mut ready = self.lock();
        if ready.lingers.is_none() && ready.ending == 0 && ready.needs_spare() {
            drop(ready);
            match self.start_spare(job) {
                Ok(()) => return,
                Err(back) => job = back,
            }
            ready = self.lock();
        }
        ready.jobs.push_back(job);
        if ready.lingers.take().is_some() {
            drop(ready);
            self.called.notify_one();
            return;
        }
        // A ticket whose job was taken by another thread is left for this job.
        let is_called = ready.call_ending() || ready.tickets >= ready.jobs.len();
        if !is_called {
            ready.tickets += 1;
        }
        let watchdog = ready.wake_watchdog();
        drop(ready);
        if !is_called {
            blocking::unblock(|| self.carry()).detach();
        }
        self.start(watchdog);
    }

    /// Lets the watchdog tick.
    #[cold]
    pub(crate) fn watch_over(&'static self) {
        let watchdog = self.lock().wake_watchdog();
        self.start(watchdog);
    }

    /// Wakes the watchdog from the state in which it was, without the lock.
    fn start(&'static self, was: Watchdog) {
        match was {
            Watchdog::Off => self.start_watchdog(),
            Watchdog::Asleep(thread) => thread.unpark(),
            Watchdog::Awake => {}
        }
    }

    /// Notes that the job on this thread is parked.
    pub(crate) fn park(&'static self) -> Parked<J> {
        self.lock().parked += 1;
        Parked(self)
    }

    /// Runs jobs on a thread of `blocking`.
    fn carry(&'static self) {
        /// Leaves, on unwind too.
        struct Leave<J: Carried>(&'static Carriers<J>);

        impl<J: Carried> Drop for Leave<J> {
            fn drop(&mut self) {
                let mut ready = self.0.lock();
                ready.carriers -= 1;
                ready.take_back();
            }
        }

        let mut ready = self.lock();
        ready.tickets -= 1;
        ready.carriers += 1;
        drop(ready);
        let _leave = Leave(self);
        let begun = Instant::now();
        let has_stayed = || Instant::now().saturating_duration_since(begun) >= STAY;
        let mut is_called = true;
        while let Some(job) = self.take(is_called, has_stayed) {
            STAGE.set(Stage::Begins);
            job.run();
            is_called = false;
        }
    }

    /// Takes a job for a carrier, which may linger for it. A carrier that was called takes one in any case.
    fn take(&self, mut is_called: bool, has_stayed: impl Fn() -> bool) -> Option<J> {
        let mut ready = self.lock();
        is_called |= ready.take_back();
        loop {
            if !is_called && has_stayed() {
                return None;
            }
            if let Some(job) = ready.take() {
                return Some(job);
            }
            if ready.lingers.is_some() || has_stayed() {
                return None;
            }
            ready.waits = ready.waits.wrapping_add(1);
            let this = Some(ready.waits);
            ready.lingers = this;
            let waited = self
                .called
                .wait_timeout_while(ready, LINGER, |ready| ready.lingers == this);
            ready = ignore_poison(waited).0;
            if ready.lingers == this {
                ready.lingers = None;
                return None;
            }
            is_called = true;
        }
    }

    /// Starts a job on a new thread, or returns the job if the system can't start one.
    ///
    /// Afterwards the thread takes ready jobs for as long as a new job would get a spare.
    fn start_spare(&'static self, job: J) -> Result<(), J> {
        // If the thread can't be started, the closure is lost. So the closure must not own the job.
        let parcel = Arc::new(Mutex::new(Some(job)));
        let taken = {
            let parcel = Arc::clone(&parcel);
            move || ignore_poison(parcel.lock()).take()
        };
        let code = {
            let taken = taken.clone();
            move || {
                let mut next = taken();
                while let Some(job) = next {
                    job.run();
                    let mut ready = self.lock();
                    next = ready.needs_spare().then(|| ready.take()).flatten();
                }
            }
        };
        let started = thread::Builder::new()
            .name("smartcall-spare".into())
            .spawn(code);
        match started {
            Ok(_) => Ok(()),
            Err(_) => taken().map_or(Ok(()), Err),
        }
    }

    #[cold]
    fn start_watchdog(&'static self) {
        let started = thread::Builder::new()
            .name("smartcall-watch".into())
            .spawn(|| self.watch());
        if started.is_err() {
            // The next ticket tries again.
            self.lock().watchdog = Watchdog::Off;
        }
    }

    /// Looks for jobs that do not begin.
    fn watch(&'static self) {
        let (mut taken, mut looks, mut quiet) = (0, 0_u32, 0);
        loop {
            let looks_after = J::look();
            let mut ready = self.lock();
            if ready.jobs.is_empty() {
                (looks, quiet) = (0, if looks_after { 0 } else { quiet + 1 });
            } else {
                let is_same = looks > 0 && ready.taken == taken;
                (looks, quiet) = (if is_same { looks + 1 } else { 1 }, 0);
            }
            if quiet > QUIET_TICKS {
                ready.watchdog = Watchdog::Asleep(thread::current());
                drop(ready);
                thread::park_timeout(KEEP);
                let mut ready = self.lock();
                if let Watchdog::Asleep(_) = ready.watchdog {
                    ready.watchdog = Watchdog::Off;
                    return;
                }
                quiet = 0;
                continue;
            }
            drop(ready);
            if let Some(more) = looks.checked_sub(LOOKS) {
                self.start_spares(1 << more.min(10));
            }
            taken = self.lock().taken;
            thread::park_timeout(TICK);
        }
    }

    /// Lets spare threads take jobs that do not begin, at most `n`.
    #[cold]
    fn start_spares(&'static self, n: usize) {
        for _ in 0..n {
            let Some(job) = self.lock().take() else {
                return;
            };
            if let Err(back) = self.start_spare(job) {
                self.lock().jobs.push_front(back);
                return;
            }
        }
    }
}
