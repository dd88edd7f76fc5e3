//! A worker's loop without tasks: it runs the scenario's closure.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use crate::executor::roster::Worker;
use crate::executor::workers::Workers;
use crate::sync::{Thread, current, park};

/// Runs the scenario's code, and then waits until the worker is to stop.
pub(crate) fn run(workers: &Arc<Workers>, worker: &Arc<Worker>) {
    workers.set_busy(worker);
    workers.scheduler().run(workers, worker);
    workers.set_idle(worker);
    let mut retired = pin!(worker.retired());
    let waker = Waker::from(Arc::new(Unpark(current())));
    while retired
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
