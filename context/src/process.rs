//! The process that something belongs to.
//!
//! A fork copies the memory of a process, and of its threads only the one that forks. What has threads remembers its process, so that
//! its copy is told from it. A system call that asks for the process takes as long as a tenth of a hop to another thread, so a handler
//! is registered that the fork calls.

use forkguard::Guard;

/// A process, which is another one in a fork of it.
#[derive(Clone, Debug)]
pub struct Process(Guard);

impl Process {
    /// Returns the process of the caller.
    pub fn current() -> Self {
        Process(forkguard::new())
    }

    /// Returns whether it is the process of the caller.
    #[inline]
    pub fn is_current(&self) -> bool {
        // A guard tells of a fork once, and each clone tells anew.
        !self.0.clone().detected_fork()
    }
}
