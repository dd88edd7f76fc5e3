//! Pools for blocking code, and where blocking code runs.
//!
//! Awaited blocking code goes to the first of these that exists:
//!
//! 1. the pool of its handle, by [`on`](crate::Dual::on),
//! 2. the pool of the executor whose task awaits it, by its [`Host`](crate::context::Host) or
//!    [`Builder::pool`](crate::executor::Builder::pool),
//! 3. the pool of the process, by [`set_pool`],
//! 4. tokio's blocking threads, in a tokio runtime and with the feature `tokio`,
//! 5. the threads of the [`blocking`] crate, which starts them when they are needed.
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
//! The threads of `blocking` run at most [`set_max_jobs`] jobs of this crate at once; other jobs wait for their turn, in
//! order. The limit is 500 unless it is set, or the value of the environment variable `BLOCKING_MAX_THREADS`. The `blocking`
//! crate reads the same variable for a limit of its own. That limit is process-wide, belongs to the program, and is never
//! changed here.
//!
//! A job that waits in a `.get()` gives its place back meanwhile, and the next job starts on a spare thread. So jobs that
//! wait for jobs can't exhaust the pool. (They can if a program lowers the limit of `blocking` below this one.) A job that
//! resumes does not wait for a place, so for a moment more jobs may run than the limit allows. The same holds for a
//! [`Limited`].
//!
//! A [`SingleThread`] and rayon's threads have no spare. A job for such a pool that is resolved on one of its own threads
//! runs inline. A `.get()` in a job panics if it may have to wait, because the value may need that same thread. If you know
//! that it does not, wrap the call in [`blocking_region`](crate::context::blocking_region).
//!
//! # Cancelling
//!
//! If a future is dropped before its blocking code has begun, the code never runs. Code that has begun is abandoned: it
//! continues, and its value is dropped. It may ask [`is_cancelled`], or a [`CancellationToken`] on other threads, and end
//! early. A `.get()` in it ends by itself, so cancelling passes through sync code into the async code below it;
//! [`shield`] stops that. Dropping a handle from [`join_on_drop`] waits for running code instead.
//!
//! # Threads
//!
//! Threads are named `blocking-1` and so on, or `smartcall-spare`. As of version 1.7, `blocking` keeps its idle threads. If
//! the system can't start any thread, `blocking` tries again and again, and the job never runs. smartcall can't turn that
//! into an error.
//!
//! [`blocking`]: https://docs.rs/blocking

pub(crate) mod code;
pub(crate) mod completion;
pub(crate) mod join;
pub(crate) mod limited;
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
pub use crate::dual::join_on_drop::join_on_drop;
