//! Pools that count their jobs: [`Limited`], and the default pool of the process.

use std::collections::VecDeque;
use std::env;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::thread;

use smartcall_context::internal::{self as context, Host, HostRef, InternalHost, Job};

use crate::offload::pool::{self, Pool, ToPool};
use crate::sync::ignore_poison;

/// Sets how many jobs of this crate may run at once, for the whole process.
///
/// See the [module's documentation](crate::offload#limits). Jobs that already run continue. A higher limit starts jobs that
/// wait.
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
    DEFAULT.lock().limit = Some(n.get());
    while let Some((permit, job)) = DEFAULT.next() {
        start(permit, job);
    }
}

/// A pool that runs at most `n` jobs at a time.
///
/// Other jobs wait for their turn, in order. A job that waits in a `.get()` gives its place to the next job meanwhile. The
/// pool counts jobs and has no threads of its own: it uses those of the default pool. Clones are the same pool.
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

/// Returns a permit of the default pool, if a job may start immediately on a thread of `blocking`.
#[inline]
pub(crate) fn try_permit() -> Option<Permit> {
    if PARKED.load(Ordering::Relaxed) > 0 {
        return None;
    }
    let mut queue = DEFAULT.lock();
    if !queue.has_room() {
        return None;
    }
    queue.running += 1;
    drop(queue);
    Some(Permit(LimiterRef(None)))
}

/// Passes a job to the default pool.
pub(crate) fn submit(job: Job) {
    DEFAULT.submit(job);
}

/// Starts a job that has its permit.
fn start(permit: Permit, job: Job) {
    // While jobs are parked on threads of `blocking`, there may be no thread left for this job.
    let (permit, job) = if PARKED.load(Ordering::Relaxed) > 0 {
        match start_spare(permit, job) {
            Ok(()) => return,
            Err(back) => back,
        }
    } else {
        (permit, job)
    };
    blocking::unblock(move || permit.run_job(job)).detach();
}

/// Starts a job on a new thread, or returns the job if the system can't start one.
fn start_spare(permit: Permit, job: Job) -> Result<(), (Permit, Job)> {
    // If the thread can't be started, the closure is lost. So the closure must not own the job.
    let parcel = Arc::new(Mutex::new(Some((permit, job))));
    let taken = {
        let parcel = Arc::clone(&parcel);
        move || ignore_poison(parcel.lock()).take()
    };
    let started = thread::Builder::new()
        .name("smartcall-spare".into())
        .spawn({
            let taken = taken.clone();
            move || {
                if let Some((permit, job)) = taken() {
                    permit.run_job(job);
                }
            }
        });
    match started {
        Ok(_) => Ok(()),
        Err(_) => taken().map_or(Ok(()), Err),
    }
}

/// How many jobs of all pools are parked in a `.get()`. It is increased before a place is given back, so the job that takes
/// the place sees it.
static PARKED: AtomicUsize = AtomicUsize::new(0);

/// The places of a pool: how many are taken, and which jobs wait for one.
struct Limiter {
    queue: Mutex<Queue>,
    /// The limiter itself, unless it is that of the default pool.
    this: Weak<Limiter>,
}

/// The counts and the queue of a pool's jobs.
struct Queue {
    /// How many jobs may run at once. `None` until it is first needed.
    limit: Option<usize>,
    /// How many jobs have a permit and are not parked.
    running: usize,
    /// The jobs that wait for a permit.
    jobs: VecDeque<Job>,
}

/// The limiter of the default pool.
static DEFAULT: Limiter = Limiter {
    queue: Mutex::new(Queue::EMPTY),
    this: Weak::new(),
};

/// The limiter of a [`Limited`], or `None` for the default pool's.
#[derive(Clone)]
struct LimiterRef(Option<Arc<Limiter>>);

impl Deref for LimiterRef {
    type Target = Limiter;

    fn deref(&self) -> &Limiter {
        self.0.as_deref().unwrap_or(&DEFAULT)
    }
}

impl LimiterRef {
    /// Returns the limiter as the host of its threads: it gives a job's place back while the job's thread is parked.
    fn to_host(&self) -> HostRef {
        match &self.0 {
            Some(own) => HostRef::Own(Arc::<Limiter>::clone(own)),
            None => HostRef::Static(&DEFAULT),
        }
    }
}

impl Limiter {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        ignore_poison(self.queue.lock())
    }

    /// Queues a job, and starts the first one if there is room.
    fn submit(&self, job: Job) {
        self.lock().jobs.push_back(job);
        if let Some((permit, job)) = self.next() {
            start(permit, job);
        }
    }

    /// Takes the first job of the queue, if there is room for it.
    fn next(&self) -> Option<(Permit, Job)> {
        let job = self.lock().next()?;
        Some((Permit(LimiterRef(self.this.upgrade())), job))
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
        struct Resume<'a>(&'a Limiter);

        impl Drop for Resume<'_> {
            fn drop(&mut self) {
                PARKED.fetch_sub(1, Ordering::Relaxed);
                self.0.lock().running += 1;
            }
        }

        PARKED.fetch_add(1, Ordering::Relaxed);
        self.lock().running -= 1;
        let _resume = Resume(self);
        if let Some((permit, job)) = self.next() {
            start(permit, job);
        }
        park();
    }
}

impl InternalHost for Limiter {}

impl Queue {
    const EMPTY: Queue = Queue {
        limit: None,
        running: 0,
        jobs: VecDeque::new(),
    };

    /// Returns the limit. Unless it was set, it is the default limit of `blocking`.
    fn limit(&mut self) -> usize {
        *self.limit.get_or_insert_with(|| {
            env::var("BLOCKING_MAX_THREADS")
                .ok()
                .and_then(|n| n.parse::<usize>().ok())
                .map_or(500, |n| n.clamp(1, 10_000))
        })
    }

    /// Returns whether one more job may run, and no other job is before it.
    fn has_room(&mut self) -> bool {
        self.jobs.is_empty() && self.running < self.limit()
    }

    /// Takes the first job and gives it a place, if there is room.
    fn next(&mut self) -> Option<Job> {
        if self.jobs.is_empty() || self.running >= self.limit() {
            return None;
        }
        let job = self.jobs.pop_front()?;
        self.running += 1;
        Some(job)
    }
}

/// The right of one job to run. Dropping it starts the next job.
///
/// It moves with the code, so a job that is dropped without being run drops its permit, too.
pub(crate) struct Permit(LimiterRef);

impl Permit {
    /// Runs a job's code, and drops the permit afterwards.
    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        context::on_pool_thread(Some(self.0.to_host()), f)
    }

    fn run_job(self, job: Job) {
        context::run_job(job, self.0.to_host());
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.running -= 1;
        let next = queue.next();
        drop(queue);
        if let Some(job) = next {
            start(Permit(self.0.clone()), job);
        }
    }
}
