//! What the drop of the handle that this thread resolves does to blocking code that runs: it may wait for the code, or interrupt
//! it.

use std::cell::Cell;

use smartcall_context::internal::{self as context, scoped};

use crate::drive::job::OnDrop;

thread_local! {
    /// What the handle does that this thread is resolving.
    static CURRENT: Cell<OnDrop> = const { Cell::new(OnDrop::TELLS) };
}

/// Returns what is done for the handle that this thread is resolving.
#[inline]
pub(crate) fn current() -> OnDrop {
    CURRENT.get()
}

/// Runs a closure. The same is done for blocking code that it sends to a pool.
#[inline]
pub(crate) fn with<R>(on_drop: OnDrop, f: impl FnOnce() -> R) -> R {
    scoped::with(&CURRENT, on_drop, || context::without_turns(f))
}

/// Runs a closure. Blocking code that it sends to a pool is joined on drop.
pub(crate) fn joined<R>(f: impl FnOnce() -> R) -> R {
    with(current().or(OnDrop::JOINS), f)
}

/// Runs a closure. Blocking code that it sends to a pool is interrupted on drop.
pub(crate) fn interrupted<R>(f: impl FnOnce() -> R) -> R {
    with(current().or(OnDrop::INTERRUPTS), f)
}
