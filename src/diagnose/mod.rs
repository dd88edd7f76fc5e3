//! Who waits for whom: why a `.get()` does not return.
//!
//! Start the program with the environment variable `SMARTCALL_STUCK=10s`. Each `.get()` that waits for ten seconds is then reported
//! on stderr, with what it waits for, and what that waits for in turn. [`on_stuck`] does the same with a function of the program.
//! [`waits`] returns all waits of this moment.
//!
//! [The guide](crate::guide::it_hangs) shows how to read a report. Two tasks that wait for each other are reported like this:
//!
//! ```text
//! smartcall: 2 waits, 1 cycle
//! certain: these wait for each other, and nothing else can wake them
//!   `.get()` at examples/stuck.rs:52:77, on thread "smartcall-1", 0.5 s
//!   -> task spawned at examples/stuck.rs:53:21, polled by thread "smartcall-spare"
//!   -> `.get()` at examples/stuck.rs:53:77, on thread "smartcall-spare", 0.5 s
//!   -> task spawned at examples/stuck.rs:52:20, polled by thread "smartcall-1"
//!   -> the first one again
//! ```
//!
//! # What is known
//!
//! Known are: each `.get()` that is parked, on any thread, with its line; the `block_on` of an executor; a drop that waits for code
//! ([`join_on_drop`](crate::offload::join_on_drop)); the tasks of an executor of this crate and started handles, by the line where
//! they were spawned or started; blocking code that was sent to a pool, by the line where its handle was made, and the queue that
//! it is in; polls that hold a worker of an [`Executor`](crate::Executor).
//!
//! A task that waits by `.await` is known with what it waits for if it was spawned after this module was first used: by the
//! environment variable, [`on_stuck`], [`waits`], or `#[smartcall::test]`. A task of tokio is not known; a `.get()` in it is.
//!
//! What waits is given one of three words, a [`Certainty`].
//!
//! # Costs
//!
//! The feature `diagnose` costs nothing on a value that is ready, and little where a thread parks: BENCHMARKS.md has the figures.
//! Unless it was asked for, there is no thread of its own, and tasks have no further allocation.

mod certainty;
mod chain;
mod graph;
pub(crate) mod stuck;
mod waits;

pub use self::certainty::Certainty;
pub use self::stuck::on_stuck;
pub use self::waits::{Cycle, Wait, Waits, waits};
