//! A scheduler whose only task is the scenario's closure.

use std::sync::Arc;

use crate::executor::roster::Worker;
use crate::executor::workers::Workers;
use crate::sync::AtomicBool;

type Code = dyn Fn(&Arc<Workers>, &Arc<Worker>) + Send + Sync;

/// The closure that the workers run.
pub(crate) struct Scheduler(Box<Code>);

impl Scheduler {
    pub(crate) fn new(code: impl Fn(&Arc<Workers>, &Arc<Worker>) + Send + Sync + 'static) -> Self {
        Scheduler(Box::new(code))
    }

    pub(crate) fn run(&self, workers: &Arc<Workers>, worker: &Arc<Worker>) {
        (self.0)(workers, worker);
    }

    /// No worker searches for tasks.
    pub(crate) fn wake_one(&self) {}

    /// There are no tasks to end.
    pub(crate) fn close(&self) {}

    pub(crate) fn waits_for_tasks(&self, _: &[usize]) -> bool {
        false
    }

    pub(crate) fn end_rest(&self) {}

    pub(crate) fn stamps_all(&self) -> bool {
        false
    }

    pub(crate) fn probe(&self, _: Arc<AtomicBool>) {}
}
