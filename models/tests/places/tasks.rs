//! In the place of tasks there is one closure of the scenario's.

use std::sync::Arc;

use crate::crew::{Crew, Worker};

type Code = dyn Fn(&Arc<Crew>, &Arc<Worker>) + Send + Sync;

/// What the workers do.
pub(crate) struct Tasks(Box<Code>);

impl Tasks {
    pub(crate) fn new(code: impl Fn(&Arc<Crew>, &Arc<Worker>) + Send + Sync + 'static) -> Self {
        Tasks(Box::new(code))
    }

    pub(crate) fn run(&self, crew: &Arc<Crew>, worker: &Arc<Worker>) {
        (self.0)(crew, worker);
    }

    /// There is nobody to search.
    pub(crate) fn kick(&self) {}
}
