//! What the system knows of a thread: one that is stalled is blocked.

#[derive(Debug)]
pub struct OsThread;

impl OsThread {
    #[allow(clippy::unnecessary_wraps)]
    pub fn current() -> Option<Self> {
        Some(OsThread)
    }

    #[allow(clippy::unnecessary_wraps)]
    pub fn is_blocked(&self) -> Option<bool> {
        Some(true)
    }
}
