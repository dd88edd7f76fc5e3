//! How a worker runs tasks.
//!
//! async-executor looks through the workers' local queues with `try_read`, and a runner that
//! leaves holds the write lock: whoever searches just then sees no work and goes to sleep, and
//! the tasks in the queue of a worker that blocks are lost to all. So each runner that leaves
//! kicks the others, which makes one of them search again.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use crate::context;
use crate::crew::{Crew, Worker};
use crate::drive;
use crate::host::{Own, WorkerHost};

/// Runs tasks on the current thread until the worker is to leave.
pub(crate) fn run(crew: &Arc<Crew>, worker: &Arc<Worker>) {
    {
        let mut runner = pin!(crew.tasks().run_until(worker.left()));
        let runs = poll_fn(|cx| {
            crew.is_busy(worker);
            let poll = runner.as_mut().poll(cx);
            crew.is_waiting(worker);
            poll
        });
        let runs = pin!(context::hosted_static(&Own, runs));
        let host = WorkerHost::new(crew, worker);
        crew.tasks()
            .scope(|| host.stand(|| drive::block_on_runner(runs)));
    }
    #[cfg(smartcall_delay)]
    delay();
    // The runner is gone.
    crew.tasks().kick();
}

/// Keeps a runner that leaves from telling it for a while, for `tests/stress_pairs.rs`.
#[cfg(smartcall_delay)]
fn delay() {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    static TIMES: AtomicU64 = AtomicU64::new(0);
    let times = TIMES.fetch_add(1, Ordering::Relaxed);
    std::thread::sleep(Duration::from_micros(times * 37 % 200));
}
