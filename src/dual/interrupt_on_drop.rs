//! Handles whose drop interrupts their blocking code.

use crate::offload::on_drop;
use crate::work::scoped::{self, Bind, Scope};

/// Makes dropping the handle end the waits of blocking code that is already running.
///
/// Without it, blocking code runs to its end, whoever gives up on it, and a `.get()` in it waits to its end. In such a handle the
/// code is interruptible. When the handle is dropped, by a timeout or by a cancelled task, a `.get()` in the code that waits, or
/// is about to wait, unwinds the code without a message, and drops what it waits for. So cancelling passes through sync code into
/// the async code below it. This holds for all blocking code in the handle, and for the code that it resolves in turn, but not for
/// what it [starts](crate::Dual::start) or spawns.
///
/// Unwinding leaves changes half done, and a std `Mutex` poisoned whose guard the code holds meanwhile. So use it for code that is
/// written with that in mind. [`shield`](crate::offload::shield) protects a section. Code that waits by other means than `.get()`
/// is not interrupted; it can ask [`is_cancelled`](crate::offload::is_cancelled).
///
/// A `.get()` in a destructor that runs while the thread unwinds is not interrupted. In any other destructor it is, and a panic in a
/// destructor can leak what is just being returned or dropped around it, so `shield` it there. If panics abort, none is. With
/// [`join_on_drop`](crate::offload::join_on_drop), in either order, the drop interrupts the code and then waits for its end.
/// Code on rayon's threads, and code of another version of this crate, is not interrupted.
///
/// # Examples
///
/// ```
/// use std::future;
/// use std::sync::mpsc;
/// use smartcall::{Dual, offload};
///
/// let (begins, begun) = mpsc::channel();
/// let (held, dropped) = mpsc::channel::<()>();
/// let waits = Dual::blocking(move || {
///     begins.send(()).unwrap();
///     let _held = held;
///     Dual::future(future::pending::<()>()).get();
/// });
/// // It begins on the pool, and is dropped while it waits.
/// let waits = offload::interrupt_on_drop(waits).now_or_later();
/// begun.recv().unwrap();
/// drop(waits);
/// assert!(dropped.recv().is_err());
/// ```
pub fn interrupt_on_drop<H: Bind>(handle: H) -> H::Bound<InterruptOnDrop> {
    handle.bind(InterruptOnDrop(()))
}

/// The scope of [`interrupt_on_drop`].
#[derive(Debug)]
pub struct InterruptOnDrop(());

impl scoped::sealed::Sealed for InterruptOnDrop {}

impl Scope for InterruptOnDrop {
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        on_drop::interrupted(f)
    }
}
