//! The callable traits: operations and callbacks, sync and async, with the kind as a type parameter.
//!
//! One trait would be enough if each call could borrow from the callable. It can't. The handle of an operation owns
//! what it needs, so the operation is cloned for each call and may run on another thread. A callback that mutates its
//! captures or borrows its argument stays on this thread and is called at once. Hence there is one trait for each of
//! the ways in which `Fn`, `FnMut` and `FnOnce` are called, and each covers sync and async callables.

pub(crate) mod implementations;
pub(crate) mod siblings;
pub(crate) mod smart_call;
pub(crate) mod smart_fn;
