//! Where blocking code runs, how much of it at once, and what becomes of it when its handle is dropped.

#[path = "../common/mod.rs"]
mod common;

mod dropped;
mod interrupt_on_drop;
mod is_cancelled;
mod jobs_in_jobs;
mod join_on_drop;
mod limited;
mod max_jobs;
mod queued;
#[cfg(feature = "rayon")]
mod rayon;
mod select;
mod single_thread;
mod support;
mod threads;
#[cfg(feature = "tokio")]
mod tokio;
