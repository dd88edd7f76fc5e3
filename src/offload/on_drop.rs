//! What the drop of a handle does to blocking code that runs: it may wait for the code, or interrupt it.

use std::cell::Cell;
use std::thread;

use smartcall_context::internal::{self as context, HostRef, scoped};

use crate::drive::job::{Job, OnDrop};

thread_local! {
    /// What the handle does that this thread is resolving.
    static CURRENT: Cell<OnDrop> = const {
        Cell::new(OnDrop {
            joins: false,
            interrupts: false,
        })
    };
}

/// Returns what is done for the handle that this thread is resolving.
#[inline]
pub(crate) fn current() -> OnDrop {
    CURRENT.get()
}

/// Runs a closure. The same is done for blocking code that it sends to a pool.
#[inline]
pub(crate) fn with<R>(on_drop: OnDrop, f: impl FnOnce() -> R) -> R {
    scoped::with(&CURRENT, on_drop, f)
}

/// Runs a closure. Blocking code that it sends to a pool is joined on drop.
pub(crate) fn joined<R>(f: impl FnOnce() -> R) -> R {
    let on_drop = current();
    let joins = true;
    with(OnDrop { joins, ..on_drop }, f)
}

/// Runs a closure. Blocking code that it sends to a pool is interrupted on drop.
pub(crate) fn interrupted<R>(f: impl FnOnce() -> R) -> R {
    let on_drop = current();
    let interrupts = true;
    with(
        OnDrop {
            interrupts,
            ..on_drop
        },
        f,
    )
}

/// Waits for the code of a job, on any thread.
#[cold]
pub(crate) fn wait<P: ?Sized>(job: &Job<P>) {
    // The host of a pool's thread is not asked for permission, and yet gives the thread's place to another job.
    let wait = || match context::host().filter(HostRef::can_block) {
        Some(host) => host.park(|| job.wait()),
        None => job.wait(),
    };
    match context::request_blocking() {
        // While a panic unwinds, a host that panics would abort the program.
        Ok(permission) if !thread::panicking() => {
            // A destructor can't refuse.
            permission.try_block(wait).unwrap_or_else(|_| job.wait());
        }
        _ => job.wait(),
    }
}
