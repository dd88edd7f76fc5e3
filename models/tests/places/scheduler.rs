//! A scheduler whose only task is the scenario's closure.

use std::sync::Arc;

use crate::executor::roster::Worker;
use crate::executor::workers::Workers;

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
}
