//! The single-threaded executor.

use std::fmt;
use std::future::IntoFuture;
use std::mem;
use std::panic::Location;
use std::rc::Rc;

use smartcall_context::internal::{self as context, HostRef};

#[cfg(feature = "diagnose")]
use crate::diagnose::stuck;
use crate::executor::block_on::block_on;
use crate::executor::hosts::SingleThreadHost;
use crate::executor::task::Task;
use crate::executor::task_list::{self, TaskList};
use crate::waits::tasks::{Spawned, Watched};

/// The host of the thread, while it runs tasks.
const HOST: HostRef = HostRef::Static(&SingleThreadHost);

/// A single-threaded executor, for tasks that are not `Send`.
///
/// Its tasks run inside [`block_on`](LocalExecutor::block_on), on the same thread. That thread has no spare, so `.get()`
/// panics in its tasks.
///
/// Dropping it drops the remaining tasks.
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
/// use smartcall::LocalExecutor;
///
/// let ex = LocalExecutor::new();
/// let here = Rc::new(2);
/// let task = ex.spawn(async move { *here });
/// assert_eq!(ex.block_on(async { 3 + task.await }), 5);
/// ```
pub struct LocalExecutor {
    ex: async_executor::LocalExecutor<'static>,
    /// The tasks that wait.
    tasks: Rc<TaskList>,
}

impl LocalExecutor {
    /// Creates an executor. It starts no thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let ex = smartcall::LocalExecutor::new();
    /// assert_eq!(ex.block_on(async { 5 }), 5);
    /// ```
    pub fn new() -> Self {
        #[cfg(feature = "diagnose")]
        stuck::start_if_asked();
        LocalExecutor {
            ex: async_executor::LocalExecutor::new(),
            tasks: Rc::new(TaskList::new()),
        }
    }

    /// Spawns a task, which [`block_on`](LocalExecutor::block_on) runs.
    ///
    /// It takes a [`Dual`](crate::Dual) as well as a future.
    ///
    /// # Blocking
    ///
    /// The task runs only inside `block_on`. A wait for it elsewhere, such as [`Task::get`], never ends.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, LocalExecutor};
    ///
    /// let ex = LocalExecutor::new();
    /// let task = ex.spawn(Dual::blocking(|| 5));
    /// assert_eq!(ex.block_on(task), 5);
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: IntoFuture<IntoFuture: 'static, Output: 'static>,
    {
        let tasks = Rc::clone(&self.tasks);
        let spawned = Spawned::new(Location::caller(), true);
        let tracked = task_list::track(future.into_future(), tasks);
        Task::new(self.ex.spawn(Watched::new(tracked, spawned)), spawned)
    }

    /// Runs a future, and the executor's tasks, until the future is ready.
    ///
    /// The future may borrow. Tasks that have not finished by then continue in the next call.
    ///
    /// # Panics
    ///
    /// Panics if this thread must not block, like [`Dual::get`](crate::Dual::get). This includes the executor's own tasks.
    ///
    /// # Examples
    ///
    /// See [`LocalExecutor`].
    #[track_caller]
    pub fn block_on<F: IntoFuture>(&self, future: F) -> F::Output {
        block_on(HOST, self.ex.run(future.into_future()))
    }
}

impl Default for LocalExecutor {
    fn default() -> Self {
        LocalExecutor::new()
    }
}

impl Drop for LocalExecutor {
    fn drop(&mut self) {
        // Tasks are dropped as they are polled: with the flag set.
        context::with_host_by(HOST, || {
            self.tasks.end_all(|| self.ex.try_tick());
            drop(mem::take(&mut self.ex));
        });
    }
}

impl fmt::Debug for LocalExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalExecutor")
            .field("tasks", &self.ex)
            .finish()
    }
}
