//! What can be called: operations and callbacks, sync and async, with the kind as a parameter.
//!
//! One trait would be enough if a callable could be lent out in each of its calls. It can't: the handle of an operation
//! owns what it needs, so the operation is cloned for each call and may run elsewhere; a callback that mutates, or is lent
//! something, stays here and is called at once. Hence a trait for each of the ways in which `Fn`, `FnMut`
//! and `FnOnce` are called, each for a sync and an async callable.

pub(crate) mod implementations;
pub(crate) mod siblings;
pub(crate) mod smart_call;
pub(crate) mod smart_fn;
