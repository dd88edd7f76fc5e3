//! The pools' imports from `waits/`. The model notes no waits.

#[path = "../../../src/waits/edges.rs"]
#[allow(dead_code)]
pub(crate) mod edges;
#[path = "../../../src/waits/queues.rs"]
#[allow(dead_code)]
pub(crate) mod queues;
