//! One implementation, called from sync code with `.get()` or from async code with `.await`.
//!
//! A library in Rust is sync or async, or it is written twice. Whichever you pick, the other half of
//! your callers must write a wrapper: a runtime per call, a blocking call that stalls an executor, or
//! a channel to a driver thread. With smartcall you write the library once.
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
//! // A sync caller: everything runs on this thread.
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
//! If a function takes no callables, put [`#[smart]`](macro@smart) on it instead. The [guide] has chapters by task.
//!
//! # The handle
//!
//! A [`Dual`] holds work that has not run. Its caller resolves it by `.await` or by [`get`](Dual::get).
//! It is a [`Future`], and combinators such as [`map`](Dual::map), [`then`](Dual::then), [`join`], [`race`] and
//! [`timeout`](Dual::timeout) return another handle. The form of the work decides what the two ways do:
//!
//! | form | holds | `.await` | `.get()` |
//! |---|---|---|---|
//! | [`Dual::future`] | async code | polls it | drives it on this thread |
//! | [`Dual::blocking`] | sync code that may block | sends it to a [pool](offload) | calls it on this thread |
//! | [`Dual::in_place`], [`Dual::borrowing`] | sync code that stays on this thread | calls it | calls it |
//! | [`Dual::pair`] | a sync and an async version | takes the async path | takes the sync path |
//! | [`Dual::ready`] | a value | returns it | returns it |
//!
//! Library code takes operations as [`SmartCall`], which sync and async callables implement. Its siblings
//! [`SmartCallRef`], [`SmartCallMut`] and [`SmartCallOnce`] are for callbacks and for what is called once.
//!
//! A [`DualStream`] is a handle of many values: sync code puts it in a `for`, async code takes `.next().await`.
//! A [`DualIo`] is the same for bytes: a reader or writer that sync and async callers use by their own traits. See [`io`].
//!
//! # Three contexts
//!
//! A thread-local flag, the [`context`], tells what the thread is doing when a handle is resolved. It
//! never changes a type or a result; it only decides how the work runs.
//!
//! - **Outside**: nothing async that smartcall knows. `.get()` resolves the handle on this thread.
//! - **Driving**: a `.get()` on this thread polls a future. Blocking code in it runs on this thread if it is
//!   *alone*, and on a pool otherwise. It is alone if the driven future waits for nothing else. Code under a
//!   [`timeout`](Dual::timeout) is never alone, because the timer is pending as well. So two sync parts of a `join!`
//!   overlap and a timeout fires, while a sequence of sync steps needs no second thread.
//! - **Inside**: a task of an executor that announces itself, by [`context::inside`] for example. A task of
//!   tokio or of the `futures` crate is treated likewise if a feature detects it. `.await` sends
//!   blocking code to a pool. `.get()` works if the executor can continue without the thread, by a
//!   [`Host`](context::Host), and panics otherwise; [`try_get`](Dual::try_get) returns the handle instead.
//!
//! A [boxed](Dual::boxed) handle can be dereferenced, which resolves it like `.get()`. In a task a
//! dereference panics even where `.get()` works: an implicit wait is never meant there.
//!
//! smartcall cannot detect an executor that does not announce itself. On a thread of smol or of a bare
//! `async_executor::Executor`, `.get()` just blocks. Fix: wrap the task's future in [`context::inside`].
//!
//! A `.get()` in async code waits for other *tasks*. In `join!(a, async { b.get() })`, if `b` waits for `a`, it
//! waits forever, because both are one task. Use `.await` there.
//!
//! # Blocking in a task
//!
//! A task of an [`Executor`] may call `.get()`. A spare thread takes the worker's place when the call
//! parks, or when it turns out to be long. So all tasks of an executor with one thread may wait for
//! each other. If the value is ready on the first poll, the call costs a store and a compare-exchange besides. A
//! [`LocalExecutor`] has no spare thread, so `.get()` panics in its tasks.
//!
//! # Crate features
//!
//! - `executor` (on by default): [`Executor`], [`LocalExecutor`] and [`Task`], [`Dual::start`] and [`Dual::finish`].
//! - `macros` (on by default): the attributes [`#[smart]`](macro@smart), which makes a function return a
//!   handle, and [`#[smartcall::test]`](macro@test), which tests a body under each caller.
//! - `tokio` (off by default), for programs, and for libraries whose work needs tokio. It changes `.get()` for the whole program:
//!   - `.get()` on a worker of a multi-thread runtime uses `block_in_place`; in a current-thread runtime it panics.
//!   - Blocking code that is awaited in tokio goes to tokio's pool.
//!   - What `.get()` drives outside of any runtime enters a runtime of smartcall's own, started on first use. Threads
//!     that wait turn it, and a thread of smartcall's does while none waits.
//!   - What is [started](Dual::start) inside a runtime stays with that runtime.
//!   - [`DualIo`] has tokio's I/O traits, and takes readers and writers that have them.
//! - `diagnose` (on by default): the module [`diagnose`], which tells who waits for whom. With the environment variable
//!   `SMARTCALL_STUCK=10s`, each `.get()` that waits for ten seconds is reported.
//! - `futures-executor` (off by default), for programs: detects the executors of the `futures` crate. `.get()` panics on
//!   their threads.
//! - `rayon` (off by default): [`Dual::on`] takes rayon's pools.
//! - `tracing` (off by default): the current span and dispatcher of the `tracing` crate follow blocking
//!   code to the pool, and an executor's threads have the dispatcher that was current when it was built. See
//!   [`context`](context#what-follows).
//!
//! Without any of them the crate contains the traits, the handle, the context and the pool: all that an
//! executor-neutral crate needs.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The docs speak of the executor and the attributes, which may be off.
#![cfg_attr(
    not(all(feature = "executor", feature = "macros", feature = "diagnose")),
    allow(rustdoc::broken_intra_doc_links)
)]

// The layers, the lowest first: each knows those above it in this list. The docs have them in this order, too.
pub mod kind;
mod sync;
mod system;

#[cfg(feature = "tokio")]
pub mod tokio;

mod waits;

#[cfg(feature = "diagnose")]
pub mod diagnose;

mod drive;
pub mod offload;
pub mod work;

#[cfg(feature = "executor")]
pub mod executor;

mod dual;

mod call;
mod combine;

pub mod stream;

pub mod io;

#[cfg(feature = "macros")]
#[doc(hidden)]
#[path = "macro_support/mod.rs"]
pub mod __private;
#[cfg(all(any(doc, doctest), feature = "executor", feature = "macros"))]
pub mod guide;

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
pub use io::handle::DualIo;
#[doc(inline)]
pub use smartcall_context as context;
pub use smartcall_context::CannotBlock;
#[cfg(feature = "macros")]
#[doc = include_str!("smart.md")]
pub use smartcall_macros::smart;
#[cfg(feature = "macros")]
#[doc = include_str!("test.md")]
pub use smartcall_macros::test;
pub use stream::emit::Emit;
pub use stream::handle::{DualStream, DualStreamOf};
pub use stream::source::Source;
pub use work::traits::Work;

/// Compiles the code of the README.
#[cfg(all(doctest, feature = "executor", feature = "macros"))]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
