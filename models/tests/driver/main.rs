//! The driver under loom: `driver.rs` and `parker.rs`, and `placement.rs` of the context crate.
//!
//! `driver.rs` is compiled with exchanged imports: loom does not see how the wakers of `std` count their clones.

extern crate self as smartcall_context;

macro_rules! thread_local {
    ($($locals:tt)*) => { smartcall_models::loom_local! { $($locals)* } };
}

use smartcall_models::loom_sync as sync;

pub(crate) mod cancel;
pub(crate) mod internal;
#[path = "../../../src/drive/parker.rs"]
#[allow(dead_code)]
pub(crate) mod parker;
#[path = "../../../context/src/place.rs"]
#[allow(dead_code)]
pub(crate) mod place;
pub(crate) mod scenarios;
#[path = "../../../context/src/scoped.rs"]
#[allow(dead_code)]
pub(crate) mod scoped;
pub(crate) mod task;
pub(crate) mod waits;

// `driver.rs` and `placement.rs`, the crate's folders, and a module for each fault.
include!(concat!(env!("OUT_DIR"), "/driver.rs"));

/// A wake-up is not lost, and the poll after it sees what was written before it.
#[test]
fn one_wake() {
    scenarios::one_wake();
}

/// A wake-up is not lost while the thread turns a runtime.
#[test]
fn wake_of_a_turn() {
    scenarios::wake_of_a_turn();
}

/// Nor if the waker of an earlier turn is left.
#[test]
fn two_turns() {
    scenarios::two_turns();
}

/// With two wake-ups, neither is lost.
#[test]
fn two_wakes() {
    scenarios::two_wakes();
}

/// A wake-up that comes while a nested level parks the thread is not lost.
#[test]
fn nested_levels() {
    scenarios::nested_levels();
}

/// A wake-up is not lost if code that parks in a poll takes its park token.
#[test]
fn token_eater() {
    scenarios::token_eater();
}

/// A wake-up is not lost if the host takes its park token, after the driver has read the flag and before it parks.
#[test]
fn parking_host() {
    scenarios::parking_host();
}

/// A call whose future wakes itself never parks, and yet ends if the host is stopped.
#[test]
fn stopped_while_it_wakes_itself() {
    scenarios::stopped_while_it_wakes_itself();
}

/// A wake-up of a foreign driver above, which has only the park token, is not lost.
#[test]
fn foreign_driver_above() {
    scenarios::foreign_driver_above();
}

/// A late wake-up by a waker from an earlier call does not count as a wake-up of this call.
#[test]
fn waker_kept_from_an_earlier_call() {
    scenarios::waker_kept_from_an_earlier_call();
}

/// A call is told that nothing can wake it only if all wakers were dropped, and no wake-up is left that it has not seen.
#[test]
fn told_if_nothing_wakes() {
    scenarios::told_if_nothing_wakes();
}

/// A call whose future is woken, and then is ready, is not told that nothing can wake it.
#[test]
fn not_told_if_woken() {
    scenarios::not_told_if_woken();
}

/// Sync code runs inline only if nothing else was woken or can be woken.
#[test]
fn here_if_alone() {
    scenarios::here_if_alone();
}

/// Sync code may run inline once the only other waker is dropped unused.
#[test]
fn here_if_left_alone() {
    scenarios::here_if_left_alone();
}

/// Two parts that ask are not alone.
#[test]
fn two_that_ask() {
    scenarios::two_that_ask();
}

/// Code that has asked and was left begins on another thread.
#[test]
fn asked_and_left() {
    scenarios::asked_and_left();
}

/// Code that has asked and is alone is not sent.
#[test]
fn asked_and_taken() {
    scenarios::asked_and_taken();
}

/// Code that has asked begins if a nested level waits for it in the same poll.
#[test]
fn asked_and_waited_for_in_the_poll() {
    scenarios::asked_and_waited_for_in_the_poll();
}

/// Code that has asked in the last poll of its level begins.
#[test]
fn asked_in_the_last_poll() {
    scenarios::asked_in_the_last_poll();
}
