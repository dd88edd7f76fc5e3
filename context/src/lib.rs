//! Where a thread stands with respect to executors: the flag that smartcall and executors share.
//!
//! This crate is for authors of executors. It has what an executor needs so that libraries that are written with
//! [smartcall](https://docs.rs/smartcall) work in its tasks, and is small: by default it depends on pin-project-lite only, which is a
//! macro. smartcall re-exports it as `smartcall::context`; so a program that uses smartcall needs no
//! second dependency.
//!
//! Each thread has one small flag, its [`Place`]. Executors set it while they poll tasks. `.get()` sets a value of its own
//! while it drives a future. A handle reads the flag when it is resolved, and never remembers what it read.
//!
//! An executor announces itself by one of these. Each restores the previous state, on unwind too:
//!
//! | | for | the flag is set |
//! |---|---|---|
//! | [`inside`] | one future on any executor | during each poll, and the drop, of the future |
//! | [`inside_executor`] | the thread of an executor | while the closure runs |
//! | [`hosted`], [`with_host`] | the same, with a [`Host`] that helps a blocking thread | the same |
//! | [`blocking_region`] | code that has made sure that it may block | it is cleared while the closure runs |
//!
//! smartcall can't detect an executor that does none of this. On the threads of a bare `async_executor::Executor` or of
//! smol, `.get()` blocks the thread like any other blocking call, and hangs if the value has to come from a task of
//! that thread. The cure is one line, `ex.spawn(context::inside(future))`.
//!
//! There are no public guards: a guard could be held across an `.await`, and the flag would then stay set on
//! the wrong thread.
//!
//! # What runs where
//!
//! | | polled by `.await` | `.get()`, `try_get()` |
//! |---|---|---|
//! | [`Outside`](Place::Outside): sync code | async: polled through. Blocking: on a pool | on this thread |
//! | [`Driving`](Place::Driving): a `.get()` on this thread polls | async: polled through. Blocking: on this thread if nothing else is waited for, else on a pool | on this thread |
//! | [`Inside`](Place::Inside): a task of an executor that announces itself | async: polled through. Blocking: on a pool | on this thread, while the executor's [`Host`] keeps it running; a panic if it has no host that can |
//!
//! # What follows
//!
//! Thread-locals stay behind when work goes to another thread. [`carry`] registers a hook that propagates
//! them; with the feature `tracing` the current span and the dispatcher of the `tracing` crate are propagated as well. They
//! are taken where the work leaves its thread, which for blocking code is the first poll of the handle, and not
//! where the handle was made.
//!
//! | work | what it sees |
//! |---|---|
//! | blocking code on a pool, ours or a host's | what its caller saw, restored afterwards, after a panic too |
//! | a started handle, at each poll | what was there when it was started |
//! | what runs on its caller's thread: under `.get()`, in place, polled through | the thread's own: nothing is restored. Nothing is taken either, except for blocking code that is awaited under `.get()`: it might go to a pool |
//! | tasks of smartcall's `Executor`, on a worker or on a spare thread | the dispatcher that the executor was built under, if there was one, and no span. No hook is called |
//!
//! A spare thread gets nothing of the task that blocks: it polls other tasks. A spawned task is on its own, as
//! with other executors: use tracing's `instrument` or OpenTelemetry's `with_context` on its future.
//!
//! Values can also come back, by [`Carry::bring_back`]. A span or another "current" thing can't, and need not: it
//! is entered and left again on one thread. Nothing comes back from code that panics, or whose handle is
//! dropped first.
//!
//! # What is fixed for ever
//!
//! All versions of smartcall in a program, and all executors in it, share the flag if they share this crate. So its
//! version stays 1.x, and these never change:
//!
//! - the three places, what the functions above set, and that they restore it;
//! - that [`current`] reads a thread-local and does nothing else;
//! - the methods of [`Host`] and [`Carry`]: new ones get a body, and old ones keep their meaning;
//! - what a [`Job`] does, and what dropping it does;
//! - that with no features it detects no runtime. A runtime that is newly detected gets a feature of its own.
//!
//! Not fixed are the words of errors and panics.
//!
//! What does not cross from one version of smartcall to another is what stands in smartcall itself: a handle's own pool
//! (`Dual::on`), `offload::join_on_drop` and `interrupt_on_drop`, `offload::is_cancelled`, and the limits of its pools.
//!
//! # Crate features
//!
//! All are off by default, and are meant for programs, and not for libraries: each changes what `.get()` does in the whole
//! program.
//!
//! - `futures-executor`: detects the executors of the `futures` crate. `.get()` panics on their threads.
//! - `tokio`: detects tokio's runtimes. `.get()` uses `block_in_place` on a worker of a multi-thread runtime, and
//!   panics in a current-thread one; blocking code that is awaited in a runtime goes to its pool; what is driven outside of
//!   any runtime enters one of ours.
//! - `tracing`: propagates the span and the dispatcher of the `tracing` crate.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod block;
mod carry;
mod enter;
mod host;
#[doc(hidden)]
pub mod internal;
mod once;
mod place;
#[doc(hidden)]
pub mod placement;
mod process;
mod refusal;
mod runtime_host;
mod runtimes;
#[doc(hidden)]
pub mod scoped;
mod sync;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(feature = "tracing")]
mod trace;

pub use block::can_block;
pub use carry::{Carry, carry};
pub use enter::{Inside, blocking_region, hosted, inside, inside_executor, with_host};
pub use host::{Host, Job, ToHost};
pub use place::{Place, current};
pub use refusal::CannotBlock;

/// Compiles the code of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
