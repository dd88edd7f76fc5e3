//! `DualStream`: what makes its items, who takes them, and where.

#[path = "../common/mod.rs"]
mod common;

mod blocking;
mod callers;
mod combinators;
mod forms;
mod generate;
mod imports;
mod misuse;
mod on;
mod pages;
mod panics;
mod produce;
mod refused;
mod shape;
#[cfg(feature = "executor")]
mod start;
mod support;
mod timeouts;
