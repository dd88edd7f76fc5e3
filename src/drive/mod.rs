//! Parks a thread on a future: what `.get()` comes down to.
//!
//! [`driver`] polls and parks, [`parker`] is the wake-up flag between them, and [`cancel`] knows whether the blocking code
//! that waits here was cancelled.

pub(crate) mod cancel;
pub(crate) mod driver;
pub(crate) mod parker;
