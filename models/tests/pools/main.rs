//! The pools that count their jobs, and the threads of these, under shuttle: `limited.rs` and `carriers.rs`.
//!
//! The crate `blocking` is modelled: a queue, and threads up to a limit, which others may hold.

extern crate self as blocking;
extern crate self as smartcall_context;

macro_rules! thread_local {
    ($($locals:tt)*) => { smartcall_models::shuttle_local! { $($locals)* } };
}

use smartcall_models::shuttle_sync as sync;

pub(crate) mod cancel;
#[path = "../../../src/offload/carriers.rs"]
#[allow(dead_code)]
pub(crate) mod carriers;
pub mod internal;
#[path = "../../../src/offload/limited.rs"]
#[allow(dead_code)]
pub(crate) mod limited;
pub(crate) mod max_threads;
#[path = "../../../src/offload/pool.rs"]
#[allow(dead_code, unreachable_pub)]
pub(crate) mod pool;
pub(crate) mod scenarios;
pub mod unblock;
pub(crate) mod waits;

pub use unblock::unblock;

// The crate's folders, and a module for each fault.
include!(concat!(env!("OUT_DIR"), "/pools.rs"));

#[test]
fn jobs_that_wait_for_jobs() {
    scenarios::jobs_that_wait_for_jobs();
}

#[test]
fn wait_for_one_that_was_sent_before() {
    scenarios::wait_for_one_that_was_sent_before();
}

#[test]
fn others_hold_the_threads() {
    scenarios::others_hold_the_threads();
}

#[test]
fn watchdog_that_sleeps() {
    scenarios::watchdog_that_sleeps();
}

#[test]
fn one_after_the_other() {
    scenarios::one_after_the_other();
}

#[test]
fn announced_ends() {
    scenarios::announced_ends();
}

#[test]
fn at_most_so_many() {
    scenarios::at_most_so_many();
}

#[test]
fn no_spare_can_be_started() {
    scenarios::no_spare_can_be_started();
}

#[test]
fn limit_is_raised() {
    scenarios::limit_is_raised();
}

#[test]
fn cancelled_at_any_time() {
    scenarios::cancelled_at_any_time();
}

#[test]
fn waits_that_were_given_up() {
    scenarios::waits_that_were_given_up();
}

#[test]
fn waits_that_were_given_up_and_need_the_pool() {
    scenarios::waits_that_were_given_up_and_need_the_pool();
}
