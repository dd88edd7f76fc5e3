//! Handles made of handles: one step after another, or several at once.
//!
//! It stands above `call/`, since the next step of `then` is a callable.

pub(crate) mod join;
pub(crate) mod then;
