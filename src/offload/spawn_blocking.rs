//! Sends blocking code to a pool and awaits its value.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_task::{FallibleTask, Task};
use smartcall_context::internal::{self as context, Job, Returning, Snapshot};

use crate::drive::cancel::{self, JobId, Registration};
use crate::offload::carriers::Ending;
use crate::offload::code::Code;
use crate::offload::completion::CompletionGuard;
use crate::offload::join::{self, JoinGuard};
use crate::offload::limited;
use crate::offload::select::{self, Chosen};
use crate::offload::threads;

/// The future of blocking code that was sent to a pool.
///
/// Dropping it cancels the code: code that has not begun does not run; the value of code that runs is dropped.
pub(crate) struct BlockingTask<T> {
    task: FallibleTask<Option<Output<T>>>,
    /// The job, which is cancelled when this is dropped.
    id: JobId,
    /// It is dropped last. By then the code is cancelled, and can't begin any more.
    _join: JoinGuard,
}

/// The output of code on a pool. The fields are dropped in this order.
struct Output<T> {
    value: T,
    returning: Returning,
    _running: Option<CompletionGuard>,
}

impl<T> Drop for BlockingTask<T> {
    fn drop(&mut self) {
        if !self.task.is_finished() {
            cancel::cancel(self.id);
        }
    }
}

impl<T> BlockingTask<T> {
    fn new(task: Task<Option<Output<T>>>, id: JobId, join: JoinGuard) -> Self {
        BlockingTask {
            task: task.fallible(),
            id,
            _join: join,
        }
    }

    /// Returns whether the code has run, or will never run.
    pub(crate) fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl<T> Future for BlockingTask<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.task).poll(cx).map(|output| {
            let Output {
                value, returning, ..
            } = output.flatten().unwrap_or_else(|| {
                panic!(
                    "the pool refused this job, or dropped it before it ran. This happens if the pool \
                     was shut down or its thread has ended, or if a `Pool` or a `Host` of the program \
                     dropped the `Job`. Use a pool that lives as long as its jobs."
                )
            });
            returning.restore();
            value
        })
    }
}

/// Sends code to the pool that `select` chooses.
pub(crate) fn spawn_blocking<C>(code: C) -> BlockingTask<C::Output>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    // Before any lock is taken: hooks are code of the program.
    let (job, value) = prepare(code, context::capture());
    submit(job);
    value
}

/// Makes a job of code, with what was captured for it, and the future of its value.
pub(crate) fn prepare<C>(code: C, mut snapshot: Snapshot) -> (Job, BlockingTask<C::Output>)
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    let registration = Registration::new();
    let id = registration.id();
    let (run, join) = join::register();
    let code = move || {
        let ending = Ending::of_code();
        let value = || {
            let value = || {
                let value = snapshot.run(|| code.run());
                (value, snapshot.into_returning())
            };
            if threads::is_shared() {
                let _registration = registration;
                return value();
            }
            registration.run(value)
        };
        let ((value, returning), running) = run.run(value)?;
        limited::announce(ending);
        Some(Output {
            value,
            returning,
            _running: running,
        })
    };
    let (job, task) = context::job(code);
    (job, BlockingTask::new(task, id, join))
}

/// Sends a job to the pool that `select` chooses.
pub(crate) fn submit(job: Job) {
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
