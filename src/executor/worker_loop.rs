//! How a worker runs tasks.
//!
//! async-executor looks through the workers' local queues with `try_read`, and a runner that is dropped holds the write
//! lock: a worker that searches just then sees no task and goes to sleep, and the tasks in the queue of a worker that
//! blocks are found by none. So each runner that was dropped wakes one of the others, which searches again.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use smartcall_context::internal::{self as context, HostRef};

use crate::drive::driver;
use crate::executor::hosts::{CurrentWorker, WorkerHost};
use crate::executor::roster::Worker;
use crate::executor::workers::Workers;

/// Runs tasks on the current thread until the worker is to stop.
pub(crate) fn run(workers: &Arc<Workers>, worker: &Arc<Worker>) {
    {
        let mut runner = pin!(workers.scheduler().run_until(worker.retired()));
        let runs = poll_fn(|cx| {
            workers.set_busy(worker);
            let poll = runner.as_mut().poll(cx);
            workers.set_idle(worker);
            poll
        });
        let runs = pin!(context::hosted_by(HostRef::Static(&CurrentWorker), runs));
        let host = WorkerHost::new(workers, worker);
        workers
            .scheduler()
            .scope(|| host.enter(|| driver::block_on_worker_loop(runs)));
    }
    #[cfg(smartcall_delay)]
    delay();
    // The runner is gone.
    workers.scheduler().wake_one();
}

/// Delays the wake-up by a runner that was dropped, for `tests/stress/`.
#[cfg(smartcall_delay)]
fn delay() {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    static TIMES: AtomicU64 = AtomicU64::new(0);
    let times = TIMES.fetch_add(1, Ordering::Relaxed);
    std::thread::sleep(Duration::from_micros(times * 37 % 200));
}
