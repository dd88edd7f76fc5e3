//! The pools in whose queues jobs wait.

use std::sync::{Mutex, OnceLock, Weak};

use crate::sync::ignore_poison;
use crate::waits::edges::NOTED;

/// A pool that has a queue.
pub(crate) trait Queue: Send + Sync {
    /// Describes the pool, if a job is in its queue, by the job's address.
    fn describe(&self, job: usize) -> Option<String>;

    /// Describes the pool, if it is at this address, and jobs wait for a place in it.
    fn describe_full(&self, _pool: usize) -> Option<String> {
        None
    }
}

/// The pools that have a queue, and perhaps some that had one.
static QUEUES: Mutex<Vec<Weak<dyn Queue>>> = Mutex::new(Vec::new());

/// Returns a pool as it is noted: it is not kept.
pub(crate) fn weak<Q: Queue + 'static>(queue: &Weak<Q>) -> Weak<dyn Queue> {
    let queue: Weak<Q> = queue.clone();
    queue
}

/// Notes a pool that was made.
pub(crate) fn add(queue: Weak<dyn Queue>) {
    if !NOTED {
        return;
    }
    let mut queues = ignore_poison(QUEUES.lock());
    if queues.len() == queues.capacity() {
        queues.retain(|queue| queue.strong_count() > 0);
    }
    queues.push(queue);
}

/// The pool that the process has from the beginning.
static DEFAULT: OnceLock<&'static dyn Queue> = OnceLock::new();

/// Notes the pool that the process has from the beginning.
pub(crate) fn add_static(queue: &'static dyn Queue) {
    DEFAULT.get_or_init(|| queue);
}

/// Describes the pool in whose queue a job is.
pub(crate) fn describe(job: usize) -> Option<String> {
    find(|queue| queue.describe(job))
}

/// Describes a pool in which jobs wait for a place.
pub(crate) fn describe_full(pool: usize) -> Option<String> {
    find(|queue| queue.describe_full(pool))
}

fn find(describe: impl Fn(&dyn Queue) -> Option<String>) -> Option<String> {
    let queues: Vec<_> = {
        let queues = ignore_poison(QUEUES.lock());
        queues.iter().filter_map(Weak::upgrade).collect()
    };
    let described = queues.iter().find_map(|queue| describe(&**queue));
    described.or_else(|| describe(*DEFAULT.get()?))
}
