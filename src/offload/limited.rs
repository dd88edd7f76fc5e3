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
//! job from the queue: the drop of a permit, `park`, and a higher limit.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::sync::Weak;

use smartcall_context::internal::{self as context, Host, HostRef, InternalHost, Job};

use crate::drive::cancel;
use crate::offload::carriers::{Carried, Carriers, Ending};
use crate::offload::max_threads;
use crate::offload::pool::{self, Pool, ToPool};
use crate::sync::{
    Arc, AtomicUsize, Global, HAS_THREADS, Mutex, MutexGuard, Ordering, Threads, ignore_poison,
};

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
        Limited(Arc::new_cyclic(|this| Limiter {
            queue: Mutex::new(Queue {
                limit: Some(n.get()),
                ..Queue::EMPTY
            }),
            this: this.clone(),
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
        context::run_job(self.job, self.permit.0.to_host());
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
    /// The jobs that wait for a permit.
    jobs: VecDeque<Job>,
}

/// The limiter of the default pool.
static DEFAULT: Global<Limiter> = Global::new(|| Limiter {
    queue: Mutex::new(Queue::EMPTY),
    this: Weak::new(),
});

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

    /// Starts a job that was counted as running, if there is one. It is called without the lock.
    fn start(&self, next: Option<Job>) -> bool {
        let Some(job) = next else {
            return false;
        };
        let permit = Permit(LimiterRef(self.this.upgrade()));
        CARRIERS.get().push(Permitted { job, permit });
        true
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
        jobs: VecDeque::new(),
    };

    /// Returns whether one more job may run.
    ///
    /// Waits that were given up have a thread each. So beyond `max_jobs` many they count as running, and nothing starts in
    /// their stead.
    fn has_room(&self) -> bool {
        let beyond = match self.given_up {
            0 => 0,
            n => n.saturating_sub(max_jobs()),
        };
        self.running + beyond < self.limit.unwrap_or_else(max_jobs)
    }

    /// Takes the first job and gives it a place, if there is room.
    fn next(&mut self) -> Option<Job> {
        if self.jobs.is_empty() || !self.has_room() {
            return None;
        }
        let job = self.jobs.pop_front()?;
        self.running += 1;
        Some(job)
    }
}

/// The right of one job to run. Dropping it starts the next job.
///
/// It moves with the job, so a job that is dropped without being run drops its permit, too.
struct Permit(LimiterRef);

impl Drop for Permit {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.0.lock();
            queue.running -= 1;
            queue.next()
        };
        self.0.start(next);
    }
}
