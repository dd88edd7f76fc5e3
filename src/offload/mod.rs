//! Pools for blocking code, and where blocking code runs.
//!
//! Awaited blocking code goes to the first of these that exists:
//!
//! 1. the pool of its handle, by [`on`](crate::Dual::on),
//! 2. the pool of the executor whose task awaits it, by its [`Host`](crate::context::Host) or
//!    [`Builder::pool`](crate::executor::Builder::pool),
//! 3. the pool of the process, by [`set_pool`],
//! 4. tokio's blocking threads, in a tokio runtime and with the feature `tokio`,
//! 5. the threads of the [`blocking`] crate, which starts them when they are needed, and spare threads where these do not
//!    suffice.
//!
//! | a [`Pool`] of your choice | for |
//! |---|---|
//! | [`Limited`] | code that must not run too often at once: a database has so many connections |
//! | [`SingleThread`] | what must not leave its thread: connections that are not `Send`, libraries that are bound to one thread |
//! | `rayon::ThreadPool` and [`Rayon`](crate::offload#rayon), by the feature `rayon` | code that computes |
//! | `tokio::runtime::Handle`, by the feature `tokio` | the blocking threads of a certain runtime |
//!
//! # Limits
//!
//! At most [`set_max_jobs`] jobs of this crate run at once in the default pool; other jobs wait for their turn, in order. The
//! limit is 500 unless it is set, or the value of the environment variable `BLOCKING_MAX_THREADS`. The `blocking` crate reads
//! the same variable for a limit of its own. That limit is process-wide, belongs to the program, and is never changed here.
//!
//! A job that waits in a `.get()` gives its place back meanwhile, and the next job starts on a spare thread. So jobs that
//! wait for jobs can't exhaust the pool. A job that resumes does not wait for a place, so for a moment more jobs may run than
//! the limit allows. The same holds for a [`Limited`].
//!
//! A job that has a place always gets a thread, whatever the limit of `blocking` is and whoever holds its threads. If our jobs
//! use as many threads as `blocking` has, or jobs are parked, the job gets a spare thread at once. If other code holds the
//! threads of `blocking`, such as `smol::unblock`, or a program has lowered the limit of `blocking`, it gets one after some
//! 15 milliseconds.
//!
//! A `.get()` whose job has lost its handle may wait for ever, and keeps a thread. In each pool at most [`set_max_jobs`] such
//! waits give their places back. Beyond that they count as running jobs, so their number is bounded. If they take all places
//! of a pool, its other jobs wait. What the waits need may be one of these jobs: so after a tenth of a second one place more is
//! given, and if such a wait takes that as well, the next after twice the time, and so on. An hour makes some 15 threads more.
//!
//! A [`SingleThread`] and rayon's threads have no spare. A job for such a pool that is resolved on one of its own threads
//! runs inline, also if the pool is that of the process. On a `SingleThread`, a `.get()` in a job panics if it may have to wait,
//! because the value may need that same thread. If you know that it does not, wrap the call in
//! [`blocking_region`](crate::context::blocking_region). On rayon's threads a `.get()` blocks, as any blocking call does there:
//! if all threads of a pool wait for values that only that pool can make, they hang.
//!
//! The blocking threads of a tokio runtime have no spare either. A runtime has 512 unless its builder sets
//! `max_blocking_threads`. If the jobs on all of them wait for further jobs of that runtime, they hang.
//!
//! # Cancelling
//!
//! If a handle is dropped before its blocking code has begun, the code never runs, and what it captured is dropped with the
//! handle. Code that has begun is abandoned: it runs to its end, a `.get()` in it too, and its value is dropped. So sync code is
//! never torn. It may ask [`is_cancelled`], or a [`CancellationToken`] on other threads, and return early. Dropping a handle from
//! [`interrupt_on_drop`] also ends a `.get()` in the code, so that cancelling passes through sync code into the async code below
//! it; [`shield`] stops that. Dropping a handle from [`join_on_drop`] waits for running code.
//! [The guide](crate::guide::calling_it#cancelling) has a table of all of this. Code on rayon's threads is neither told nor interrupted:
//! [`Rayon`](crate::offload#rayon) says why, and what to do.
//!
//! If the value of abandoned code is dropped on a pool's thread and its destructor panics, the panic hook reports it, and the
//! thread goes on. The same holds for captured values that a pool drops. (The tasks of an [`Executor`](crate::Executor) are tasks
//! of async-task: if the future or the value of a cancelled task panics when it is dropped on a thread of the executor, the
//! process aborts.)
//!
//! # Threads
//!
//! Threads are named `blocking-1` and so on, or `smartcall-spare`. A spare thread ends when it has no job. As of version 1.7,
//! `blocking` keeps its idle threads. If the system can't start any thread, `blocking` tries again and again, and the job
//! never runs. smartcall can't turn that into an error. The thread `smartcall-watch` looks for jobs that wait for a thread of
//! `blocking` in vain. It sleeps while no jobs come, and ends after ten seconds of sleep.
//!
//! # Stack
//!
//! The threads of `blocking`, spare threads and the thread of a [`SingleThread`] have the default stack of `std`: 2 MiB, or as
//! many bytes as the environment variable `RUST_MIN_STACK` says. The same holds for tokio's and rayon's threads, unless their
//! builders set another size (`thread_stack_size`, `stack_size`). The main thread has what the system gives to it, often
//! 8 MiB. So sync code that recurses deeply may be fine by `.get()` on the main thread, and overflow its stack when it is
//! awaited, which aborts the process. Set `RUST_MIN_STACK` for the process, or give the code a stack of its own:
//!
//! ```
//! use std::thread;
//! use smartcall::Dual;
//!
//! fn depth(n: u32) -> u32 {
//!     if n == 0 { 0 } else { 1 + depth(n - 1) }
//! }
//!
//! let deep = Dual::blocking(|| {
//!     let thread = thread::Builder::new().stack_size(64 << 20);
//!     thread.spawn(|| depth(100_000)).unwrap().join().unwrap()
//! });
//! # pollster::block_on(async {
//! assert_eq!(deep.await, 100_000);
//! # });
//! ```
//!
//! [`blocking`]: https://docs.rs/blocking

pub(crate) mod carriers;
pub(crate) mod code;
pub(crate) mod left;
pub(crate) mod limited;
pub(crate) mod max_threads;
pub(crate) mod on_drop;
pub(crate) mod pool;
#[cfg(feature = "rayon")]
mod rayon;
pub(crate) mod select;
pub(crate) mod single_thread;
pub(crate) mod spawn_blocking;
pub(crate) mod threads;
#[cfg(feature = "tokio")]
mod tokio;

pub use smartcall_context::Job;

pub use self::limited::{Limited, set_max_jobs};
pub use self::pool::{Pool, ToPool};
#[cfg(feature = "rayon")]
pub use self::rayon::Rayon;
pub use self::select::{SetPoolError, set_pool};
pub use self::single_thread::SingleThread;
pub use crate::drive::cancel::{CancellationToken, is_cancelled, shield};
pub use crate::dual::interrupt_on_drop::interrupt_on_drop;
pub use crate::dual::join_on_drop::join_on_drop;
