//! A spawned task, of either executor.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use async_executor::FallibleTask;

use crate::drive::driver::{self, NothingWakes};
use crate::drive::permitted;
use crate::waits::edges::Line;
use crate::waits::polled;
use crate::waits::tasks::Spawned;
use crate::work::traits::{Work, blocks, value_of};

/// A spawned task, which can be awaited.
///
/// Dropping it cancels the task: it is not polled again, and the executor drops its future.
/// [`detach`](Task::detach) lets it continue instead.
///
/// Sync code waits for it by [`get`](Task::get). A task of a [`LocalExecutor`](crate::LocalExecutor) runs only inside that
/// executor's `block_on`; wait for it there. A `Task` is [`Work`], so [`Dual::new`](crate::Dual::new) makes a handle of it.
///
/// # Panics
///
/// Awaiting it panics if the task's future panics, with that panic, and if the executor is dropped before the task
/// finishes. In the second case the future of [`fallible`](Task::fallible) returns `None`.
///
/// # Cancel safety
///
/// Dropping the `Task` in the middle of an `.await` cancels it. Await `&mut task` to keep it.
///
/// # Examples
///
/// ```
/// use smartcall::Executor;
///
/// let ex = Executor::new();
/// let task = ex.spawn(async { 5 });
/// assert_eq!(task.get(), 5);
/// ```
#[must_use = "tasks get canceled when dropped, use `.detach()` to run them in the background"]
pub struct Task<T> {
    /// `None` once the value has been returned.
    inner: Option<FallibleTask<Option<T>>>,
    spawned: Spawned,
}

impl<T> Task<T> {
    /// Wraps a task that returns `None` if its executor is dropped first.
    pub(crate) fn new(task: async_executor::Task<Option<T>>, spawned: Spawned) -> Self {
        Task {
            inner: Some(task.fallible()),
            spawned,
        }
    }

    /// Moves the task out. What is left is as if its value had been returned.
    pub(crate) fn take(&mut self) -> Self {
        Task {
            inner: self.inner.take(),
            spawned: self.spawned,
        }
    }

    /// Returns whether the value has been returned, or the future has panicked.
    pub(crate) fn is_taken(&self) -> bool {
        self.inner.is_none()
    }

    /// Blocks the current thread until the task finishes, and returns its output.
    ///
    /// # Panics
    ///
    /// Panics if this thread must not block, like [`Dual::get`](crate::Dual::get), if the task's future panics, and if the
    /// executor is dropped before the task finishes.
    ///
    /// # Blocking
    ///
    /// Blocks like [`Dual::get`](crate::Dual::get).
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Executor;
    ///
    /// let ex = Executor::new();
    /// assert_eq!(ex.spawn(async { 5 }).get(), 5);
    /// ```
    #[track_caller]
    pub fn get(self) -> T {
        let line = Location::caller();
        value_of(permitted::block_or_refuse(|| {
            driver::block_on(pin!(self), line)
        }))
    }

    /// Lets the task continue in the background.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use smartcall::Executor;
    ///
    /// let ex = Executor::new();
    /// let (sender, receiver) = mpsc::channel();
    /// ex.spawn(async move { sender.send(5) }).detach();
    /// assert_eq!(receiver.recv(), Ok(5));
    /// ```
    pub fn detach(self) {
        if let Some(task) = self.inner {
            task.detach();
        }
    }

    /// Cancels the task and waits until its future has been dropped.
    ///
    /// Returns the value if the task had already finished.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Executor;
    ///
    /// let ex = Executor::new();
    /// let task = ex.spawn(std::future::pending::<()>());
    /// assert_eq!(ex.block_on(task.cancel()), None);
    /// ```
    pub async fn cancel(self) -> Option<T> {
        match self.inner {
            Some(task) => task.cancel().await.flatten(),
            None => None,
        }
    }

    /// Turns the task into a future that returns `None` if the executor is dropped first.
    ///
    /// Dropping that future cancels the task as well.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, Executor};
    ///
    /// let ex = Executor::new();
    /// let task = ex.spawn(std::future::pending::<()>()).fallible();
    /// drop(ex);
    /// assert_eq!(Dual::future(task).get(), None);
    /// ```
    pub fn fallible(self) -> impl Future<Output = Option<T>> + Unpin + use<T> {
        Fallible(self)
    }

    /// Returns whether the task has finished or was cancelled, so that awaiting it does not wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Executor;
    ///
    /// let ex = Executor::new();
    /// let task = ex.spawn(std::future::pending::<()>());
    /// assert!(!task.is_finished());
    /// ```
    pub fn is_finished(&self) -> bool {
        self.inner.as_ref().is_none_or(FallibleTask::is_finished)
    }
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.poll_inner(cx).map(|value| {
            value.unwrap_or_else(|| {
                panic!(
                    "the executor was dropped before this task finished. Keep the executor \
                     until its tasks are done, or use `Task::fallible`."
                )
            })
        })
    }
}

impl<T> Work for Task<T> {
    blocks!();

    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<T, NothingWakes> {
        driver::block_on(self, line)
    }

    fn is_ready(&self) -> bool {
        self.is_finished()
    }
}

/// The future of [`Task::fallible`].
struct Fallible<T>(Task<T>);

impl<T> Future for Fallible<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.poll_inner(cx)
    }
}

impl<T> Task<T> {
    /// Polls the task, and releases it once it is ready.
    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        // It is taken out while it is polled, so that it is gone after a panic.
        let Some(mut task) = self.inner.take() else {
            panic!("a `Task` was polled again after it had completed or panicked");
        };
        let poll = Pin::new(&mut task).poll(cx);
        if poll.is_pending() {
            self.inner = Some(task);
            polled::waits_for(self.spawned.target(), cx);
        }
        poll.map(Option::flatten)
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
