//! Subjects with many handles at once.

use std::future::{Future, pending};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use async_executor::Task;
use futures::future::{AbortHandle, abortable, join_all};
use smartcall::{Dual, Executor};

use super::call::pending_once;

/// A task that awaits a handle.
async fn awaits_handle(x: u64) -> u64 {
    Dual::future(pending_once(x)).await
}

/// The same task without a handle.
async fn awaits_bare(x: u64) -> u64 {
    pending_once(x).await
}

/// Returns how many bytes larger a task is that awaits through a handle.
pub(crate) fn bytes_more() -> usize {
    size_of_val(&awaits_handle(0)) - size_of_val(&awaits_bare(0))
}

/// Threads that run a bare async-executor.
pub(crate) struct Bare {
    ex: Arc<async_executor::Executor<'static>>,
    stop: Vec<AbortHandle>,
}

impl Bare {
    pub(crate) fn new(workers: usize) -> Self {
        let ex = Arc::new(async_executor::Executor::new());
        let stop = (0..workers).map(|_| {
            let runner = Arc::clone(&ex);
            let (forever, stop) = abortable(async move { runner.run(pending::<()>()).await });
            thread::spawn(|| pollster::block_on(forever));
            stop
        });
        Bare {
            stop: stop.collect(),
            ex,
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.stop.iter().for_each(AbortHandle::abort);
    }
}

/// Spawns many tasks, each of which awaits a handle, and awaits them all.
pub(crate) fn in_shim(ex: &Arc<Executor>, tasks: u64) -> Duration {
    let spawner = Arc::clone(ex);
    let root = ex.spawn(async move { all(tasks, |x| spawner.spawn(awaits_handle(x))).await });
    pollster::block_on(root)
}

/// The same in a bare async-executor, without handles.
pub(crate) fn in_bare(bare: &Bare, tasks: u64) -> Duration {
    let spawner = Arc::clone(&bare.ex);
    let root: Task<_> = bare
        .ex
        .spawn(async move { all(tasks, |x| spawner.spawn(awaits_bare(x))).await });
    pollster::block_on(root)
}

async fn all<F: Future<Output = u64>>(tasks: u64, spawn: impl Fn(u64) -> F) -> Duration {
    let start = Instant::now();
    join_all((0..tasks).map(spawn)).await;
    start.elapsed()
}
