//! What waits for what: noted where it waits, and read by `diagnose`.
//!
//! A wait is noted in three steps, each where the knowledge is:
//!
//! 1. What is polled and returns `Pending`, a task or a job, adds an *edge* to a list of the thread (`edges.rs`), if smartcall polls it (`polled.rs`). So the list holds
//!    what the latest poll has waited for, and nothing of an earlier one.
//! 2. A driver that is about to park notes itself in the slot of its thread (`threads.rs`): its line, its edges, who holds its
//!    waker, and which task or job it is part of. It takes the lock of its own slot, which nobody else wants unless somebody
//!    looks.
//! 3. A task that is not polled has no thread. If `diagnose` was asked to watch before it was spawned, it has a node of its own
//!    (`tasks.rs`), and a waker whose holders can be counted.
//!
//! A value that is ready pays for none of it.
#![cfg_attr(
    not(all(feature = "diagnose", feature = "executor")),
    allow(dead_code, reason = "who reads it is off")
)]

pub(crate) mod edges;
pub(crate) mod polled;
pub(crate) mod queues;
#[cfg(feature = "executor")]
pub(crate) mod tasks;
pub(crate) mod threads;
