//! Code that runs in a runtime, whatever thread polls it.
//!
//! Entering a runtime changes what tokio says of a thread, and not what the thread is: a worker stays a worker of its own runtime.
//! So what was entered before is noted. The note holds while tokio says the same of the thread as it did then: below it, code may
//! enter other runtimes, or drive one on this thread.

use std::cell::Cell;

use tokio::runtime::{Handle, Id, worker_index};
use tokio::task;

use crate::scoped;

/// What [`run_in`] has entered, and what there was before.
#[derive(Clone)]
struct Note {
    entered: Id,
    before: Option<Handle>,
    /// How many runtimes are entered above the one before.
    above: usize,
    thread: Thread,
}

/// What tokio says of a thread, whatever is entered.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Thread {
    worker: Option<usize>,
    task: Option<task::Id>,
}

impl Thread {
    fn current() -> Self {
        Thread {
            worker: worker_index(),
            task: task::try_id(),
        }
    }
}

thread_local! {
    static NOTE: Cell<Option<Note>> = const { Cell::new(None) };
}

/// Runs code with a runtime entered, so that its timers and sockets belong to it.
pub(crate) fn run_in<R>(handle: &Handle, f: impl FnOnce() -> R) -> R {
    let current = match Handle::try_current() {
        Ok(current) if current.id() == handle.id() => return f(),
        // In a dying thread no runtime can be entered.
        Err(error) if error.is_thread_local_destroyed() => return f(),
        current => current.ok(),
    };
    let (before, above) = match current.and_then(judged_in) {
        Some(Judged { handle, above }) => (Some(handle), above + 1),
        None => (None, 0),
    };
    let note = Note {
        entered: handle.id(),
        before,
        above,
        thread: Thread::current(),
    };
    let _entered = handle.enter();
    scoped::exchanged(&NOTE, &mut Some(note), f)
}

/// The runtime that a thread is judged by: what is entered, or was before [`run_in`].
pub(crate) struct Judged {
    pub(crate) handle: Handle,
    /// How many runtimes are entered above it.
    pub(crate) above: usize,
}

/// Returns the runtime that this thread is a worker of, as far as that is known.
pub(crate) fn of_worker() -> Option<Judged> {
    worker_index()?;
    judged()
}

/// Returns the runtime that this thread is judged by, or `None` if there is none.
pub(crate) fn judged() -> Option<Judged> {
    judged_in(Handle::try_current().ok()?)
}

/// [`judged`], where this runtime is entered.
fn judged_in(current: Handle) -> Option<Judged> {
    match scoped::cloned(&NOTE) {
        Some(note) if note.entered == current.id() && note.thread == Thread::current() => {
            note.before.map(|handle| Judged {
                handle,
                above: note.above,
            })
        }
        _ => Some(Judged {
            handle: current,
            above: 0,
        }),
    }
}
