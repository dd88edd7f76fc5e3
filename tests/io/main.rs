//! `DualIo`: the same bytes for sync and async callers.

#[path = "../common/mod.rs"]
mod common;

mod bound;
mod copy;
mod driven;
mod dropped;
mod faults;
mod inner;
mod pieces;
mod pipe;
mod read;
mod refused;
mod seek;
mod support;
#[cfg(feature = "tokio")]
mod tokio;
mod write;
