//! Random programs, and many rounds of the same one.

#![cfg(feature = "executor")]

#[path = "../common/mod.rs"]
mod common;

mod pairs;
mod trees;
