//! What the system knows of a thread: one that is stalled is blocked.

use std::time::Duration;

#[derive(Debug)]
pub struct OsThread;

#[derive(Clone, Copy, Debug)]
pub struct Activity {
    pub is_blocked: bool,
    pub computed: Duration,
}

impl OsThread {
    #[allow(clippy::unnecessary_wraps)]
    pub fn current() -> Option<Self> {
        Some(OsThread)
    }

    #[allow(clippy::unnecessary_wraps)]
    pub fn activity(&self) -> Option<Activity> {
        Some(Activity {
            is_blocked: true,
            computed: Duration::ZERO,
        })
    }
}
