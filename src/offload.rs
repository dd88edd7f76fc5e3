//! The pool that blocking code goes to.
//!
//! Blocking code that is awaited goes to the first of these that there is:
//!
//! 1. the pool that its handle is [`on`](crate::Dual::on),
//! 2. the pool of the executor whose task awaits it, by its [`Host`] or
//!    [`Builder::pool`](crate::executor::Builder::pool),
//! 3. the pool of the process, by [`set_pool`],
//! 4. tokio's, in a tokio runtime and with the feature `tokio`,
//! 5. the threads of the [`blocking`] crate, which starts them as they are needed.
//!
//! | a [`Pool`] of your own choice | what it is for |
//! |---|---|
//! | [`Limited`] | so many jobs at once and no more, as a database has connections |
//! | [`SingleThread`] | what must not leave its thread: connections that are not `Send`, libraries that are bound to one thread |
//! | `rayon::ThreadPool` and [`Rayon`](crate::offload#rayon), by the feature `rayon` | what computes |
//! | `tokio::runtime::Handle`, by the feature `tokio` | the blocking threads of a certain runtime |
//!
//! # Limits
//!
//! At most [`set_max_jobs`] jobs of this crate run at once on the last of these; the others wait for
//! their turn, in order. The limit is 500 unless set, or what the environment variable
//! `BLOCKING_MAX_THREADS` says, as for the `blocking` crate itself, whose own limit is
//! process-wide, belongs to the program, and is never touched.
//!
//! A job that waits in a `.get()` gives its place back meanwhile, and the next one starts
//! on a spare thread; so jobs that wait for jobs can't exhaust the pool. The job that
//! resumes doesn't wait for a place: for a moment there may be more jobs than the limit.
//! (A program that lowers the limit of `blocking` below this one can still exhaust it.) A [`Limited`]
//! does the same.
//!
//! Nobody can stand in for a [`SingleThread`] or for the threads of rayon. Code for such a pool that is
//! resolved on a thread of the pool runs right there, and a `.get()` that may have to wait for others is refused, in
//! words: what it waits for may need this very thread. [`blocking_region`](context::blocking_region)
//! lifts that, for who knows that it does not.
//!
//! # Cancelling
//!
//! A future that is dropped keeps its blocking code from running if it has not begun. Code that
//! has begun is abandoned: nobody waits until it ends, and its value is dropped. It may ask
//! [`is_cancelled`], or a [`CancellationToken`] on other threads, and end early. A `.get()` in it ends by itself, so
//! that cancelling passes through sync code into the async code below it; [`shield`] stops that. A handle from
//! [`join_on_drop`] abandons nothing: where it is dropped, code that runs is waited for.
//!
//! # Threads
//!
//! Threads are named `blocking-1` and so on, or `smartcall-spare`. As of its version 1.7
//! `blocking` keeps its idle threads. If the system can't start any thread at all, `blocking`
//! tries again and again, and the job never runs; nothing here can turn that into an error.
//!
//! [`blocking`]: https://docs.rs/blocking

use std::collections::VecDeque;
use std::env;
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::thread;

use async_task::{FallibleTask, Runnable, Task};

use crate::cancel::{self, Entry};
pub use crate::cancel::{CancellationToken, is_cancelled, shield};
use crate::carry::{self, Back};
use crate::context::{self, Host, HostRef};
pub use crate::leave::join_on_drop;
use crate::leave::{self, Leave};
#[cfg(feature = "rayon")]
pub use crate::pool::Rayon;
use crate::pool::{self, Chosen};
pub use crate::pool::{Pool, SetPoolError, ToPool, set_pool};
pub use crate::single::SingleThread;
use crate::stay::Running;
use crate::work::Code;

/// Sets how many jobs of this crate may run at once, for the whole process.
///
/// See the [module's documentation](self). Jobs that run already are not affected; a
/// higher limit starts jobs that wait.
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
    let process = Permits::process();
    process.lock().limit = Some(n.get());
    while let Some((permit, job)) = process.next() {
        start(permit, job);
    }
}

/// A pool of one's own, of so many threads at once.
///
/// It bounds blocking code and nothing else: async code in a handle that is bound to it runs as ever. How many *handles* are
/// under way at once [`join_at_most`](crate::join_at_most) bounds.
///
/// The other jobs wait for their turn, in order. A job that waits in a `.get()` gives its place back
/// meanwhile, as in the pool of the process, whose threads it shares: it is a matter of counting, and
/// starts none for itself. Clones are the same pool.
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
pub struct Limited(Arc<Permits>);

impl Limited {
    /// Creates a pool. It starts no thread.
    ///
    /// # Examples
    ///
    /// See [`Limited`].
    pub fn new(n: NonZeroUsize) -> Self {
        Limited(Arc::new_cyclic(|this| Permits {
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
        Arc::<Permits>::clone(&self.0)
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

/// A piece of blocking code on its way to a pool.
///
/// A [`Host`] gets it, and calls [`run`](Job::run) on a thread where blocking is fine. One
/// allocation holds it and all that it needs.
///
/// Dropping it drops the code; whoever waits for it panics, in words.
#[must_use = "a job that is dropped never runs, and whoever waits for it panics"]
pub struct Job {
    runnable: Runnable,
}

impl Job {
    /// Runs the code on this thread.
    ///
    /// A panic of the code goes to whoever waits for it, not through here.
    ///
    /// # Examples
    ///
    /// A host that has a thread for each job:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use smartcall::Dual;
    /// use smartcall::context::{self, Host};
    /// use smartcall::offload::Job;
    ///
    /// struct ThreadEach;
    ///
    /// impl Host for ThreadEach {
    ///     fn can_block(&self) -> bool {
    ///         false
    ///     }
    ///     fn block_in_place(&self, block: &mut dyn FnMut()) {
    ///         block()
    ///     }
    ///     fn offload(&self, job: Job) -> Result<(), Job> {
    ///         std::thread::spawn(|| job.run());
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let host = Arc::new(ThreadEach);
    /// let value = pollster::block_on(context::hosted(&host, Dual::blocking(|| 5)));
    /// assert_eq!(value, 5);
    /// ```
    pub fn run(self) {
        context::on_pool_thread(None, || self.runnable.run());
    }

    /// Runs the code on this thread, which nothing can stand in for while it waits.
    pub(crate) fn run_held(self) {
        context::on_held_thread(|| self.runnable.run());
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

/// The value of code that was sent to a pool, when it is there.
///
/// Dropping it before the code has begun keeps it from running. Once it runs, it is told, and its
/// value is dropped.
pub(crate) struct Offloaded<T> {
    task: FallibleTask<Option<Landed<T>>>,
    /// The job, to tell it that its value is not wanted any more.
    id: cancel::Id,
    /// It is dropped last: by then the code is told, and does not begin any more.
    _leave: Leave,
}

/// What code on a pool has returned. The fields are dropped in this order.
struct Landed<T> {
    value: T,
    back: Back,
    _running: Option<Running>,
}

impl<T> Drop for Offloaded<T> {
    fn drop(&mut self) {
        if !self.task.is_finished() {
            cancel::cancel(self.id);
        }
    }
}

impl<T> Offloaded<T> {
    fn new(task: Task<Option<Landed<T>>>, id: cancel::Id, leave: Leave) -> Self {
        Offloaded {
            task: task.fallible(),
            id,
            _leave: leave,
        }
    }

    /// Whether the code has run, or never will.
    pub(crate) fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl<T> Future for Offloaded<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.task).poll(cx).map(|output| {
            let Landed { value, back, .. } = output.flatten().unwrap_or_else(|| {
                panic!(
                    "the pool refused this job, or dropped it before it ran. This happens because \
                     the pool was shut down or its thread has ended, or because a `Pool` or a `Host` \
                     of the program's lost the `Job` that it was given. Send it to a pool that \
                     lives as long as it is needed."
                )
            });
            back.arrive();
            value
        })
    }
}

/// Sends code to the pool: the host's if it takes it, else ours.
pub(crate) fn offload<C>(code: C) -> Offloaded<C::Output>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    // Before the lock: hooks are code of the program's.
    let mut carried = carry::capture();
    let entry = Entry::new();
    let id = entry.id();
    let (enter, leave) = leave::ask();
    let code = move || {
        let value = || {
            entry.run(|| {
                let value = carried.run(|| code.run());
                (value, carried.into_back())
            })
        };
        let ((value, back), running) = enter.run(value)?;
        Some(Landed {
            value,
            back,
            _running: running,
        })
    };
    if let Some(chosen) = pool::choose() {
        let (job, task) = package(code);
        let value = Offloaded::new(task, id, leave);
        match chosen {
            // A job that is refused is dropped, and whoever waits for it is told.
            Chosen::Pool(pool) => drop(pool.offload(job)),
            Chosen::Host(host) => {
                if let Err(refused) = host.offload(job) {
                    Permits::process().submit(refused);
                }
            }
        }
        return value;
    }
    let process = Permits::process();
    let mut queue = process.lock();
    if PARKED.load(Ordering::Relaxed) > 0 || !queue.has_room() {
        drop(queue);
        let (job, task) = package(code);
        process.submit(job);
        return Offloaded::new(task, id, leave);
    }
    queue.running += 1;
    drop(queue);
    let permit = Permit(process);
    // The usual case takes the one allocation that `unblock` makes, and no more.
    let task = blocking::unblock(move || run(permit, code));
    Offloaded::new(task, id, leave)
}

/// Makes a job of code, and the handle to what it returns.
fn package<R: Send + 'static>(code: impl FnOnce() -> R + Send + 'static) -> (Job, Task<R>) {
    // The code never waits, so nothing wakes the task, and it is scheduled just once.
    let (runnable, task) = async_task::Builder::new()
        .propagate_panic(true)
        .spawn(|()| async move { code() }, |_runnable: Runnable| ());
    (Job { runnable }, task)
}

/// Runs a job's code, then lets go of its permit.
fn run<R>(permit: Permit, f: impl FnOnce() -> R) -> R {
    context::on_pool_thread(Some(permit.0.to_host()), f)
}

/// Starts a job that has its permit.
fn start(permit: Permit, job: Job) {
    // While jobs are parked on threads of `blocking`, there may be none left for this one.
    let (permit, job) = if PARKED.load(Ordering::Relaxed) > 0 {
        match start_spare(permit, job) {
            Ok(()) => return,
            Err(back) => back,
        }
    } else {
        (permit, job)
    };
    blocking::unblock(move || run(permit, || job.runnable.run())).detach();
}

/// Starts a job on a thread of its own, or gives it back if there is none to be had.
fn start_spare(permit: Permit, job: Job) -> Result<(), (Permit, Job)> {
    // A closure whose thread can't be started is lost, and so must not own the job.
    let parcel = Arc::new(Mutex::new(Some((permit, job))));
    let taken = {
        let parcel = Arc::clone(&parcel);
        move || parcel.lock().unwrap_or_else(PoisonError::into_inner).take()
    };
    let started = thread::Builder::new()
        .name("smartcall-spare".into())
        .spawn({
            let taken = taken.clone();
            move || {
                if let Some((permit, job)) = taken() {
                    run(permit, || job.runnable.run());
                }
            }
        });
    match started {
        Ok(_) => Ok(()),
        Err(_) => taken().map_or(Ok(()), Err),
    }
}

/// How many jobs of all pools are parked in a `.get()`. It is counted up before a place is given
/// back, and so is seen by whoever takes the place.
static PARKED: AtomicUsize = AtomicUsize::new(0);

/// The places of a pool: who has one, and who waits for one.
struct Permits {
    queue: Mutex<Queue>,
    /// The pool itself, if it is not that of the process.
    this: Weak<Permits>,
}

/// Counts and queue of a pool's jobs.
struct Queue {
    /// How many jobs may run at once: `None` until somebody asks.
    limit: Option<usize>,
    /// How many jobs have a permit and are not parked.
    running: usize,
    /// The jobs that wait for a permit.
    jobs: VecDeque<Job>,
}

/// The pool of the process.
static PROCESS: Permits = Permits {
    queue: Mutex::new(Queue::EMPTY),
    this: Weak::new(),
};

/// A pool that is counted: a [`Limited`], or that of the process.
#[derive(Clone)]
struct Whose(Option<Arc<Permits>>);

impl Deref for Whose {
    type Target = Permits;

    fn deref(&self) -> &Permits {
        self.0.as_deref().unwrap_or(&PROCESS)
    }
}

impl Whose {
    /// As the host of its threads, which gives a job's place back while its thread is parked.
    fn to_host(&self) -> HostRef {
        match &self.0 {
            Some(own) => HostRef::Shared(Arc::<Permits>::clone(own)),
            None => HostRef::Static(&PROCESS),
        }
    }
}

impl Permits {
    fn process() -> Whose {
        Whose(None)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job, and starts what there is room for.
    fn submit(&self, job: Job) {
        self.lock().jobs.push_back(job);
        if let Some((permit, job)) = self.next() {
            start(permit, job);
        }
    }

    /// Takes the first job of the queue, if there is room for it.
    fn next(&self) -> Option<(Permit, Job)> {
        let job = self.lock().next()?;
        Some((Permit(Whose(self.this.upgrade())), job))
    }
}

impl Pool for Permits {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.submit(job);
        Ok(())
    }
}

impl Host for Permits {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        /// Takes the place back when dropped, above the limit if need be.
        struct Resume<'a>(&'a Permits);

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
        block();
    }

    fn has_pool(&self) -> bool {
        false
    }
}

impl Queue {
    const EMPTY: Queue = Queue {
        limit: None,
        running: 0,
        jobs: VecDeque::new(),
    };

    /// Returns the limit, which is that of `blocking` unless it was set.
    fn limit(&mut self) -> usize {
        *self.limit.get_or_insert_with(|| {
            env::var("BLOCKING_MAX_THREADS")
                .ok()
                .and_then(|n| n.parse::<usize>().ok())
                .map_or(500, |n| n.clamp(1, 10_000))
        })
    }

    /// Whether one more job may run, with none before it.
    fn has_room(&mut self) -> bool {
        self.jobs.is_empty() && self.running < self.limit()
    }

    /// Takes the first job, if there is room for it, and gives it a place.
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
/// It goes with the code, so that a job which is dropped instead of run lets go of it.
struct Permit(Whose);

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
