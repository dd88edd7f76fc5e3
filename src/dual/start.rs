//! Handles whose work runs in the background.

use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use smartcall_context::internal::{self as context, InRuntime, Returning, Snapshot};

use crate::drive::driver::{self, NothingWakes};
use crate::dual::handle::Dual;
use crate::executor::multi_thread::{Executor, LARGE};
use crate::executor::task::Task;
use crate::offload::spawn_blocking::quietly;
use crate::sync::ignore_poison;
use crate::system::Threads;
use crate::waits::edges::Line;
use crate::work::traits::{POLLED_AGAIN, Work, blocks};

/// The executor of the process, made when a handle is first started.
static BACKGROUND: OnceLock<Executor> = OnceLock::new();

/// Held by the thread that makes the executor. Making it may fail, which `OnceLock` can't express yet.
static MAKING: Mutex<()> = Mutex::new(());

impl<T, W> Dual<T, W>
where
    T: Send + 'static,
    W: Work<Output = T> + Send + 'static,
{
    /// Starts the work in the background and returns a handle to its value.
    ///
    /// An async body becomes a task of a process-wide [`Executor`], which is made at the first start and has one
    /// thread per core. Sync code goes to the pool, as it does when it is awaited. So started handles overlap, no
    /// matter when and where they are resolved. With the feature `tokio`, an async body that is started in a runtime
    /// has its timers and sockets from there, and must end before that runtime does.
    ///
    /// Dropping the new handle cancels the work: work that has not begun never begins, an async body is dropped at
    /// its next poll, and code that is running on a pool keeps running and can check
    /// [`is_cancelled`](crate::offload::is_cancelled). To let the work continue instead, call
    /// [`detach`](Dual::detach).
    ///
    /// # Panics
    ///
    /// Panics if the executor's threads can't be started, or if this process was forked after they were. Resolving the new handle panics if the body panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    /// use smartcall::Dual;
    ///
    /// let started: Vec<_> = (0..50)
    ///     .map(|n| {
    ///         Dual::blocking(move || {
    ///             thread::sleep(Duration::from_millis(20));
    ///             n
    ///         })
    ///         .start()
    ///     })
    ///     .collect();
    /// // All of them sleep at the same time.
    /// let sum: u32 = started.into_iter().map(|dual| dual.get()).sum();
    /// assert_eq!(sum, 1225);
    /// ```
    #[must_use = "started work is canceled when its handle is dropped, use `.detach()` to let it run"]
    #[track_caller]
    pub fn start(self) -> Dual<T, Started<T>> {
        THREADS.check("background");
        match background() {
            Ok(background) => self.start_on(background, InRuntime::capture()),
            Err(error) => panic!(
                "cannot start a handle in the background: {error}. This happens if the system can't start more \
                 threads. Resolve the handle with `.get()` or `.await` instead."
            ),
        }
    }

    #[track_caller]
    fn start_on(self, background: &Executor, runtime: InRuntime) -> Dual<T, Started<T>> {
        // See `LARGE`. It is done here, since the handle would be copied on its way there, too.
        let task = if mem::size_of::<W>() > LARGE {
            background.spawn(Following::new(Box::pin(self), runtime))
        } else {
            background.spawn(Following::new(self, runtime))
        };
        Dual::new(Started::new(task))
    }

    /// Starts the work in the background, and waits for it up to a limit if the thread may block.
    ///
    /// Use it in a `Drop`, or in a sync trait of another crate, for work that closes or flushes something. The work
    /// [starts](Dual::start) at once, and continues in the background after the limit. Its value is dropped. This
    /// never panics: a panic of the body is reported by the panic hook, and ends the wait. If the thread must not
    /// block, it returns at once.
    ///
    /// If the program turns on the feature `tokio` of this crate, the work has a tokio runtime in the background:
    /// smartcall's own, since the caller's may be shutting down. Sockets that belong to a runtime end with it.
    /// Without the feature, a destructor that may run in a runtime spawns the work there, by `Handle::try_current()`,
    /// and calls this where there is none.
    ///
    /// If the process ends before the work does, the work ends with it. If the system can't start threads for the
    /// background, the work runs on this thread, within the limit, or not at all.
    ///
    /// # Blocking
    ///
    /// It blocks for the limit at most, even in a runtime that is shutting down.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use smartcall::Dual;
    ///
    /// struct Connection(Vec<u8>);
    ///
    /// impl Drop for Connection {
    ///     fn drop(&mut self) {
    ///         let unsent = std::mem::take(&mut self.0);
    ///         let flush = async move { /* send them */ drop(unsent) };
    ///         Dual::future(flush).finish(Duration::from_secs(1));
    ///     }
    /// }
    /// # drop(Connection(Vec::new()));
    /// ```
    pub fn finish(self, limit: Duration) {
        let background = background().ok();
        let Some(background) = background.filter(|_| !THREADS.are_of_parent()) else {
            quietly(|| drop(self.get_timeout(limit)));
            return;
        };
        // The work is detached before the wait begins: whatever ends the wait, the work continues.
        let (done, ended) = oneshot::channel::<()>();
        let whole = self.map(|value| {
            drop(value);
            drop(done);
        });
        // The caller's runtime may be shutting down: its timers would never fire.
        quietly(|| whole.start_on(background, InRuntime::none()).detach());
        if context::can_block().is_ok() {
            quietly(|| drop(Dual::future(ended).get_timeout(limit)));
        }
    }
}

/// The process that the background executor's threads are in.
static THREADS: Threads = Threads::new();

/// Returns the executor of the process, and makes it on the first call.
fn background() -> io::Result<&'static Executor> {
    if let Some(background) = BACKGROUND.get() {
        return Ok(background);
    }
    let _making = ignore_poison(MAKING.lock());
    if BACKGROUND.get().is_none() {
        let made = Executor::builder()
            .name("smartcall-background")
            .try_build()?;
        let _ = BACKGROUND.set(made);
    }
    BACKGROUND.get().ok_or_else(|| io::ErrorKind::Other.into())
}

impl<T> Dual<T, Started<T>> {
    /// Lets started work continue in the background, without a handle.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use smartcall::Dual;
    ///
    /// let (sender, receiver) = mpsc::channel();
    /// Dual::future(async move { sender.send(5) }).start().detach();
    /// assert_eq!(receiver.recv(), Ok(5));
    /// ```
    pub fn detach(self) {
        self.into_work().task.detach();
    }
}

pin_project! {
    /// Work that runs in the background.
    ///
    /// Made by [`Dual::start`]. Dropping it cancels the work, as described there.
    #[must_use = "started work is canceled when it is dropped"]
    pub struct Started<T> {
        task: Task<(T, Returning)>,
        // See `Async`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<T> Started<T> {
    fn new(task: Task<(T, Returning)>) -> Self {
        Started {
            task,
            pinned: PhantomPinned,
        }
    }
}

pin_project! {
    /// Work that is polled with what is propagated from the thread that started it.
    struct Following<F> {
        #[pin]
        future: F,
        // `None` once the value is ready.
        snapshot: Option<Snapshot>,
        runtime: InRuntime,
    }
}

impl<F> Following<F> {
    fn new(future: F, runtime: InRuntime) -> Self {
        Following {
            future,
            snapshot: Some(context::capture()),
            runtime,
        }
    }
}

impl<F: Future> Future for Following<F> {
    type Output = (F::Output, Returning);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let snapshot = this.snapshot.as_mut().expect(POLLED_AGAIN);
        let future = this.future;
        let poll = this.runtime.run(|| snapshot.run(|| future.poll(cx)));
        poll.map(|value| {
            let snapshot = this.snapshot.take().expect(POLLED_AGAIN);
            (value, snapshot.into_returning())
        })
    }
}

impl<T> Future for Started<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(self.project().task).poll(cx).map(restored)
    }
}

impl<T> FusedFuture for Started<T> {
    fn is_terminated(&self) -> bool {
        self.task.is_taken()
    }
}

impl<T> Work for Started<T> {
    blocks!();

    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<T, NothingWakes> {
        driver::block_on(self, line)
    }

    fn is_ready(&self) -> bool {
        self.task.is_finished()
    }

    fn relocates(&self) -> bool {
        true
    }

    fn relocate(self: Pin<&mut Self>) -> Option<Self> {
        Some(Started::new(self.project().task.take()))
    }
}

/// Restores what was brought back with a value.
fn restored<T>((value, returning): (T, Returning)) -> T {
    returning.restore();
    value
}

impl<T> fmt::Debug for Started<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started")
            .field("finished", &self.task.is_finished())
            .finish_non_exhaustive()
    }
}
