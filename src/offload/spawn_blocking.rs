//! Sends blocking code to a pool and awaits its value.

use std::future::Future;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::panic::{self, AssertUnwindSafe, RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use smartcall_context::internal::{self as context, JobCode, Returning, Snapshot};

#[cfg(feature = "diagnose")]
use crate::diagnose::stuck;
use crate::drive::cancel;
use crate::drive::job::{self, Job};
use crate::offload::carriers::Ending;
use crate::offload::code::Code;
use crate::offload::limited;
use crate::offload::on_drop;
use crate::offload::select::{self, Chosen};
use crate::offload::threads as pool_threads;
use crate::sync::{Arc, Mutex, ignore_poison};
use crate::waits::edges::{Line, Target};
use crate::waits::polled;
use crate::waits::threads;

/// The future of blocking code that was sent to a pool.
///
/// Dropping it cancels the code: code that has not begun is dropped and does not run; code that runs is told, and its value is
/// dropped.
pub(crate) struct BlockingTask<T> {
    job: Arc<Job<dyn HasValue<T>>>,
    /// Whether the code goes on when this is dropped.
    is_detached: bool,
}

impl<T> Drop for BlockingTask<T> {
    fn drop(&mut self) {
        if self.is_detached {
            return;
        }
        if !self.job.abandon() {
            // The code that never begins, or the value that nobody has taken.
            self.job.parcel().clear();
        } else if self.job.on_drop().joins {
            #[cfg(feature = "diagnose")]
            stuck::start_if_asked();
            threads::join(self.target(), || {
                context::wait_in_drop(|| self.job.wait());
            });
        }
    }
}

impl<T> BlockingTask<T> {
    fn new(job: Arc<Job<dyn HasValue<T>>>) -> Self {
        BlockingTask {
            job,
            is_detached: false,
        }
    }

    fn target(&self) -> Target {
        Target::Job {
            address: job::address(&self.job),
            made_at: self.job.made_at(),
        }
    }

    /// Returns whether the code has run, or will never run.
    pub(crate) fn is_finished(&self) -> bool {
        self.job.has_ended()
    }

    /// Lets the code run, and drop its value on the pool.
    pub(crate) fn detach(mut self) {
        self.is_detached = true;
    }
}

impl<T> Future for BlockingTask<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let poll = self.job.poll_ended(cx);
        if poll.is_pending() {
            polled::waits_for(self.target(), cx);
        }
        poll.map(|()| {
            let value = self.job.parcel().take_value().unwrap_or_else(|| {
                panic!(
                    "the pool refused this job, or dropped it before it ran. This happens if the pool \
                     was shut down or its thread has ended, or if a `Pool` or a `Host` of the program \
                     dropped the `Job`. Use a pool that lives as long as its jobs."
                )
            });
            let (value, returning) = value.unwrap_or_else(|payload| panic::resume_unwind(payload));
            returning.restore();
            value
        })
    }
}

/// What the code and its handle pass to each other: `None` while the code runs, and once all is done. `B` holds the content, or
/// is a box of it.
struct Parcel<B>(Mutex<Option<B>>);

enum Content<C: Code> {
    Code(C, Snapshot),
    Value(thread::Result<(C::Output, Returning)>),
    Empty,
}

impl<B> Parcel<B> {
    fn new(content: B) -> Self {
        Parcel(Mutex::new(Some(content)))
    }

    fn take(&self) -> Option<B> {
        ignore_poison(self.0.lock()).take()
    }

    fn put(&self, content: B) {
        *ignore_poison(self.0.lock()) = Some(content);
    }
}

/// A parcel, as the handle knows it.
trait HasValue<T>: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Takes the value of code that has run.
    fn take_value(&self) -> Option<thread::Result<(T, Returning)>>;

    /// Drops the code or the value.
    fn clear(&self);
}

impl<B, C> HasValue<C::Output> for Parcel<B>
where
    B: DerefMut<Target = Content<C>> + Send,
    C: Code,
{
    fn take_value(&self) -> Option<thread::Result<(C::Output, Returning)>> {
        match mem::replace(&mut *self.take()?, Content::Empty) {
            Content::Value(value) => Some(value),
            Content::Code(..) | Content::Empty => None,
        }
    }

    fn clear(&self) {
        drop(self.take());
    }
}

impl<B, C> JobCode for Job<Parcel<B>>
where
    B: DerefMut<Target = Content<C>> + Send + 'static,
    C: Code,
{
    fn run(self: Arc<Self>) {
        let ending = Ending::of_code();
        if !self.begin() {
            return;
        }
        let Some(mut content) = self.parcel().take() else {
            return;
        };
        if let Content::Code(code, mut snapshot) = mem::replace(&mut *content, Content::Empty) {
            let run = || {
                let value = snapshot.run(|| code.run());
                (value, snapshot.into_returning())
            };
            let run = || {
                if pool_threads::is_shared() {
                    return run();
                }
                cancel::run_job(self.clone(), || on_drop::with(self.on_drop(), run))
            };
            *content = Content::Value(panic::catch_unwind(AssertUnwindSafe(run)));
        }
        self.parcel().put(content);
        // The destructor of a value that nobody wants may take long.
        if !self.is_told() {
            limited::announce(ending);
        }
        end(&self);
    }

    fn refuse(self: Arc<Self>) {
        if self.begin() {
            quietly(|| drop(self.parcel().take()));
            end(&self);
        }
    }
}

/// Ends code that ran on this thread. If nobody waits for its value, the value is dropped here.
fn end<B>(job: &Job<Parcel<B>>) {
    // A waker is code of another crate.
    if quietly(|| job.end()) == Some(false) {
        quietly(|| drop(job.parcel().take()));
        job.end_of_told();
    }
}

/// Runs code and catches its panics, which the panic hook has reported: a thread of a pool has nobody to pass them on to.
pub(crate) fn quietly<R>(code: impl FnOnce() -> R) -> Option<R> {
    // What the code drops is not used again.
    let mut panicked = match panic::catch_unwind(AssertUnwindSafe(code)) {
        Ok(value) => return Some(value),
        Err(payload) => Some(payload),
    };
    // The destructor of a payload may panic as well.
    while let Some(payload) = panicked {
        panicked = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))).err();
    }
    None
}

/// The content of a parcel that is not boxed.
struct Inline<T>(T);

impl<T> Deref for Inline<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Inline<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// Up to how many bytes of a cancelled job may stay in the queue of its pool. The pool owns a job until its turn comes, and what
/// a larger one captured is in a box, which is freed when the handle is dropped. What is propagated does not count: code allocates
/// as often with the feature `tracing` as without.
const LARGE: usize = 104 + mem::size_of::<Snapshot>();

/// Sends code to the pool that `select` chooses.
pub(crate) fn spawn_blocking<C>(code: C, made_at: Line) -> BlockingTask<C::Output>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    // Before any lock is taken: hooks are code of the program.
    let (job, task) = prepare(code, made_at, context::capture());
    submit(job);
    task
}

/// Makes a job of code, with what was captured for it, and the future of its value.
pub(crate) fn prepare<C>(
    code: C,
    made_at: Line,
    snapshot: Snapshot,
) -> (context::Job, BlockingTask<C::Output>)
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    let content = Content::Code(code, snapshot);
    if mem::size_of::<Content<C>>() > LARGE {
        share::<C, Box<Content<C>>>(Box::new(content), made_at)
    } else {
        share::<C, Inline<Content<C>>>(Inline(content), made_at)
    }
}

fn share<C, B>(content: B, made_at: Line) -> (context::Job, BlockingTask<C::Output>)
where
    B: DerefMut<Target = Content<C>> + Send + 'static,
    C: Code + 'static,
    C::Output: 'static,
{
    let shared = Arc::new(Job::new(on_drop::current(), made_at, Parcel::new(content)));
    (context::job(shared.clone()), BlockingTask::new(shared))
}

/// Sends a job to the pool that `select` chooses.
pub(crate) fn submit(job: context::Job) {
    match select::choose() {
        None => limited::submit(job),
        // A job that the pool refuses is dropped, and what waits for it panics.
        Some(Chosen::Pool(pool)) => drop(pool.offload(job)),
        Some(Chosen::Host(host)) => {
            if let Err(refused) = host.offload(job) {
                limited::submit(refused);
            }
        }
    }
}
