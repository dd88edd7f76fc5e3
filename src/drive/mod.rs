//! Parks a thread on a future: what `.get()` comes down to.
//!
//! [`driver`] polls and parks, [`parker`] is the wake-up flag between them, [`job`] is what blocking code shares with its
//! handle, and [`cancel`] knows the job of the code that waits here.

pub(crate) mod cancel;
pub(crate) mod driver;
pub(crate) mod job;
pub(crate) mod parker;
pub(crate) mod permitted;
