//! A latch: the drop of a handle waits on it for blocking code that runs.
//!
//! The stages of the code, all under one lock:
//!
//! | from | to | who changes it |
//! |---|---|---|
//! | `Queued` | `Running` | the thread that is about to run the code: `begin` |
//! | `Queued` | `Abandoned` | the thread that drops the handle: `abandon`. The code never begins; nothing waits |
//! | `Running` | `Ended` | the drop of the guard that `begin` returned, after the code has run and its value is dropped |
//!
//! So one of two things happens. The thread that drops the handle finds that the code has begun, and waits. Or the code
//! finds that it was abandoned, and does not run.

use crate::sync::{Arc, Condvar, Mutex, MutexGuard, Thread, current, ignore_poison};

/// The stage of blocking code, shared by the thread that drops the handle and the thread that runs the code.
pub(crate) struct Completion {
    stage: Mutex<Stage>,
    ended: Condvar,
}

enum Stage {
    Queued,
    /// The code runs on this thread.
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

    /// Abandons the code if it has not begun, and returns whether it runs, so that the caller has to wait.
    ///
    /// Returns `false` on the thread that runs the code: code that drops its own handle can't wait for itself.
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

/// Is held while the code runs, and then beside its value. Dropping it marks the code as ended.
pub(crate) struct CompletionGuard(Arc<Completion>);

impl Drop for CompletionGuard {
    fn drop(&mut self) {
        *self.0.lock() = Stage::Ended;
        self.0.ended.notify_all();
    }
}
