use std::fmt;
use std::future::IntoFuture;
use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use futures::channel::oneshot;

use crate::context::{self, Host};
use crate::drive;
use crate::task::Task;

/// A multi-threaded executor whose tasks know that they are inside one.
///
/// It is a thin shim: [`async_executor`] schedules the tasks, worker threads run them, and
/// the [context](crate::context) says [`Place::Inside`](crate::context::Place::Inside)
/// meanwhile.
///
/// Dropping it stops its threads and drops the tasks that are left: whoever awaits one of
/// them panics, with [`Task::fallible`] as the way out. Code that a worker is running is not
/// interrupted, so the drop waits until each worker's current poll returns; on one of its own
/// threads it waits for nothing.
///
/// [`async_executor`]: https://docs.rs/async-executor
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, Executor};
///
/// let ex = Executor::new();
/// let task = ex.spawn(Dual::blocking(|| 2));
/// assert_eq!(ex.block_on(async { 3 + task.await }), 5);
/// ```
pub struct Executor {
    workers: Vec<Worker>,
    tasks: Tasks,
    /// Whether others may run the tasks too, on threads that are not ours to mark.
    adopted: bool,
}

/// A thread that runs tasks, until its sender is dropped.
struct Worker {
    _stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Executor {
    /// Creates an executor with a thread for each core.
    ///
    /// # Panics
    ///
    /// Panics if a thread can't be started; [`Builder::try_build`] returns the error.
    ///
    /// # Examples
    ///
    /// ```
    /// let ex = smartcall::Executor::new();
    /// assert_eq!(ex.block_on(async { 5 }), 5);
    /// ```
    #[track_caller]
    pub fn new() -> Self {
        Executor::builder().build()
    }

    /// Returns a builder, to choose the number of threads and their name.
    ///
    /// # Examples
    ///
    /// ```
    /// let ex = smartcall::Executor::builder().threads(2).name("worker").build();
    /// assert_eq!(ex.block_on(async { 5 }), 5);
    /// ```
    pub fn builder() -> Builder {
        Builder {
            threads: None,
            name: "smartcall".into(),
        }
    }

    /// Spawns a task.
    ///
    /// It takes a [`Dual`](crate::Dual) as well as a future.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, Executor};
    ///
    /// let ex = Executor::new();
    /// let task = ex.spawn(Dual::future(async { 5 }));
    /// assert_eq!(ex.block_on(task), 5);
    /// ```
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: IntoFuture<IntoFuture: Send + 'static, Output: Send + 'static>,
    {
        let tasks = &self.tasks;
        Task::new(if self.adopted {
            tasks.ex.spawn(context::hosted(&tasks.host, future))
        } else {
            // Our workers have raised the flag.
            tasks.ex.spawn(future.into_future())
        })
    }

    /// Runs a future on the current thread, and returns its output.
    ///
    /// The future may borrow. The executor's own threads run the tasks that it spawns.
    ///
    /// # Panics
    ///
    /// Panics if this thread must not block, like [`Dual::get`](crate::Dual::get).
    ///
    /// # Examples
    ///
    /// ```
    /// let ex = smartcall::Executor::new();
    /// let words = ["sync", "async"];
    /// assert_eq!(ex.block_on(async { words.len() }), 2);
    /// ```
    #[track_caller]
    pub fn block_on<F: IntoFuture>(&self, future: F) -> F::Output {
        block_on(&self.tasks.host, future)
    }

    /// Starts the threads of an executor.
    fn start(tasks: Tasks, adopted: bool, builder: &Builder) -> io::Result<Self> {
        let threads = match builder.threads {
            Some(0) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "an executor needs at least one thread, and `threads(0)` was asked for",
                ));
            }
            Some(threads) => threads,
            None => thread::available_parallelism().map_or(1, NonZeroUsize::get),
        };
        if builder.name.contains('\0') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the name of a thread can't contain a zero byte",
            ));
        }
        // Dropping this on an error stops the threads that were started.
        let mut executor = Executor {
            workers: Vec::with_capacity(threads),
            tasks,
            adopted,
        };
        for i in 0..threads {
            let (stop, stopped) = oneshot::channel();
            let tasks = executor.tasks.clone();
            let thread = thread::Builder::new()
                .name(format!("{}-{i}", builder.name))
                .spawn(move || tasks.run(stopped))?;
            executor.workers.push(Worker {
                _stop: stop,
                thread,
            });
        }
        Ok(executor)
    }
}

impl Default for Executor {
    #[track_caller]
    fn default() -> Self {
        Executor::new()
    }
}

/// Adopts an executor that the program has already.
///
/// Threads of our own run it, one for each core, beside whoever else does; the flag is up
/// in the tasks that are spawned through this handle, whoever runs them. The tasks live as
/// long as the `Arc` does.
///
/// # Panics
///
/// Panics if a thread can't be started.
impl From<Arc<async_executor::Executor<'static>>> for Executor {
    #[track_caller]
    fn from(ex: Arc<async_executor::Executor<'static>>) -> Self {
        built(Executor::start(Tasks::new(ex), true, &Executor::builder()))
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        // Dropping the senders stops the threads.
        let threads: Vec<_> = self.workers.drain(..).map(|worker| worker.thread).collect();
        let here = thread::current().id();
        if threads.iter().any(|thread| thread.thread().id() == here) {
            // A task is dropping its own executor: this thread can't wait for itself, nor
            // the others for what it may hold. The last of them drops the tasks.
            return;
        }
        for thread in threads {
            // Panics of tasks go to whoever awaits them; a worker has none of its own.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("threads", &self.workers.len())
            .field("tasks", &self.tasks.ex)
            .finish()
    }
}

/// Configures an [`Executor`].
///
/// # Examples
///
/// ```
/// let ex = smartcall::Executor::builder().threads(2).name("io").build();
/// let name = ex.spawn(async { std::thread::current().name().map(String::from) });
/// assert!(ex.block_on(name).unwrap().starts_with("io-"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` or `try_build` is called"]
pub struct Builder {
    /// `None` stands for one for each core.
    threads: Option<usize>,
    name: String,
}

impl Builder {
    /// Sets the number of worker threads: one for each core if not set.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Sets the first part of the threads' names, "smartcall" if not set.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Starts the executor.
    ///
    /// # Panics
    ///
    /// Panics where [`try_build`](Builder::try_build) returns an error.
    #[track_caller]
    pub fn build(self) -> Executor {
        built(self.try_build())
    }

    /// Starts the executor, or returns why it can't be started.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if zero threads were asked for, or a name
    /// with a zero byte in it; the system's error if it can't start a thread. Threads that were
    /// started before that one are stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::ErrorKind;
    /// use smartcall::Executor;
    ///
    /// let error = Executor::builder().threads(0).try_build().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidInput);
    /// ```
    pub fn try_build(self) -> io::Result<Executor> {
        let ex = Arc::new(async_executor::Executor::new());
        Executor::start(Tasks::new(ex), false, &self)
    }
}

/// Unwraps a new executor, in words.
#[track_caller]
fn built(executor: io::Result<Executor>) -> Executor {
    executor.unwrap_or_else(|error| {
        panic!(
            "cannot start an executor: {error}. This happens if no threads are asked for, or if \
             the system has no more of them to give. Use `Builder::threads` to ask for another \
             number, and `Builder::try_build` to handle the error."
        )
    })
}

/// The tasks of an executor. The last clone to be dropped drops them.
#[derive(Clone)]
struct Tasks {
    ex: Arc<async_executor::Executor<'static>>,
    host: Arc<Shim>,
}

impl Tasks {
    fn new(ex: Arc<async_executor::Executor<'static>>) -> Self {
        Tasks {
            ex,
            host: Arc::new(Shim),
        }
    }

    /// Runs tasks on the current thread until the sender is dropped.
    fn run(self, stopped: oneshot::Receiver<()>) {
        // Nothing is ever sent: dropping the sender is the signal.
        let _ = drive::block_on(context::hosted(&self.host, self.ex.run(stopped)));
        // Others that run an adopted executor may have overlooked a task while this runner
        // left: async-executor searches with `try_read`, and a runner that leaves holds the
        // lock. One more task makes them search again.
        self.ex.spawn(async {}).detach();
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        // Tasks are dropped as they are polled: with the flag up.
        context::with_host(&self.host, || drop(mem::take(&mut self.ex)));
    }
}

/// The host of the shim's threads.
pub(crate) struct Shim;

impl Host for Shim {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn has_pool(&self) -> bool {
        false
    }
}

/// Runs a future on the current thread, inside an executor, if this thread may block.
#[track_caller]
pub(crate) fn block_on<F: IntoFuture>(host: &Arc<Shim>, future: F) -> F::Output {
    match context::leave_to_block() {
        Ok(leave) => context::block(leave, || drive::block_on(context::hosted(host, future))),
        Err(refusal) => refusal.panic(),
    }
}
