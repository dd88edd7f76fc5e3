//! Waits that last, and waits that can never end: who is told of them, and in which words.

#[path = "../common/mod.rs"]
mod common;

mod nothing_wakes;
