//! The multi-threaded executor, and how it is configured.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::panic::Location;
use std::sync::Arc;
use std::thread;

use smartcall_context::internal::{self as context, HostRef};

#[cfg(feature = "diagnose")]
use crate::diagnose::stuck;
use crate::executor::block_on::block_on;
use crate::executor::hosts::{AdoptedHost, BlockOnHost};
use crate::executor::scheduler::Scheduler;
use crate::executor::stalls::Stall;
use crate::executor::task::Task;
use crate::executor::workers::{Config, Workers};
use crate::executor::{record, worker_loop};
use crate::offload::pool::{Pool, ToPool};
use crate::offload::threads;
use crate::system;
use crate::waits::threads as waits;
use crate::work::scoped::{OnPool, Scoped};

/// A multi-threaded executor whose tasks may block.
///
/// It is a thin layer: [`async_executor`] schedules the tasks, worker threads run them, and the [context](crate::context) is
/// [`Place::Inside`](crate::context::Place::Inside) while they are polled.
///
/// A task may block, by `.get()` or in in-place code. A spare thread takes the worker's place meanwhile, so that as many
/// threads as you asked for make progress. (So two tasks may run at the same time even with one thread. If they must not,
/// use [`LocalExecutor`](crate::LocalExecutor).)
///
/// Code in a task may also block without a word: in a lock, a `LazyLock`, a sleep, or a long computation. If that holds up the
/// other tasks because no worker is free, a spare takes the place after 20 to 30 ms. [`Builder::on_stall`] tells which task it
/// was. This does not hold for the future that [`block_on`](Executor::block_on) runs, and for tasks that the program spawns
/// itself on an adopted executor.
///
/// Dropping it drops the remaining tasks and stops its threads. Awaiting one of these tasks panics;
/// [`Task::fallible`] returns `None` instead. A `.get()` that waits in a task panics, too (but not in a destructor that runs
/// while another panic unwinds). Other code that a worker runs is not interrupted. The drop waits until each worker's
/// current poll returns, unless that poll has been blocked for 100 ms: it may wait for the very thread that drops the
/// executor. Its task then ends when the poll returns. On one of the executor's own threads, the drop does not wait.
/// A `.get()` in the destructor of a remaining task is refused.
///
/// Its threads have the stack that [`Builder::stack_size`] sets.
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
    workers: Arc<Workers>,
    /// The host of the tasks, if threads other than the workers may run them as well.
    adopted: Option<Arc<AdoptedHost>>,
    /// Where the blocking code of its tasks goes, if not to the pool of the process.
    pool: Option<Arc<dyn Pool>>,
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
            config: Config {
                name: "smartcall".into(),
                max_spares: 2048,
                stack_size: None,
                on_stall: None,
            },
            pool: None,
        }
    }

    /// Spawns a task.
    ///
    /// It takes a [`Dual`](crate::Dual) as well as a future. Sync code waits for the task by [`Task::get`], or by a handle
    /// to it.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, Executor};
    ///
    /// let ex = Executor::new();
    /// let task = ex.spawn(Dual::future(async { 5 }));
    /// assert_eq!(Dual::future(task).get(), 5);
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: IntoFuture<IntoFuture: Send + 'static, Output: Send + 'static>,
    {
        if mem::size_of::<F::IntoFuture>() > LARGE {
            self.spawn_sized(Box::pin(future.into_future()))
        } else {
            self.spawn_sized(future.into_future())
        }
    }

    #[track_caller]
    fn spawn_sized<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        match &self.pool {
            Some(pool) => self.spawn_bound(bind(future, pool)),
            None => self.spawn_bound(future),
        }
    }

    #[track_caller]
    fn spawn_bound<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let scheduler = self.workers.scheduler();
        let spawned = scheduler.number(Location::caller());
        let task = match &self.adopted {
            Some(host) => {
                let host = HostRef::Own(Arc::<AdoptedHost>::clone(host));
                scheduler.spawn(context::hosted_by(host, future), spawned)
            }
            // The workers set the flag.
            None => scheduler.spawn(future, spawned),
        };
        Task::new(task, spawned)
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
        let host = HostRef::Own(Arc::new(BlockOnHost::new()));
        match &self.pool {
            Some(pool) => block_on(host, bind(future, pool)),
            None => block_on(host, future),
        }
    }
}

/// The size in bytes above which a future is boxed before it is spawned. A debug build copies a future from frame to
/// frame on its way into the task, about a dozen times.
pub(crate) const LARGE: usize = 2048;

/// Binds the blocking code in a future to the executor's pool.
fn bind<F: IntoFuture>(future: F, pool: &Arc<dyn Pool>) -> Scoped<F::IntoFuture, OnPool> {
    Scoped::new(future.into_future(), OnPool::new(Arc::clone(pool)))
}

impl Default for Executor {
    #[track_caller]
    fn default() -> Self {
        Executor::new()
    }
}

/// Adopts an executor that the program already has.
///
/// Worker threads run it, one for each core; other threads of the program may run it as well. The flag is set in the tasks
/// that are spawned through this handle, whichever thread runs them. The tasks live as long as the `Arc` does.
///
/// # Panics
///
/// Panics if a thread can't be started.
impl From<Arc<async_executor::Executor<'static>>> for Executor {
    #[track_caller]
    fn from(ex: Arc<async_executor::Executor<'static>>) -> Self {
        let workers = built(Executor::builder().start(Scheduler::adopt(ex)));
        let host = Arc::new(AdoptedHost(Arc::downgrade(&workers)));
        Executor {
            workers,
            adopted: Some(host),
            pool: None,
        }
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.workers.stop(|wait| context::wait_in_drop(wait));
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("tasks", self.workers.scheduler())
            .finish_non_exhaustive()
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
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` or `try_build` is called"]
pub struct Builder {
    /// `None` means one thread for each core.
    threads: Option<usize>,
    config: Config,
    pool: Option<Arc<dyn Pool>>,
}

impl Builder {
    /// Sets the number of worker threads, one for each core if not set.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Sets the first part of the threads' names, "smartcall" if not set.
    pub fn name(mut self, name: &str) -> Self {
        self.config.name = name.into();
        self
    }

    /// Sets how many spare threads there may be at once, 2,048 if not set.
    ///
    /// A spare thread takes the place of a worker that blocks in a task. If all of them are in use, a `.get()` in a task
    /// panics, `try_get` returns the handle, and in-place code occupies its worker until it ends. A spare thread counts until it
    /// has left its last poll, so at the limit timing decides. At most half of them stand in for code that blocks without a
    /// `.get()` or in-place code.
    pub fn max_spares(mut self, max_spares: usize) -> Self {
        self.config.max_spares = max_spares;
        self
    }

    /// Sets the stack size of the executor's threads, in bytes.
    ///
    /// Unless it is set, they have the stack that `std` gives to a thread: 2 MiB, or the value of the environment variable
    /// `RUST_MIN_STACK`. Sync code in a task has this stack, and not that of the main thread, which is often 8 MiB. Blocking code
    /// that a task awaits runs on a pool, whose threads have [stacks of their own](crate::offload#threads).
    ///
    /// # Examples
    ///
    /// ```
    /// fn depth(n: u64) -> u64 {
    ///     if n == 0 { 0 } else { 1 + depth(std::hint::black_box(n - 1)) }
    /// }
    ///
    /// let ex = smartcall::Executor::builder().threads(1).stack_size(64 << 20).build();
    /// assert_eq!(ex.spawn(async { depth(100_000) }).get(), 100_000);
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.config.stack_size = Some(bytes);
        self
    }

    /// Sets what is told of a poll that holds its worker for long.
    ///
    /// It is called once for each poll that is in the same place in two looks of the monitor, 10 ms apart, and is not in a
    /// call that says that it may block: `.get()`, in-place code, code that borrows. The worker's other tasks wait meanwhile,
    /// or are taken over by another worker, or by a spare: the executor goes on.
    ///
    /// The monitor calls it on its own thread, and does nothing else meanwhile. A panic in it is caught.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use std::thread;
    /// use std::time::Duration;
    /// use smartcall::Executor;
    ///
    /// let (sender, stalls) = mpsc::channel();
    /// let ex = Executor::builder()
    ///     .on_stall(move |stall| drop(sender.send(stall.spawned_at().line())))
    ///     .build();
    /// let line = line!() + 1;
    /// let task = ex.spawn(async { thread::sleep(Duration::from_millis(200)) });
    /// assert_eq!(stalls.recv(), Ok(line));
    /// # task.get();
    /// ```
    pub fn on_stall(mut self, tell: impl Fn(&Stall) + Send + Sync + 'static) -> Self {
        self.config.on_stall = Some(Arc::new(tell));
        self
    }

    /// Sets the pool for blocking code in the executor's tasks, the pool of the process if not set.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, Executor};
    /// use smartcall::offload::Limited;
    ///
    /// let pool = Limited::new(4.try_into().unwrap());
    /// let ex = Executor::builder().pool(&pool).build();
    /// assert_eq!(ex.block_on(ex.spawn(Dual::blocking(|| 5))), 5);
    /// ```
    pub fn pool(mut self, pool: &impl ToPool) -> Self {
        self.pool = Some(pool.to_pool());
        self
    }

    /// Starts the executor.
    ///
    /// # Panics
    ///
    /// Panics if [`try_build`](Builder::try_build) returns an error.
    #[track_caller]
    pub fn build(self) -> Executor {
        built(self.try_build())
    }

    /// Starts the executor, or returns the error.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](io::ErrorKind::InvalidInput) for zero threads and for a name that contains a zero byte, and
    /// the system's error if a thread can't be started. The threads that were started before that one are stopped.
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
        let workers = self.start(Scheduler::new())?;
        Ok(Executor {
            workers,
            adopted: None,
            pool: self.pool,
        })
    }

    /// Starts the threads of an executor.
    fn start(&self, scheduler: Scheduler) -> io::Result<Arc<Workers>> {
        let threads = match self.threads {
            Some(0) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "an executor needs at least one thread, and `threads(0)` was asked for",
                ));
            }
            Some(threads) => threads,
            None => thread::available_parallelism().map_or(1, NonZeroUsize::get),
        };
        threads::check_name(&self.config.name)?;
        system::note_threads();
        waits::set_workers(record::WORKERS);
        #[cfg(feature = "diagnose")]
        stuck::start_if_asked();
        Workers::start(scheduler, worker_loop::run, threads, self.config.clone())
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("threads", &self.threads)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// Returns a new executor, or panics with the error.
#[track_caller]
fn built<T>(executor: io::Result<T>) -> T {
    // Not a closure: its panic would show its own line instead of the caller's.
    match executor {
        Ok(executor) => executor,
        Err(error) => panic!(
            "cannot start an executor: {error}. This happens if the number of threads is zero, or if \
             the system can't start more threads. Use `Builder::threads` to choose another \
             number, or `Builder::try_build` to handle the error."
        ),
    }
}
