//! Handles of many values: what makes the items of a [`DualStream`](crate::DualStream), and what takes them.

// The docs have the methods in this order.
pub(crate) mod handle;
pub(crate) mod ready;

pub(crate) mod asynchronous;
pub(crate) mod blocking;
pub(crate) mod emit;
pub(crate) mod flatten;
pub(crate) mod generate;
pub(crate) mod pages;
pub(crate) mod pair;
pub(crate) mod produce;

pub(crate) mod take;

pub(crate) mod boxed;
pub(crate) mod caller;
pub(crate) mod choose;
pub(crate) mod collect;
pub(crate) mod fed;
pub(crate) mod queue;
pub(crate) mod scoped;
pub(crate) mod shape;
pub(crate) mod source;
#[cfg(feature = "executor")]
pub(crate) mod start;
pub(crate) mod then;
pub(crate) mod verdict;
