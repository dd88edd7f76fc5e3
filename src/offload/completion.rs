//! The latch by which a dropped handle waits for blocking code that runs.
//!
//! The stages of such code, all under one lock:
//!
//! | from | to | who changes it |
//! |---|---|---|
//! | `Queued` | `Running` | the thread that is about to run the code: `begin` |
//! | `Queued` | `Abandoned` | the thread that drops the handle: `abandon`. The code will not begin, and there is nothing to wait for |
//! | `Running` | `Ended` | the drop of what `begin` returned, after the code and its value |
//!
//! So either the thread that drops the handle finds that the code has begun, and waits, or the code finds that it
//! was abandoned, and does not run.

use crate::sync::{Arc, Condvar, Mutex, MutexGuard, Thread, current, ignore_poison};

/// Blocking code, as the thread that drops its handle and the thread that runs it both see it.
pub(crate) struct Completion {
    stage: Mutex<Stage>,
    ended: Condvar,
}

enum Stage {
    Queued,
    /// On this thread.
    Running(Thread),
    Ended,
    Abandoned,
}

impl Completion {
    pub(crate) fn new() -> Self {
        Completion {
            stage: Mutex::new(Stage::Queued),
            ended: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        ignore_poison(self.stage.lock())
    }

    /// Begins the code on this thread, unless it was abandoned.
    pub(crate) fn begin(self: &Arc<Self>) -> Option<CompletionGuard> {
        let mut stage = self.lock();
        if matches!(*stage, Stage::Abandoned) {
            return None;
        }
        *stage = Stage::Running(current());
        Some(CompletionGuard(Arc::clone(self)))
    }

    /// Abandons the code, and returns whether it runs and is to be waited for.
    ///
    /// Code that drops its own handle can't wait for itself.
    pub(crate) fn abandon(&self) -> bool {
        let mut stage = self.lock();
        match &*stage {
            Stage::Queued => {
                *stage = Stage::Abandoned;
                false
            }
            Stage::Running(thread) => thread.id() != current().id(),
            Stage::Ended | Stage::Abandoned => false,
        }
    }

    /// Blocks the thread until the code has ended.
    pub(crate) fn wait(&self) {
        let runs = |stage: &mut Stage| matches!(stage, Stage::Running(_));
        drop(self.ended.wait_while(self.lock(), runs));
    }
}

/// Stays with the code while it runs, and then with its value. Dropping it completes the code.
pub(crate) struct CompletionGuard(Arc<Completion>);

impl Drop for CompletionGuard {
    fn drop(&mut self) {
        *self.0.lock() = Stage::Ended;
        self.0.ended.notify_all();
    }
}
