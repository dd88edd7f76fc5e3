//! The pools' imports from `waits/`. The model notes no waits.

#[path = "../../../src/waits/edges.rs"]
#[allow(dead_code)]
pub(crate) mod edges;
#[path = "../../../src/waits/queues.rs"]
#[allow(dead_code)]
pub(crate) mod queues;

/// `threads.rs`, which has the `Arc` of `std`.
pub(crate) mod threads {
    pub(crate) fn run_in_pool<R>(_: usize, job: impl FnOnce() -> R) -> R {
        job()
    }
}
