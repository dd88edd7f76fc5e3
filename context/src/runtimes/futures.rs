//! The executors of the `futures` crate.

/// Returns whether one of them runs on this thread.
pub(crate) fn runs_here() -> bool {
    // It is asked only, and left again at once: sync code under us may use these executors.
    futures_executor::enter().is_err()
}
