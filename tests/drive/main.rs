//! How `.get()` drives a future: nested, overlapping, parked, and where a thread ends.

#[path = "../common/mod.rs"]
mod common;

mod alone;
mod depth;
mod drops;
mod left;
mod overlap;
mod sandwich;
mod support;
mod thread_exit;
mod wake_ups;
