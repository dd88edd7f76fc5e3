//! How a worker runs tasks: what the crew needs of async-executor.
//!
//! async-executor looks through the workers' local queues with `try_read`, and a runner that
//! leaves holds the write lock: whoever searches just then sees no work and goes to sleep, and
//! the tasks in the queue of a worker that blocks are lost to all. So each runner that leaves
//! spawns one empty task afterwards, which makes somebody search again.

use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::Arc;

#[cfg(feature = "tracing")]
use crate::carry::Dispatcher;
use crate::context;
use crate::crew::{Crew, Worker};
use crate::drive;
use crate::host::{Own, WorkerHost};
use crate::roll::Roll;

/// The tasks of an executor.
pub(crate) struct Tasks {
    ex: Arc<async_executor::Executor<'static>>,
    /// The tasks that wait: `None` if the executor is somebody else's, and goes on without us.
    roll: Option<Arc<Roll>>,
    /// What the threads log to.
    #[cfg(feature = "tracing")]
    dispatcher: Dispatcher,
}

impl Tasks {
    /// Makes an executor.
    pub(crate) fn new() -> Self {
        Tasks {
            ex: Arc::default(),
            roll: Some(Arc::new(Roll::new())),
            #[cfg(feature = "tracing")]
            dispatcher: Dispatcher::capture(),
        }
    }

    /// Adopts an executor.
    pub(crate) fn adopt(ex: Arc<async_executor::Executor<'static>>) -> Self {
        Tasks {
            ex,
            roll: None,
            #[cfg(feature = "tracing")]
            dispatcher: Dispatcher::capture(),
        }
    }

    /// Spawns a task, which gives `None` if the executor is gone before it is done.
    pub(crate) fn spawn<F>(&self, future: F) -> async_executor::Task<Option<F::Output>>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        match &self.roll {
            Some(roll) => self.ex.spawn(roll.enlist(future)),
            None => self.ex.spawn(async { Some(future.await) }),
        }
    }

    /// Runs code with what the executor's threads have in common.
    fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        return self.dispatcher.run(f);
        #[cfg(not(feature = "tracing"))]
        f()
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        // Tasks are dropped as they are polled: with the flag up.
        context::inside_executor(|| {
            if let Some(roll) = &self.roll {
                roll.close(|| self.ex.try_tick(), || self.ex.is_empty());
            }
            drop(mem::take(&mut self.ex));
        });
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ex.fmt(f)
    }
}

/// Runs tasks on the current thread until the worker is to leave.
pub(crate) fn run(crew: &Arc<Crew>, worker: &Arc<Worker>) {
    {
        let mut runner = pin!(crew.tasks().ex.run(worker.left()));
        let runs = poll_fn(|cx| {
            crew.is_busy(worker);
            let poll = runner.as_mut().poll(cx);
            crew.is_waiting(worker);
            poll
        });
        let runs = pin!(context::hosted_static(&Own, runs));
        let host = WorkerHost::new(crew, worker);
        crew.tasks()
            .scope(|| host.stand(|| drive::block_on_runner(runs)));
    }
    #[cfg(smartcall_delay)]
    delay();
    // The runner is gone.
    kick(crew.tasks());
}

/// Keeps a runner that leaves from telling it for a while, for `tests/stress_pairs.rs`.
#[cfg(smartcall_delay)]
fn delay() {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    static TIMES: AtomicU64 = AtomicU64::new(0);
    let times = TIMES.fetch_add(1, Ordering::Relaxed);
    std::thread::sleep(Duration::from_micros(times * 37 % 200));
}

/// Makes a runner that sleeps search for tasks again.
pub(crate) fn kick(tasks: &Tasks) {
    tasks.ex.spawn(async {}).detach();
}
