//! tokio's runtimes.

pub(crate) mod blocked;
pub(crate) mod here;
pub(crate) mod ours;
pub(crate) mod run_in;
pub(crate) mod turns;
