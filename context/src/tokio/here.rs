//! What tokio is doing on a thread, and how the thread may block.

use std::cell::Cell;
use std::panic;
use std::thread;

use tokio::runtime::{Handle, Id, RuntimeFlavor, worker_index};
use tokio::task;

use crate::tokio::blocked;
use crate::tokio::ours;
use crate::tokio::run_in::{Judged, judged, of_worker};
use crate::tokio::turns::turns_here;

thread_local! {
    /// The runtime that this thread was last seen to be a worker of.
    static OWN: Cell<Option<Id>> = const { Cell::new(None) };
}

/// What tokio is doing on a thread that has entered a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Here {
    /// The thread drives a current-thread runtime: it polls its root or one of its tasks.
    CurrentThread,
    /// The thread polls a task of a `LocalSet` on the root of a multi-thread runtime.
    LocalSet,
    /// A worker of a multi-thread runtime, or a current-thread runtime in which another one is entered.
    WorkerOrCurrentThread,
    /// Nothing that needs the thread: `block_in_place` calls its closure.
    ///
    /// Two threads are taken for such a one, since they look like the root of a multi-thread runtime: the root of a
    /// `LocalSet` on such a runtime, and a second thread in the `block_on` of a current-thread runtime.
    MayBlock,
}

/// Returns what tokio is doing on this thread, or `None` if no runtime is entered.
///
/// tokio allows `block_in_place` by what the thread is, and has no query for that. The entered runtime need not
/// be the one that the thread works for: in a task, `Handle::enter` enters another one. So the answer is put together:
///
/// | `worker_index` | in a task | entered | the thread is |
/// |---|---|---|---|
/// | `Some(1)` and more | | | a worker |
/// | `Some(0)` | no | | in the root of a current-thread runtime |
/// | `Some(0)` | yes, on a thread that tokio did not start | | in a current-thread runtime |
/// | `Some(0)` | yes | a current-thread runtime, and none before it but a worker's | in that runtime |
/// | `Some(0)` | yes | a current-thread runtime, in our `block_in_place` | in that runtime |
/// | `Some(0)` | yes | else | a worker, or in a current-thread runtime |
/// | `None` | no | | plain, or in the root of a multi-thread runtime |
/// | `None` | yes, on a thread that tokio did not start | | in a `LocalSet` |
/// | `None` | yes | | a blocking thread, in `block_in_place`, or in a `LocalSet` |
pub(crate) fn here() -> Option<Here> {
    let judged = judged()?;
    let in_task = task::try_id().is_some();
    Some(match worker_index() {
        Some(0) if !in_task || is_foreign() || turns_here() => Here::CurrentThread,
        Some(0) => match judged.handle.runtime_flavor() {
            // Where panics abort, there is no trying.
            RuntimeFlavor::CurrentThread
                if blocked::is_spared()
                    || depth(&judged) <= WORKER_DEPTH
                    || cfg!(panic = "abort") =>
            {
                Here::CurrentThread
            }
            _ => Here::WorkerOrCurrentThread,
        },
        None if in_task && is_in_local_set() => Here::LocalSet,
        _ => Here::MayBlock,
    })
}

/// Returns whether the runtime of this thread is the one of ours that is turned by who waits.
pub(crate) fn is_turned() -> bool {
    judged().is_some_and(|judged| ours::is_turned(&judged.handle))
}

/// Returns whether this is certainly no thread that tokio started.
///
/// tokio names each of its threads, and its workers and blocking threads are such. On another thread, only a
/// current-thread runtime or a `LocalSet` polls a task.
fn is_foreign() -> bool {
    matches!(thread::current().name(), None | Some("main"))
}

/// How many runtimes are entered where a worker polls a task: by its thread, and by the worker.
const WORKER_DEPTH: usize = 2;

/// Returns how many runtimes are entered on this thread up to the one that it is judged by, each time counted, or 0 if that can't
/// be told.
///
/// Only the `Debug` output of a guard tells it.
fn depth(judged: &Judged) -> usize {
    let guard = format!("{:?}", judged.handle.enter());
    let digits = guard.split_once("depth: ").map_or("", |(_, rest)| {
        rest.split(|c: char| !c.is_ascii_digit())
            .next()
            .unwrap_or("")
    });
    // The guard's own is one of them.
    let depth = digits.parse::<usize>();
    depth.map_or(0, |depth| depth - 1 - judged.above)
}

/// Returns whether a thread that polls a task, and is no worker, does so in a `LocalSet`.
///
/// It may also be a blocking thread, or in `block_in_place`, even with a budget as in a task: `Handle::block_on` is
/// allowed there. What can't be known is tried, which is cheap where there is no worker to hand over. tokio refuses
/// by a panic, which the panic hook reports.
fn is_in_local_set() -> bool {
    is_foreign() || panic::catch_unwind(|| task::block_in_place(|| ())).is_err()
}

/// Returns whether another runtime is entered on a worker than its own.
fn has_entered_another(judged: &Judged) -> bool {
    // To print a guard takes longer than all the rest.
    if OWN.get() == Some(judged.handle.id()) {
        return false;
    }
    let another = depth(judged) > WORKER_DEPTH;
    if !another {
        OWN.set(Some(judged.handle.id()));
    }
    another
}

/// Runs a closure that blocks by tokio's `block_in_place`.
///
/// That function moves a worker to a blocking thread of the entered runtime. If that is another one than the worker's, its
/// drop would wait until the worker's runtime ends. So the worker's own is entered, if it is known, or else the one of `ours`.
pub(crate) fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    let worker = of_worker();
    let _blocked = worker
        .as_ref()
        .map(|worker| blocked::count(worker.handle.id()));
    let f = || blocked::spared(f);
    let Some(moved_to) = worker.and_then(runtime_to_move_to) else {
        return task::block_in_place(f);
    };
    let entered = Handle::current();
    let _moved_to = moved_to.enter();
    task::block_in_place(|| {
        let _entered = entered.enter();
        f()
    })
}

/// Returns the runtime to whose threads a worker is moved, if it is not the entered one.
fn runtime_to_move_to(worker: Judged) -> Option<Handle> {
    if has_entered_another(&worker) {
        return ours::handle().ok().cloned();
    }
    (worker.above > 0).then_some(worker.handle)
}

/// Returns whether this thread runs the tasks of a runtime.
pub(crate) fn polls_task() -> bool {
    worker_index().is_some()
}

/// Returns whether this thread has entered a runtime.
pub(crate) fn is_entered() -> bool {
    Handle::try_current().is_ok()
}
