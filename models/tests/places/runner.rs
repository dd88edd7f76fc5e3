//! A runner without an executor: what a worker does is one closure of the scenario's.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use crate::crew::{Crew, Worker};
use crate::sync::{Thread, current, park};

/// Runs the scenario's code, and then nothing until the worker is to leave.
pub(crate) fn run(crew: &Arc<Crew>, worker: &Arc<Worker>) {
    crew.is_busy(worker);
    crew.tasks().run(crew, worker);
    crew.is_waiting(worker);
    let mut left = pin!(worker.left());
    let waker = Waker::from(Arc::new(Unpark(current())));
    while left
        .as_mut()
        .poll(&mut Context::from_waker(&waker))
        .is_pending()
    {
        park();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
