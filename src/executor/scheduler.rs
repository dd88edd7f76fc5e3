//! The tasks of an executor: what the workers need of async-executor.

use std::fmt;
use std::future::Future;
use std::mem;
use std::sync::Arc;

use async_executor::{StaticExecutor, Task};
use smartcall_context::internal as context;
#[cfg(feature = "tracing")]
use smartcall_context::internal::Dispatcher;

use crate::executor::record::Stamped;
use crate::executor::task_list::{self, TaskList};
use crate::sync::{AtomicBool, Ordering, Shared, ignore_poison};
use crate::waits::edges::Line;
use crate::waits::tasks::Spawned;

/// The tasks of an executor, and in which order they run.
pub(crate) struct Scheduler {
    kind: Kind,
    /// What the threads log to.
    #[cfg(feature = "tracing")]
    dispatcher: Dispatcher,
}

/// Where the tasks live.
enum Kind {
    /// In an executor of ours.
    Owned(&'static Static),
    /// In one that the program has, and that goes on without us.
    Adopted(Arc<async_executor::Executor<'static>>),
}

/// An executor that is never dropped, but used again.
///
/// A `StaticExecutor` keeps no list of its tasks. We need one anyway, which is better: so there is one list where an
/// `Executor` would have two, and no count of who holds the executor.
struct Static {
    ex: StaticExecutor,
    tasks: TaskList,
}

/// Those that no executor uses. So there are no more of them than executors at one time.
static FREE: Shared<Vec<&'static Static>> = Shared::new(Vec::new());

impl Static {
    fn take() -> &'static Static {
        let free = ignore_poison(FREE.lock()).pop();
        free.unwrap_or_else(|| {
            Box::leak(Box::new(Static {
                ex: StaticExecutor::new(),
                tasks: TaskList::new(),
            }))
        })
    }

    /// Ends all tasks, and frees it.
    fn free(&'static self) {
        self.tasks.end_all(|| self.ex.try_tick());
        self.tasks.reopen();
        ignore_poison(FREE.lock()).push(self);
    }
}

impl Scheduler {
    /// Makes an executor.
    pub(crate) fn new() -> Self {
        Scheduler::of(Kind::Owned(Static::take()))
    }

    /// Adopts an executor.
    pub(crate) fn adopt(ex: Arc<async_executor::Executor<'static>>) -> Self {
        Scheduler::of(Kind::Adopted(ex))
    }

    fn of(kind: Kind) -> Self {
        Scheduler {
            kind,
            #[cfg(feature = "tracing")]
            dispatcher: Dispatcher::capture(),
        }
    }

    /// Tells what is known of a task that is spawned at a line.
    pub(crate) fn number(&self, at: Line) -> Spawned {
        Spawned::new(at, matches!(self.kind, Kind::Owned(_)))
    }

    /// Spawns a task, which returns `None` if the executor is gone before it is done.
    pub(crate) fn spawn<F>(&self, future: F, spawned: Spawned) -> Task<Option<F::Output>>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        match &self.kind {
            Kind::Owned(owned) => {
                let tracked = task_list::track(future, &owned.tasks);
                owned.ex.spawn(Stamped::new(tracked, spawned))
            }
            Kind::Adopted(ex) => ex.spawn(Stamped::new(async { Some(future.await) }, spawned)),
        }
    }

    /// Lets each task end at its next poll. The tasks of an adopted executor go on.
    pub(crate) fn close(&self) {
        if let Kind::Owned(owned) = &self.kind {
            owned.tasks.close();
        }
    }

    /// Returns whether it waits for a task to end, other than these, once it is closed.
    pub(crate) fn waits_for_tasks(&self, other_than: &[usize]) -> bool {
        match &self.kind {
            Kind::Owned(owned) => owned.tasks.waits(other_than),
            Kind::Adopted(_) => false,
        }
    }

    /// Ends the tasks that were queued as the last worker left, once it is closed.
    pub(crate) fn end_rest(&self) {
        if let Kind::Owned(owned) = &self.kind {
            context::inside_executor(|| while owned.ex.try_tick() {});
        }
    }

    /// Returns whether each poll is noted in the record of its worker. In an adopted executor, the program may spawn tasks itself.
    pub(crate) fn stamps_all(&self) -> bool {
        matches!(self.kind, Kind::Owned(_))
    }

    /// Queues a task that sets a flag.
    pub(crate) fn probe(&self, flag: Arc<AtomicBool>) {
        let sets = async move { flag.store(true, Ordering::Release) };
        match &self.kind {
            Kind::Owned(owned) => owned.ex.spawn(sets).detach(),
            Kind::Adopted(ex) => ex.spawn(sets).detach(),
        }
    }

    /// Runs tasks until a future is done.
    pub(crate) async fn run_until(&self, future: impl Future<Output = ()>) {
        match &self.kind {
            Kind::Owned(owned) => owned.ex.run(future).await,
            Kind::Adopted(ex) => ex.run(future).await,
        }
    }

    /// Makes one worker that sleeps search for tasks again, by an empty task.
    pub(crate) fn wake_one(&self) {
        match &self.kind {
            Kind::Owned(owned) => owned.ex.spawn(async {}).detach(),
            Kind::Adopted(ex) => ex.spawn(async {}).detach(),
        }
    }

    /// Runs code with what the executor's threads have in common.
    pub(crate) fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        return self.dispatcher.run(f);
        #[cfg(not(feature = "tracing"))]
        f()
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        // Tasks are dropped as they are polled: with the flag set.
        context::inside_executor(|| match &mut self.kind {
            Kind::Owned(owned) => owned.free(),
            Kind::Adopted(ex) => drop(mem::take(ex)),
        });
    }
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Owned(owned) => {
                let waiting = owned.tasks.len();
                f.debug_struct("Tasks").field("waiting", &waiting).finish()
            }
            Kind::Adopted(ex) => ex.fmt(f),
        }
    }
}
