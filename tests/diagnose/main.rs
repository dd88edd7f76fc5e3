//! Waits that last, and waits that can never end: who is told of them, and in which words.

#[path = "../common/mod.rs"]
mod common;

#[cfg(all(feature = "diagnose", feature = "executor"))]
mod certain;
#[cfg(all(feature = "diagnose", feature = "executor"))]
mod graph;
mod nothing_wakes;
#[cfg(all(feature = "diagnose", feature = "executor"))]
mod reports;
#[cfg(all(feature = "diagnose", feature = "executor"))]
mod support;
