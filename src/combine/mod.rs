//! Handles that are made of other handles: one step after another, or several at once.
//!
//! This module depends on `call/`, since the next step of `then` is a callable.

pub(crate) mod join;
pub(crate) mod then;
