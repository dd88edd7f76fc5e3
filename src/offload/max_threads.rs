//! How many threads the `blocking` crate has at most.

use std::env;
use std::sync::OnceLock;

/// Returns the limit that `blocking` reads from the environment, and its default if there is none.
///
/// A program may have set another one: `blocking` does not tell.
pub(crate) fn of_blocking() -> usize {
    static MAX_THREADS: OnceLock<usize> = OnceLock::new();
    *MAX_THREADS.get_or_init(|| {
        env::var("BLOCKING_MAX_THREADS")
            .ok()
            .and_then(|n| n.parse::<usize>().ok())
            .map_or(500, |n| n.clamp(1, 10_000))
    })
}
