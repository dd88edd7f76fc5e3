//! What is counted: allocations, memory that is left behind, stack. This binary has an allocator of its own.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[path = "../common/mod.rs"]
mod common;

mod allocations;
mod leaks;
#[cfg(feature = "macros")]
mod smart;
#[cfg(all(feature = "macros", feature = "executor"))]
mod stack;

/// Counts what the process allocates. Each test that looks at it runs as a child.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;
