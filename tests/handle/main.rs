//! `Dual`, from the time when it is made until it is resolved or dropped.

#[path = "../common/mod.rs"]
mod common;

mod after_a_poll;
mod deref;
#[cfg(feature = "executor")]
mod dropped;
mod errors;
#[cfg(feature = "executor")]
mod finish;
mod join;
mod join_at_most;
mod lifecycle;
mod locations;
mod misuse;
mod pair;
mod panics;
mod resolve;
mod sizes;
#[cfg(feature = "executor")]
mod start;
mod support;
mod then;
mod time;
#[cfg(target_os = "linux")]
mod timer;
