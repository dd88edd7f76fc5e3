//! The driver and its flag, under loom: `driver.rs` and `parker.rs`, and `placement.rs` of the context crate.
//!
//! `driver.rs` is compiled with its imports exchanged, since `std`'s wakers count their clones
//! where loom does not see it.

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

// `driver.rs` and `placement.rs`, the crate's folders, and a module for each fault.
include!(concat!(env!("OUT_DIR"), "/driver.rs"));

/// A wake-up is not lost, and the poll after it sees what was written before it.
#[test]
fn one_wake() {
    scenarios::one_wake();
}

/// Nor is one of two.
#[test]
fn two_wakes() {
    scenarios::two_wakes();
}

/// Nor one that comes while a nested level parks the thread.
#[test]
fn nested_levels() {
    scenarios::nested_levels();
}

/// Nor one whose park token is eaten by code that parks in a poll.
#[test]
fn token_eater() {
    scenarios::token_eater();
}

/// Nor one whose park token is eaten by the host, between the driver's look and its park.
#[test]
fn parking_host() {
    scenarios::parking_host();
}

/// Nor one of a foreign driver above, which has the park token alone.
#[test]
fn foreign_driver_above() {
    scenarios::foreign_driver_above();
}

/// A late wake-up by a waker from an earlier call is not taken for one of this call.
#[test]
fn waker_kept_from_an_earlier_call() {
    scenarios::waker_kept_from_an_earlier_call();
}

/// Sync code runs here only if nothing else was woken, or may be.
#[test]
fn here_if_alone() {
    scenarios::here_if_alone();
}

/// The same, if the waker is dropped unused.
#[test]
fn here_if_left_alone() {
    scenarios::here_if_left_alone();
}

/// Two that ask are not alone.
#[test]
fn two_that_ask() {
    scenarios::two_that_ask();
}
