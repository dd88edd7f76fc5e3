//! Handles whose drop waits for their blocking code.

use crate::offload::on_drop;
use crate::work::scoped::{self, Bind, Scope};

/// Makes dropping the handle wait for blocking code that is already running.
///
/// Such a handle may be dropped by a timeout, by a cancelled task, or because it lost a race. As with any handle,
/// code that has not begun then never begins, and is dropped with the handle. Code that is running is
/// [told](crate::offload::is_cancelled), and runs to its end. Here the drop also waits until it has ended and its value was
/// dropped. So nothing of that code is left: the file is closed, the connection is free. This holds for all blocking code in the
/// handle, and for the code that it resolves in turn, but not for what it [starts](crate::Dual::start) or spawns.
///
/// The drop waits as long as the code does, also if the code waits in a `.get()` for something that never comes. To end such a
/// wait, use `join_on_drop(interrupt_on_drop(handle))`: see [`interrupt_on_drop`](crate::offload::interrupt_on_drop).
///
/// # Blocking
///
/// Dropping the handle blocks the thread until the code has ended, so the code should be short or call
/// [`is_cancelled`](crate::offload::is_cancelled). In a task of an executor with spare threads, a spare thread runs
/// the other tasks meanwhile, as for a `.get()`. On other executors the other tasks stall. To wait without blocking,
/// spawn the handle and await [`Task::cancel`](crate::Task::cancel).
///
/// Code that drops its own handle does not wait for itself. The drop does not wait for blocking code of another
/// version of this crate.
///
/// # Examples
///
/// ```
/// use std::sync::{Arc, mpsc};
/// use smartcall::{Dual, offload};
///
/// let file = Arc::new("a file that is to be closed");
/// let opened = Arc::clone(&file);
/// let (begins, begun) = mpsc::channel();
/// let copies = Dual::blocking(move || {
///     begins.send(()).unwrap();
///     while !offload::is_cancelled() {
///         std::thread::yield_now(); // Copies the next part.
///     }
///     drop(opened);
/// });
/// // It begins on the pool, and is dropped while it runs.
/// let copies = offload::join_on_drop(copies).now_or_later();
/// begun.recv().unwrap();
/// drop(copies);
/// assert_eq!(Arc::strong_count(&file), 1);
/// ```
pub fn join_on_drop<H: Bind>(handle: H) -> H::Bound<JoinOnDrop> {
    handle.bind(JoinOnDrop(()))
}

/// The scope of [`join_on_drop`].
#[derive(Debug)]
pub struct JoinOnDrop(());

impl scoped::sealed::Sealed for JoinOnDrop {}

impl Scope for JoinOnDrop {
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        on_drop::joined(f)
    }
}
