//! Blocking code that whoever leaves it waits for.
//!
//! The stages of such code, all under one lock:
//!
//! | from | to | who changes it |
//! |---|---|---|
//! | `Queued` | `Running` | the thread that is about to run the code: `begin` |
//! | `Queued` | `Left` | the leaver: `leave`. The code will not begin, and there is nothing to wait for |
//! | `Running` | `Ended` | whoever drops what `begin` gave, after the code and its value |
//!
//! So either the leaver finds that the code has begun, and waits, or the code finds that it was
//! left, and does not run.

use crate::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Thread, current};

/// Blocking code, as its leaver and the thread that runs it both see it.
pub(crate) struct Stay {
    stage: Mutex<Stage>,
    ended: Condvar,
}

enum Stage {
    Queued,
    /// On this thread.
    Running(Thread),
    Ended,
    Left,
}

impl Stay {
    pub(crate) fn new() -> Self {
        Stay {
            stage: Mutex::new(Stage::Queued),
            ended: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the code on this thread, if it was not left.
    pub(crate) fn begin(self: &Arc<Self>) -> Option<Running> {
        let mut stage = self.lock();
        if matches!(*stage, Stage::Left) {
            return None;
        }
        *stage = Stage::Running(current());
        Some(Running(Arc::clone(self)))
    }

    /// Leaves the code, and returns whether it runs, and is to be waited for.
    ///
    /// Code that drops its own handle can't wait for itself.
    pub(crate) fn leave(&self) -> bool {
        let mut stage = self.lock();
        match &*stage {
            Stage::Queued => {
                *stage = Stage::Left;
                false
            }
            Stage::Running(thread) => thread.id() != current().id(),
            Stage::Ended | Stage::Left => false,
        }
    }

    /// Blocks the thread until the code has ended.
    pub(crate) fn wait(&self) {
        let runs = |stage: &mut Stage| matches!(stage, Stage::Running(_));
        drop(self.ended.wait_while(self.lock(), runs));
    }
}

/// What goes with the code while it runs, and then with its value. Dropping it ends the stay.
pub(crate) struct Running(Arc<Stay>);

impl Drop for Running {
    fn drop(&mut self) {
        *self.0.lock() = Stage::Ended;
        self.0.ended.notify_all();
    }
}
