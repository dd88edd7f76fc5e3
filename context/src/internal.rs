//! What smartcall itself needs of this crate.
//!
//! It is not for others, and yet as fixed as the rest: versions of smartcall that are yet to come share it with those that
//! there are.

#[cfg(feature = "tracing")]
use std::fmt;
use std::sync::Arc;

pub use crate::block::{
    Permission, can_block, may_block, request_blocking, request_deref, run_borrowing, run_in_place,
    surely_may_block, wait_in_drop,
};
pub use crate::carry::{Returning, Snapshot, capture, captures};
pub use crate::enter::{Inside, hosted_by, inside_executor, with_host_by};
pub use crate::host::{
    Host, HostRef, InternalHost, Job, JobCode, Token, host, is_polled_by_own, on_pool_thread,
};
pub use crate::place::{Place, current, enter, in_region, is_dedicated, run_outside};
pub use crate::placement;
pub use crate::process::Process;
pub use crate::refusal::{CannotBlock, Refusal, STOPPED, panic_forked, panic_no_thread};
pub use crate::runtime_host::pool as runtime_pool;
pub use crate::runtimes::entered::{
    InRuntime, check as check_runtime, enter as enter_runtime, enter_if_alive, naming_tokio,
    wait_in_runtime, without_turns,
};
pub use crate::scoped;
#[cfg(feature = "tokio")]
pub use crate::tokio::{
    blocked::set_max_blocked,
    ours::{runtime, set as set_runtime},
};
#[cfg(feature = "tracing")]
pub use crate::trace::Dispatcher;

/// Passes a warning to `tracing`. Returns `false` if the program listens to none.
#[cfg(feature = "tracing")]
pub fn warn(text: &dyn fmt::Display) -> bool {
    crate::trace::warn(text)
}

/// Makes a job of code.
pub fn job(code: Arc<dyn JobCode>) -> Job {
    Job::new(code)
}

/// Returns the address of the code of a job, which differs from job to job, or 0 if it has run.
pub fn job_address(job: &Job) -> usize {
    job.address()
}

/// Runs a job on a thread whose pool has a host.
pub fn run_job(job: Job, host: HostRef) {
    job.run_with_host(Some(host));
}

/// Runs a job on a thread that its pool has no second one for.
pub fn run_dedicated(job: Job) {
    job.run_dedicated();
}

/// Runs a job inside of [`on_pool_thread`].
pub fn run_job_here(job: Job) {
    job.run_here();
}
