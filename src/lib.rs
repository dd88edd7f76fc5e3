//! One implementation, called from sync code with `.get()` or from async code with `.await`.
//!
//! A library in Rust is sync or async, or it is written twice. Whoever picks one leaves the
//! other half of the callers with a wrapper of their own: a runtime that is started for each
//! call, a blocking call that stalls an executor, a channel to a thread that drives.
//!
//! Here the library is written once. It takes operations as [`SmartCall`], which sync and
//! async callables are, and gives back a [`Dual`], which its callers resolve as they
//! like: by `.await`, or by `.get()`. Where the thread stands, outside of executors or in a
//! task, is known from a thread-local flag, and decides how the work is run.
//!
//! # Examples
//!
//! ```
//! use smartcall::{Dual, DualOf, SmartCall, Work};
//!
//! /// Calls until it succeeds.
//! pub fn retry<T, E, K>(
//!     op: impl SmartCall<Result<T, E>, K>,
//!     attempts: u32,
//! ) -> DualOf<impl Work<Output = Result<T, E>>> {
//!     Dual::future(async move {
//!         let mut left = attempts;
//!         loop {
//!             match op.invoke().await {
//!                 Err(_) if left > 1 => left -= 1,
//!                 done => return done,
//!             }
//!         }
//!     })
//! }
//!
//! # async fn fetch() -> Result<u32, String> { Ok(5) }
//! // A sync caller: on this thread, with a sync and with an async operation.
//! assert!(retry(|| std::fs::read("no such file"), 3).get().is_err());
//! assert_eq!(retry(fetch, 3).get(), Ok(5));
//!
//! // An async caller: the sync operation goes to a pool, the async one is polled.
//! # pollster::block_on(async {
//! assert!(retry(|| std::fs::read("no such file"), 3).await.is_err());
//! assert_eq!(retry(fetch, 3).await, Ok(5));
//! # });
//! ```
//!
//! The [guide] has chapters: writing a library, calling it, choosing where blocking code runs, embedding
//! an executor, coming from other crates, and pitfalls.
//!
//! # Where it runs
//!
//! | | polled by `.await` | `.get()`, `try_get()` |
//! |---|---|---|
//! | **Outside**: no shim, no `get` above | async: polled through. Blocking: on the pool | here |
//! | **Driving**: a `get` on this thread polls | async: polled through. Blocking: here if alone, else on the pool | here |
//! | **Inside**: a task of an executor that says so | async: polled through. Blocking: on the pool | here, while the executor's [`Host`](context::Host) keeps it going; refused, in words, if it has none that can |
//!
//! "Alone" is sync code that is all that the driven future waits for; code under a
//! [`timeout`](Dual::timeout) is not, since the timer is there as well. [`context`] tells
//! more, and how an executor says so; [`offload`] tells about the pool. A deref of a boxed handle is a `.get()`
//! that is refused in every task: an implicit wait is never meant there.
//!
//! # Several handles, and time
//!
//! [`Dual::map`], [`then`](Dual::then) and the like put one step after another; [`join`], [`try_join`]
//! and [`race`] take several handles at once, and [`join_at_most`] many, so many at a time; [`start`](Dual::start) begins one in the background;
//! [`timeout`](Dual::timeout) and [`get_timeout`](Dual::get_timeout) bound the wait for it;
//! [`on`](Dual::on) says which pool its blocking code goes to. What
//! comes of each is a handle again.
//!
//! # What it can't do
//!
//! A `.get()` in async code waits for other *tasks*. In `join!(a, async { b.get() })`, if `b`
//! waits for `a`, nothing can help it: both are one task. Use `.await` there.
//!
//! Executors that don't say that they are one can't be recognised from outside. On the threads
//! of smol or a bare `async_executor::Executor`, a `.get()` just blocks. The cure is one line,
//! [`context::inside`].
//!
//! # Blocking in a task
//!
//! A task of an [`Executor`] may call `.get()`. A spare thread stands in for its worker as soon as
//! the call parks, or as soon as it turns out to be long; so all tasks of an executor of one
//! thread may wait for each other. A value that is there at the first poll costs no more than
//! two stores to a flag. A [`LocalExecutor`] has one thread that nobody can stand in for, and
//! refuses.
//!
//! # Crate features
//!
//! - `executor` (on by default): [`Executor`], [`LocalExecutor`] and [`Task`]; and [`Dual::start`] and [`Dual::finish`].
//! - `futures-executor` (off by default): recognises the executors of the `futures` crate, and
//!   refuses `.get()` on their threads.
//! - `macros` (on by default): the attributes [`#[smart]`](macro@smart), which makes a function one that
//!   returns a handle, and [`#[smartcall::test]`](macro@test), which tests a body under each caller.
//! - `tokio` (off by default): `.get()` in a worker of a multi-thread runtime goes through
//!   `block_in_place`, and is refused in a current-thread runtime; blocking code that is awaited in
//!   tokio goes to tokio's pool; what is driven outside of any runtime enters one of ours, a
//!   multi-thread one that is started when it is first needed, with one worker or as many
//!   as the environment variable `TOKIO_WORKER_THREADS` says; what is [started](Dual::start) in a runtime
//!   stays with it. It changes this for the whole
//!   program, so it is for programs, and not for libraries.
//! - `rayon` (off by default): [`Dual::on`] takes rayon's pools.
//! - `tracing` (off by default): the current span and dispatcher of the `tracing` crate follow
//!   blocking code to the pool, and an executor's threads have the dispatcher that it was built
//!   under. See [`context`](context#what-follows).
//!
//! With none of them the crate is the trait, the handle, the context and the pool: what an
//! executor-neutral crate needs.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The docs speak of the executor and the attributes, which may be off.
#![cfg_attr(
    not(all(feature = "executor", feature = "macros")),
    allow(rustdoc::broken_intra_doc_links)
)]

#[cfg(feature = "macros")]
#[doc(hidden)]
#[path = "macro_support/mod.rs"]
pub mod __private;
mod call;
mod combine;
mod drive;
mod dual;
#[cfg(feature = "executor")]
pub mod executor;
#[cfg(all(any(doc, doctest), feature = "executor", feature = "macros"))]
#[doc = include_str!("../docs/guide.md")]
pub mod guide {}
pub mod kind;
pub mod offload;
mod sync;
pub mod work;

pub use call::siblings::{SmartCallMut, SmartCallOnce, SmartCallRef};
pub use call::smart_call::{NoArguments, SmartCall};
pub use call::smart_fn::{SmartFn, SmartFnRef};
pub use combine::join::{join, join_at_most, race, try_join, try_join_at_most};
pub use dual::handle::{Dual, DualOf};
pub use dual::time::{Elapsed, sleep};
#[cfg(feature = "executor")]
pub use executor::local::LocalExecutor;
#[cfg(feature = "executor")]
pub use executor::multi_thread::Executor;
#[cfg(feature = "executor")]
pub use executor::task::Task;
#[doc(inline)]
pub use smartcall_context as context;
pub use smartcall_context::CannotBlock;
#[cfg(feature = "macros")]
#[doc = include_str!("smart.md")]
pub use smartcall_macros::smart;
#[cfg(feature = "macros")]
#[doc = include_str!("test.md")]
pub use smartcall_macros::test;
pub use work::traits::Work;

/// Compiles the code of the README.
#[cfg(all(doctest, feature = "executor", feature = "macros"))]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
