//! Sends blocking code to a pool, and awaits its value.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_task::{FallibleTask, Task};
use smartcall_context::internal::{self as context, Returning};

use crate::drive::cancel::{self, JobId, Registration};
use crate::offload::code::Code;
use crate::offload::completion::CompletionGuard;
use crate::offload::join::{self, JoinGuard};
use crate::offload::limited;
use crate::offload::select::{self, Chosen};

/// Blocking code that was sent to a pool: a future of its value.
///
/// If it is dropped before the code has begun, the code does not run. Code that runs is told, and its value is
/// dropped.
pub(crate) struct BlockingTask<T> {
    task: FallibleTask<Option<Output<T>>>,
    /// The job, which is told when this is dropped.
    id: JobId,
    /// It is dropped last: by then the code is told, and does not begin any more.
    _join: JoinGuard,
}

/// What code on a pool has returned. The fields are dropped in this order.
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

    /// Returns whether the code has run, or never will.
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
                    "the pool refused this job, or dropped it before it ran. This happens because \
                     the pool was shut down or its thread has ended, or because a `Pool` or a `Host` \
                     of the program's lost the `Job` that it was given. Send it to a pool that \
                     lives as long as it is needed."
                )
            });
            returning.restore();
            value
        })
    }
}

/// Sends code to the pool that is chosen for it.
pub(crate) fn spawn_blocking<C>(code: C) -> BlockingTask<C::Output>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    // Before any lock: hooks are code of the program's.
    let mut snapshot = context::capture();
    let registration = Registration::new();
    let id = registration.id();
    let (run, join) = join::register();
    let code = move || {
        let value = || {
            registration.run(|| {
                let value = snapshot.run(|| code.run());
                (value, snapshot.into_returning())
            })
        };
        let ((value, returning), running) = run.run(value)?;
        Some(Output {
            value,
            returning,
            _running: running,
        })
    };
    if let Some(chosen) = select::choose() {
        let (job, task) = context::job(code);
        let value = BlockingTask::new(task, id, join);
        match chosen {
            // A job that is refused is dropped, and what waits for it panics.
            Chosen::Pool(pool) => drop(pool.offload(job)),
            Chosen::Host(host) => {
                if let Err(refused) = host.offload(job) {
                    limited::submit(refused);
                }
            }
        }
        return value;
    }
    let task = match limited::try_permit() {
        // The usual case takes the one allocation that `unblock` makes, and no more.
        Some(permit) => blocking::unblock(move || permit.run(code)),
        None => {
            let (job, task) = context::job(code);
            limited::submit(job);
            task
        }
    };
    BlockingTask::new(task, id, join)
}
