//! What can be called, and where a body runs by who calls it.

#[path = "../common/mod.rs"]
mod common;

mod callables;
mod callbacks;
mod dispatch;
mod inference;
mod support;
