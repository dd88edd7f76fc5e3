//! The pool that blocking code goes to.
//!
//! Blocking code that is awaited runs on the threads of the [`blocking`] crate, which
//! starts them as they are needed, or on the pool of the executor's
//! [`Host`] if it has one.
//!
//! # Limits
//!
//! At most [`set_max_threads`] jobs of this crate run at once; the others wait for their
//! turn, in order. The limit is 500 unless set, or what the environment variable
//! `BLOCKING_MAX_THREADS` says, as for the `blocking` crate itself, whose own limit is
//! process-wide, belongs to the program, and is never touched.
//!
//! A job that waits in a `.get()` gives its place back meanwhile, and the next one starts
//! on a spare thread; so jobs that wait for jobs can't exhaust the pool. The job that
//! resumes doesn't wait for a place: for a moment there may be more jobs than the limit.
//! (A program that lowers the limit of `blocking` below this one can still exhaust it.)
//!
//! # Cancelling
//!
//! A future that is dropped keeps its blocking code from running if it has not begun. Code that
//! has begun is abandoned: nobody waits until it ends, and its value is dropped. It may ask
//! [`is_cancelled`] and end early, and a `.get()` in it ends by itself, so that cancelling passes through
//! sync code into the async code below it; [`shield`] stops that.
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
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;

use async_task::{FallibleTask, Runnable};

use crate::cancel::{self, Entry};
pub use crate::cancel::{is_cancelled, shield};
use crate::carry::{self, Back};
use crate::context::{self, Host, HostRef};
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
/// offload::set_max_threads(NonZeroUsize::new(16).unwrap());
/// ```
pub fn set_max_threads(n: NonZeroUsize) {
    lock().limit = Some(n.get());
    while let Some((permit, job)) = next() {
        start(permit, job);
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
    task: FallibleTask<(T, Back)>,
    /// The job, to tell it that its value is not wanted any more.
    id: cancel::Id,
}

impl<T> Drop for Offloaded<T> {
    fn drop(&mut self) {
        if !self.task.is_finished() {
            cancel::cancel(self.id);
        }
    }
}

impl<T> Offloaded<T> {
    /// Whether the code has run, or never will.
    pub(crate) fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl<T> Future for Offloaded<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.task).poll(cx).map(|output| {
            let (value, back) = output.unwrap_or_else(|| {
                panic!(
                    "the pool dropped this job before it ran. This happens because the \
                     executor's own pool was shut down, or lost the `Job` that its `Host` was \
                     given. A pool that takes no more jobs should give them back as an error."
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
    let code = move || {
        entry.run(|| {
            let value = carried.run(|| code.run());
            (value, carried.into_back())
        })
    };
    if let Some(host) = context::pool() {
        let (job, value) = package(id, code);
        if let Err(refused) = host.offload(job) {
            submit(refused);
        }
        return value;
    }
    let mut pool = lock();
    if pool.parked > 0 || !pool.has_room() {
        drop(pool);
        let (job, value) = package(id, code);
        submit(job);
        return value;
    }
    let permit = pool.permit();
    drop(pool);
    // The usual case takes the one allocation that `unblock` makes, and no more.
    let task = blocking::unblock(move || run(permit, code));
    Offloaded {
        task: task.fallible(),
        id,
    }
}

/// Makes a job of code, and the handle to its value.
fn package<T: Send + 'static>(
    id: cancel::Id,
    code: impl FnOnce() -> (T, Back) + Send + 'static,
) -> (Job, Offloaded<T>) {
    // The code never waits, so nothing wakes the task, and it is scheduled just once.
    let (runnable, task) = async_task::Builder::new()
        .propagate_panic(true)
        .spawn(|()| async move { code() }, |_runnable: Runnable| ());
    let value = Offloaded {
        task: task.fallible(),
        id,
    };
    (Job { runnable }, value)
}

/// Runs a job's code, then lets go of its permit.
fn run<R>(permit: Permit, f: impl FnOnce() -> R) -> R {
    let _permit = permit;
    context::on_pool_thread(Some(HostRef::Static(&PoolThread)), f)
}

/// Queues a job, and starts what there is room for.
fn submit(job: Job) {
    lock().queue.push_back(job);
    if let Some((permit, job)) = next() {
        start(permit, job);
    }
}

/// Takes the first job of the queue, if there is room for it.
fn next() -> Option<(Permit, Job)> {
    lock().next()
}

/// Starts a job that has its permit.
fn start(permit: Permit, job: Job) {
    // While jobs are parked on threads of `blocking`, there may be none left for this one.
    let (permit, job) = if lock().parked > 0 {
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

/// The host of a pool's thread: it gives the job's place back while the thread is parked.
struct PoolThread;

impl Host for PoolThread {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        /// Takes the place back when dropped, above the limit if need be.
        struct Resume;

        impl Drop for Resume {
            fn drop(&mut self) {
                let mut pool = lock();
                pool.parked -= 1;
                pool.running += 1;
            }
        }

        {
            let mut pool = lock();
            pool.parked += 1;
            pool.running -= 1;
        }
        let _resume = Resume;
        if let Some((permit, job)) = next() {
            start(permit, job);
        }
        block();
    }

    fn has_pool(&self) -> bool {
        false
    }
}

/// Counts and queue of the pool's jobs.
struct Pool {
    /// How many jobs may run at once: `None` until somebody asks.
    limit: Option<usize>,
    /// How many jobs have a permit and are not parked.
    running: usize,
    /// How many jobs are parked in a `.get()`.
    parked: usize,
    /// The jobs that wait for a permit.
    queue: VecDeque<Job>,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    limit: None,
    running: 0,
    parked: 0,
    queue: VecDeque::new(),
});

fn lock() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
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
        self.queue.is_empty() && self.running < self.limit()
    }

    /// Takes the first job of the queue, if there is room for it.
    fn next(&mut self) -> Option<(Permit, Job)> {
        if self.queue.is_empty() || self.running >= self.limit() {
            return None;
        }
        let job = self.queue.pop_front()?;
        Some((self.permit(), job))
    }

    fn permit(&mut self) -> Permit {
        self.running += 1;
        Permit(())
    }
}

/// The right of one job to run. Dropping it starts the next job.
///
/// It goes with the code, so that a job which is dropped instead of run lets go of it.
struct Permit(());

impl Drop for Permit {
    fn drop(&mut self) {
        let mut pool = lock();
        pool.running -= 1;
        let next = pool.next();
        drop(pool);
        if let Some((permit, job)) = next {
            start(permit, job);
        }
    }
}
