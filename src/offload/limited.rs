//! Pools that count their jobs: [`Limited`], and the default pool of the process.
//!
//! A job that is sent to such a pool needs a *permit* before it is ready to run. The stages of a job, which change under the
//! lock of its pool:
//!
//! | stage | how it is marked | entered by |
//! |---|---|---|
//! | queued | in `Queue::jobs` | `submit` |
//! | permitted: ready, or it runs | has a `Permit`, counted in `running` | `Queue::next`, if there is room |
//! | parked in a `.get()` | has its `Permit`, not counted in `running`; counted in `given_up` if its handle was dropped | `park` |
//! | ended, or dropped without being run | the `Permit` is dropped | the thread that runs it, or whatever drops the job |
//!
//! A parked job that resumes is counted in `running` again, even above the limit. Each change that makes room takes the next
//! job from the queue: the drop of a permit, `park`, a higher limit, and an exception.
//!
//! Waits that were given up may last for ever, and have a thread each. So beyond `max_jobs` many they count as running. But what such a
//! wait waits for may be in the queue. So if they alone keep all jobs from running, the pool is *stuck*, and one of them is *excepted*
//! after a while. The place that this makes serves one job after the other. If it is taken by one more wait that is given up, the
//! next is excepted after twice the time: an hour of such waits makes some fifteen threads more.
//!
//! | a pool gets | when | by |
//! |---|---|---|
//! | stuck: it is in `STUCK` | a job waits, there is no room, and nothing runs | whatever was the last to change that: `submit`, `park`, the drop of a permit |
//! | an exception more | it was stuck in `Queue::patience` looks | the watchdog, by `Carried::look` |
//! | out of `STUCK` | it is stuck no more | the watchdog |
//! | no exception, and its first patience | a job ends, and no more waits than `max_jobs` are given up | the drop of a permit |

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::ptr;
use std::sync::Weak;

use smartcall_context::internal::{self as context, Host, HostRef, InternalHost, Job};

use crate::drive::cancel;
use crate::offload::carriers::{Carried, Carriers, Ending};
use crate::offload::max_threads;
use crate::offload::pool::{self, Pool, ToPool};
use crate::sync::{
    Arc, AtomicUsize, Global, HAS_THREADS, Mutex, MutexGuard, Ordering, Threads, ignore_poison,
};
use crate::waits::{queues, threads};

/// Sets how many jobs of this crate may run at once, for the whole process.
///
/// See the [module's documentation](crate::offload#limits). Jobs that already run continue. A higher limit starts jobs that
/// wait. The limit may be above that of the `blocking` crate: jobs for which that has no thread run on spare threads.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use smartcall::offload;
///
/// offload::set_max_jobs(NonZeroUsize::new(16).unwrap());
/// ```
pub fn set_max_jobs(n: NonZeroUsize) {
    MAX_JOBS.get().store(n.get(), Ordering::Relaxed);
    while DEFAULT.get().start_next() {}
}

/// A pool that runs at most `n` jobs at a time.
///
/// Other jobs wait for their turn, in order. A job that waits in a `.get()` gives its place to the next job meanwhile. The
/// pool counts jobs and has no threads of its own: it uses those of the default pool, with their
/// [stack](crate::offload#stack). Clones are the same pool.
///
/// It limits blocking code only. Async code in a handle that is bound to it runs as in any other handle.
/// [`join_at_most`](crate::join_at_most) limits how many *handles* are resolved at once.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use smartcall::Dual;
/// use smartcall::offload::Limited;
///
/// let connections = Limited::new(NonZeroUsize::new(4).unwrap());
/// let rows = Dual::blocking(|| 5).on(&connections);
/// # pollster::block_on(async {
/// assert_eq!(rows.await, 5);
/// # });
/// ```
#[derive(Clone)]
pub struct Limited(Arc<Limiter>);

impl Limited {
    /// Creates a pool. It starts no thread.
    ///
    /// # Examples
    ///
    /// See [`Limited`].
    pub fn new(n: NonZeroUsize) -> Self {
        Limited(Arc::new_cyclic(|this| {
            queues::add(queues::weak(this));
            Limiter {
                queue: Mutex::new(Queue {
                    limit: Some(n.get()),
                    ..Queue::EMPTY
                }),
                this: this.clone(),
            }
        }))
    }
}

impl Pool for Limited {
    fn offload(&self, job: Job) -> Result<(), Job> {
        Pool::offload(&*self.0, job)
    }
}

impl pool::sealed::Sealed for Limited {}

impl ToPool for Limited {
    fn to_pool(&self) -> Arc<dyn Pool> {
        Arc::<Limiter>::clone(&self.0)
    }
}

impl fmt::Debug for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = self.0.lock();
        f.debug_struct("Limited")
            .field("limit", &queue.limit)
            .field("running", &queue.running)
            .field("waiting", &queue.jobs.len())
            .finish()
    }
}

/// Announces that the code of a job has run, if it runs in a pool that counts jobs.
#[inline]
pub(crate) fn announce(ending: Ending) {
    ending.announce(CARRIERS.get());
}

/// Passes a job to the default pool.
#[inline]
pub(crate) fn submit(job: Job) {
    DEFAULT.get().submit(job);
}

/// The limit of the default pool, or zero until it is set.
static MAX_JOBS: Global<AtomicUsize> = Global::new(|| AtomicUsize::new(0));

/// Returns the limit of the default pool.
fn max_jobs() -> usize {
    match MAX_JOBS.get().load(Ordering::Relaxed) {
        0 => max_threads::of_blocking(),
        n => n,
    }
}

/// The process that these threads are in.
static THREADS: Threads = Threads::new();

/// The threads for the jobs of all pools.
static CARRIERS: Global<Carriers<Permitted>> = Global::new(Carriers::new);

/// A job that may run. Its permit is dropped after it.
struct Permitted {
    job: Job,
    permit: Permit,
}

impl Carried for Permitted {
    fn run(self) {
        let pool = self.permit.0.address();
        let host = self.permit.0.to_host();
        threads::run_in_pool(pool, || context::run_job(self.job, host));
    }

    fn look() -> bool {
        let mut next = Vec::new();
        let mut stuck = ignore_poison(STUCK.get().lock());
        stuck.retain(|limiter| {
            let mut queue = limiter.lock();
            if queue.is_stuck() && queue.looks_for_exception() {
                next.push((limiter.clone(), queue.next()));
            }
            queue.is_listed = queue.is_stuck();
            queue.is_listed
        });
        let any = !stuck.is_empty();
        drop(stuck);
        for (limiter, next) in next {
            limiter.start(next);
        }
        any
    }
}

/// The places of a pool: how many are taken, and which jobs wait for one.
struct Limiter {
    queue: Mutex<Queue>,
    /// The limiter itself, unless it is that of the default pool.
    this: Weak<Limiter>,
}

/// The counts and the queue of a pool's jobs.
struct Queue {
    /// How many jobs may run at once. `None` for the default pool, whose limit is `max_jobs`.
    limit: Option<usize>,
    /// How many jobs have a permit and are not parked.
    running: usize,
    /// How many jobs are parked whose handle was dropped: nothing waits for them, and they may wait for ever.
    given_up: usize,
    /// How many of them do not count though they are more than `max_jobs`.
    excepted: usize,
    /// In how many looks the pool must be stuck for the next exception.
    patience: u32,
    /// In how many looks it was stuck since the last one.
    looks: u32,
    /// Whether it is in `STUCK`.
    is_listed: bool,
    /// The jobs that wait for a permit.
    jobs: VecDeque<Job>,
}

/// In how many looks of the watchdog a pool must be stuck for its first exception: a tenth of a second.
const PATIENCE: u32 = 20;

/// The pools that are stuck.
static STUCK: Global<Mutex<Vec<LimiterRef>>> = Global::new(|| Mutex::new(Vec::new()));

/// The limiter of the default pool.
static DEFAULT: Global<Limiter> = Global::new(|| {
    queues::add_static(&DefaultQueue);
    Limiter {
        queue: Mutex::new(Queue::EMPTY),
        this: Weak::new(),
    }
});

/// The queue of the default pool.
struct DefaultQueue;

impl queues::Queue for DefaultQueue {
    fn describe(&self, job: usize) -> Option<String> {
        queues::Queue::describe(DEFAULT.get(), job)
    }

    fn describe_full(&self, pool: usize) -> Option<String> {
        queues::Queue::describe_full(DEFAULT.get(), pool)
    }
}

/// The limiter of a [`Limited`], or `None` for the default pool's.
#[derive(Clone)]
struct LimiterRef(Option<Arc<Limiter>>);

impl Deref for LimiterRef {
    type Target = Limiter;

    fn deref(&self) -> &Limiter {
        self.0.as_deref().unwrap_or_else(|| DEFAULT.get())
    }
}

impl LimiterRef {
    /// Returns the limiter as the host of its threads: it gives a job's place back while the job's thread is parked.
    fn to_host(&self) -> HostRef {
        match &self.0 {
            Some(own) => HostRef::Own(Arc::<Limiter>::clone(own)),
            None => HostRef::Static(DEFAULT.get()),
        }
    }
}

impl Limiter {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        ignore_poison(self.queue.lock())
    }

    /// Queues a job, and starts the first one if there is room.
    fn submit(&self, job: Job) {
        if !HAS_THREADS {
            // There is no better place.
            return job.run();
        }
        THREADS.check("pool");
        let next = {
            let mut queue = self.lock();
            queue.jobs.push_back(job);
            queue.next()
        };
        self.start(next);
    }

    /// Starts the first job of the queue, if there is room for it. Returns whether it did.
    fn start_next(&self) -> bool {
        let next = self.lock().next();
        self.start(next)
    }

    /// Starts a job that was counted as running, or has a stuck pool looked after. It is called without the lock.
    fn start(&self, next: Next) -> bool {
        let this = || LimiterRef(self.this.upgrade());
        match next {
            Next::Job(job) => {
                let permit = Permit(this());
                CARRIERS.get().push(Permitted { job, permit });
                return true;
            }
            Next::Stuck => {
                ignore_poison(STUCK.get().lock()).push(this());
                CARRIERS.get().watch_over();
            }
            Next::Nothing => {}
        }
        false
    }
}

impl queues::Queue for Limiter {
    fn describe(&self, job: usize) -> Option<String> {
        let queue = self.lock();
        let place = queue
            .jobs
            .iter()
            .position(|queued| context::job_address(queued) == job)?;
        Some(format!(
            "number {} in the queue of {}",
            place + 1,
            self.describe_with(&queue)
        ))
    }

    fn describe_full(&self, pool: usize) -> Option<String> {
        if self.address() != pool {
            return None;
        }
        let queue = self.lock();
        let waiting = queue.jobs.len();
        let describe = || format!("{}; {waiting} wait for a place", self.describe_with(&queue));
        (waiting > 0).then(describe)
    }
}

impl Limiter {
    /// Returns its address, which differs from pool to pool.
    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    fn describe_with(&self, queue: &Queue) -> String {
        let limit = queue.limit.unwrap_or_else(max_jobs);
        format!(
            "{} that may run {limit} jobs at once, and runs {}",
            if self.this.strong_count() > 0 {
                "a `Limited`"
            } else {
                "the pool"
            },
            queue.running,
        )
    }
}

impl Pool for Limiter {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.submit(job);
        Ok(())
    }
}

impl Host for Limiter {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        // A job that does not park needs its place.
        block();
    }

    /// Gives the place to the next job while the thread is parked.
    ///
    /// The place is given back in no other way, and nothing that parks is nested in a park. So it is given back once,
    /// whatever is nested in the job.
    fn park(&self, park: &mut dyn FnMut()) {
        /// Takes the place back when dropped, even above the limit.
        struct Resume<'a> {
            limiter: &'a Limiter,
            given_up: usize,
        }

        impl Drop for Resume<'_> {
            fn drop(&mut self) {
                let mut queue = self.limiter.lock();
                queue.running += 1;
                queue.given_up -= self.given_up;
            }
        }

        // Before the place is given back, so that the job that takes it gets a spare thread.
        let _parked = CARRIERS.get().park();
        // A handle that is dropped later wakes the `.get()`, which parks anew.
        let given_up = usize::from(cancel::is_given_up());
        let next = {
            let mut queue = self.lock();
            queue.running -= 1;
            queue.given_up += given_up;
            queue.next()
        };
        let _resume = Resume {
            limiter: self,
            given_up,
        };
        self.start(next);
        park();
    }
}

impl InternalHost for Limiter {}

impl Queue {
    const EMPTY: Queue = Queue {
        limit: None,
        running: 0,
        given_up: 0,
        excepted: 0,
        patience: PATIENCE,
        looks: 0,
        is_listed: false,
        jobs: VecDeque::new(),
    };

    /// How many waits were given up beyond `max_jobs`.
    fn beyond(&self) -> usize {
        match self.given_up {
            0 => 0,
            n => n.saturating_sub(max_jobs()),
        }
    }

    /// Returns whether one more job may run.
    fn has_room(&self) -> bool {
        let counted = self.beyond().saturating_sub(self.excepted);
        self.running + counted < self.limit.unwrap_or_else(max_jobs)
    }

    /// Returns whether only waits that were given up keep jobs from running.
    fn is_stuck(&self) -> bool {
        self.running == 0 && !self.jobs.is_empty() && !self.has_room()
    }

    /// Notes that it was stuck in one more look, and makes an exception if it is time to. Returns whether it did.
    fn looks_for_exception(&mut self) -> bool {
        self.looks += 1;
        let excepts = self.looks >= self.patience;
        if excepts {
            self.excepted += 1;
            self.patience = self.patience.saturating_mul(2);
            self.looks = 0;
        }
        excepts
    }

    /// Takes the first job and gives it a place, if there is room.
    fn next(&mut self) -> Next {
        if !self.jobs.is_empty() && !self.has_room() {
            let is_new = self.running == 0 && !self.is_listed;
            self.is_listed |= is_new;
            return if is_new { Next::Stuck } else { Next::Nothing };
        }
        match self.jobs.pop_front() {
            Some(job) => {
                self.running += 1;
                Next::Job(job)
            }
            None => Next::Nothing,
        }
    }

    /// Gives the place of a job back that has ended.
    fn end(&mut self) -> Next {
        self.running -= 1;
        if self.excepted > 0 && self.beyond() == 0 {
            (self.excepted, self.patience) = (0, PATIENCE);
        }
        self.next()
    }
}

/// What follows a change to a pool.
enum Next {
    /// This job, which was counted as running.
    Job(Job),
    /// The pool is stuck, and was not before.
    Stuck,
    /// No job waits, or there is no room.
    Nothing,
}

/// The right of one job to run. Dropping it starts the next job.
///
/// It moves with the job, so a job that is dropped without being run drops its permit, too.
struct Permit(LimiterRef);

impl Drop for Permit {
    fn drop(&mut self) {
        let next = self.0.lock().end();
        self.0.start(next);
    }
}
