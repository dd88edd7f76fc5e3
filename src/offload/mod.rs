//! The pool that blocking code goes to.
//!
//! Blocking code that is awaited goes to the first of these that there is:
//!
//! 1. the pool that its handle is [`on`](crate::Dual::on),
//! 2. the pool of the executor whose task awaits it, by its [`Host`] or
//!    [`Builder::pool`](crate::executor::Builder::pool),
//! 3. the pool of the process, by [`set_pool`],
//! 4. tokio's, in a tokio runtime and with the feature `tokio`,
//! 5. the threads of the [`blocking`] crate, which starts them as they are needed.
//!
//! | a [`Pool`] of your own choice | what it is for |
//! |---|---|
//! | [`Limited`] | so many jobs at once and no more, as a database has connections |
//! | [`SingleThread`] | what must not leave its thread: connections that are not `Send`, libraries that are bound to one thread |
//! | `rayon::ThreadPool` and [`Rayon`](crate::offload#rayon), by the feature `rayon` | what computes |
//! | `tokio::runtime::Handle`, by the feature `tokio` | the blocking threads of a certain runtime |
//!
//! # Limits
//!
//! At most [`set_max_jobs`] jobs of this crate run at once on the last of these; the others wait for
//! their turn, in order. The limit is 500 unless set, or what the environment variable
//! `BLOCKING_MAX_THREADS` says, as for the `blocking` crate itself, whose own limit is
//! process-wide, belongs to the program, and is never touched.
//!
//! A job that waits in a `.get()` gives its place back meanwhile, and the next one starts
//! on a spare thread; so jobs that wait for jobs can't exhaust the pool. The job that
//! resumes doesn't wait for a place: for a moment there may be more jobs than the limit.
//! (A program that lowers the limit of `blocking` below this one can still exhaust it.) A [`Limited`]
//! does the same.
//!
//! Nobody can stand in for a [`SingleThread`] or for the threads of rayon. Code for such a pool that is
//! resolved on a thread of the pool runs right there, and a `.get()` that may have to wait for others is refused, in
//! words: what it waits for may need this very thread. [`blocking_region`](context::blocking_region)
//! lifts that, for who knows that it does not.
//!
//! # Cancelling
//!
//! A future that is dropped keeps its blocking code from running if it has not begun. Code that
//! has begun is abandoned: nobody waits until it ends, and its value is dropped. It may ask
//! [`is_cancelled`], or a [`CancellationToken`] on other threads, and end early. A `.get()` in it ends by itself, so
//! that cancelling passes through sync code into the async code below it; [`shield`] stops that. A handle from
//! [`join_on_drop`] abandons nothing: where it is dropped, code that runs is waited for.
//!
//! # Threads
//!
//! Threads are named `blocking-1` and so on, or `smartcall-spare`. As of its version 1.7
//! `blocking` keeps its idle threads. If the system can't start any thread at all, `blocking`
//! tries again and again, and the job never runs; nothing here can turn that into an error.
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
