//! What the system knows of a thread: whether it is blocked.
//!
//! A worker that is stuck in a poll either waits for something, or computes. To `std` the two are the same. Linux tells them
//! apart, in a file for each thread. On other systems it is not known.

use std::fs;
use std::path::PathBuf;

/// A thread, as the system knows it.
#[derive(Debug)]
pub(crate) struct OsThread {
    /// The file with the thread's state.
    stat: PathBuf,
}

impl OsThread {
    /// Returns the current thread, if the system shows the states of threads.
    pub(crate) fn current() -> Option<Self> {
        // It reads "<process>/task/<thread>".
        let thread = fs::read_link("/proc/thread-self").ok()?;
        let stat = PathBuf::from("/proc").join(thread).join("stat");
        Some(OsThread { stat })
    }

    /// Returns whether the thread waits for something, if that is known.
    pub(crate) fn is_blocked(&self) -> Option<bool> {
        let stat = fs::read_to_string(&self.stat).ok()?;
        // "<thread> (<name>) <state> …", where the name may have parentheses in it.
        let (_, rest) = stat.rsplit_once(") ")?;
        Some(!rest.starts_with('R'))
    }
}
