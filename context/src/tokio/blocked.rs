//! Threads in a `block_in_place` of ours, and how many of them hold blocking threads of a runtime.
//!
//! tokio hands the tasks of a worker that blocks to one of its blocking threads, of which it has 512 unless told otherwise. When these
//! are used up, it hands them to nobody, and the runtime stands still for good. So no more workers may block than a limit below that.
//!
//! A thread asks before it blocks and counts when it does. So the limit may be exceeded by as many threads as the runtime has workers.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Id;

use crate::scoped;
use crate::tokio::run_in::of_worker;

thread_local! {
    /// Whether this thread is in such a call.
    static SPARED: Cell<bool> = const { Cell::new(false) };
}

/// How many may block in each runtime.
static MOST: AtomicUsize = AtomicUsize::new(256);

/// How many block, in all runtimes. It only saves a look at `BLOCKED`.
static ALL: AtomicUsize = AtomicUsize::new(0);

/// How many block, in each runtime in which some do.
static BLOCKED: Mutex<Vec<(Id, usize)>> = Mutex::new(Vec::new());

fn blocked() -> MutexGuard<'static, Vec<(Id, usize)>> {
    BLOCKED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets how many may block in each runtime.
pub fn set_max_blocked(n: NonZeroUsize) {
    MOST.store(n.get(), Ordering::Relaxed);
}

/// Returns the limit, if it keeps this thread from blocking.
#[inline]
pub(crate) fn limit_reached() -> Option<usize> {
    let most = MOST.load(Ordering::Relaxed);
    if ALL.load(Ordering::Relaxed) < most {
        return None;
    }
    let id = of_worker()?.handle.id();
    let blocked = blocked();
    let count = blocked.iter().find(|(of, _)| *of == id);
    count.is_some_and(|(_, n)| *n >= most).then_some(most)
}

/// Runs what such a call has been made for.
pub(crate) fn spared<R>(f: impl FnOnce() -> R) -> R {
    scoped::with(&SPARED, true, f)
}

/// Returns whether this thread is in such a call. Then it has entered a runtime.
#[inline]
pub(crate) fn is_spared() -> bool {
    SPARED.get()
}

/// A worker that blocks, until this is dropped.
pub(crate) struct Blocked(Id);

/// Counts a worker of this runtime.
pub(crate) fn count(id: Id) -> Blocked {
    ALL.fetch_add(1, Ordering::Relaxed);
    let mut blocked = blocked();
    match blocked.iter_mut().find(|(of, _)| *of == id) {
        Some((_, n)) => *n += 1,
        None => blocked.push((id, 1)),
    }
    Blocked(id)
}

impl Drop for Blocked {
    fn drop(&mut self) {
        ALL.fetch_sub(1, Ordering::Relaxed);
        let mut blocked = blocked();
        if let Some(i) = blocked.iter().position(|(of, _)| *of == self.0) {
            blocked[i].1 -= 1;
            if blocked[i].1 == 0 {
                blocked.swap_remove(i);
            }
        }
    }
}
