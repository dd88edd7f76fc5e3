//! Handles whose blocking code is waited for where they are dropped.

use std::cell::Cell;
use std::sync::Arc;
use std::thread;

use crate::context;
use crate::dual::{Dual, DualOf};
use crate::stay::{Running, Stay};
use crate::within::{self, Setting, Within};
use crate::work::Work;

thread_local! {
    /// Whether the handle that this thread is at was joined.
    static JOINED: Cell<bool> = const { Cell::new(false) };
}

/// Waits for blocking code that runs when the handle is dropped, instead of abandoning it.
///
/// Where such a handle is dropped, by a timeout, a cancelled task, a race that was lost, code of it that has not
/// begun never does, as ever, and code that runs is [told](crate::offload::is_cancelled), so that a `.get()`
/// in it ends. But then the drop waits until that code has ended, and its value was dropped. So
/// nothing of it is left: the file is closed, the connection is free. This holds for all blocking code in the handle, and for
/// what that code resolves in turn, but not for what it [starts](Dual::start) or spawns.
///
/// # Blocking
///
/// Dropping it blocks the thread until the code has ended, which should therefore ask
/// [`is_cancelled`](crate::offload::is_cancelled) or be short. On a thread of an executor that knows how to, others
/// stand in for it meanwhile, as for a `.get()`; on one that doesn't its tasks stall. Await
/// [`Task::cancel`](crate::Task::cancel) of a task around it to leave without blocking.
///
/// Code that drops its own handle does not wait for itself.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use smartcall::{Dual, offload};
///
/// let file = Arc::new("a file that is to be closed");
/// let opened = Arc::clone(&file);
/// let copies = Dual::blocking(move || {
///     while !offload::is_cancelled() {
///         std::thread::yield_now(); // Copies the next part.
///     }
///     drop(opened);
/// });
/// let copies = offload::join_on_drop(copies).timeout(Duration::from_millis(5));
/// assert!(copies.get().is_err());
/// // It was waited for.
/// assert_eq!(Arc::strong_count(&file), 1);
/// ```
pub fn join_on_drop<T, W>(dual: Dual<T, W>) -> DualOf<Within<Dual<T, W>, JoinOnDrop>>
where
    W: Work<Output = T>,
{
    Dual::new(Within::new(dual, JoinOnDrop(())))
}

/// Waiting for blocking code where its handle is dropped: see [`join_on_drop`].
#[derive(Debug)]
pub struct JoinOnDrop(());

impl within::sealed::Sealed for JoinOnDrop {}

impl Setting for JoinOnDrop {
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        joined(f)
    }
}

fn joined<R>(f: impl FnOnce() -> R) -> R {
    /// Puts back what was set before.
    struct Before(bool);

    impl Drop for Before {
        fn drop(&mut self) {
            JOINED.set(self.0);
        }
    }

    let _before = Before(JOINED.replace(true));
    f()
}

/// How a piece of blocking code may be left, as its handle has it. Dropping it leaves the code.
pub(crate) struct Leave(Option<Arc<Stay>>);

/// The same, as the code has it.
pub(crate) struct Enter(Option<Arc<Stay>>);

/// Looks how code that is sent away now may be left.
#[inline]
pub(crate) fn ask() -> (Enter, Leave) {
    let stay = JOINED.get().then(|| Arc::new(Stay::new()));
    (Enter(stay.clone()), Leave(stay))
}

impl Enter {
    /// Runs the code, unless it was left before. What comes with its value is to be dropped after it.
    #[inline]
    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> Option<(R, Option<Running>)> {
        let Some(stay) = self.0 else {
            return Some((f(), None));
        };
        let running = stay.begin()?;
        Some((joined(f), Some(running)))
    }
}

impl Drop for Leave {
    #[inline]
    fn drop(&mut self) {
        if let Some(stay) = self.0.take().filter(|stay| stay.leave()) {
            wait(&stay);
        }
    }
}

/// Waits for code, on whatever thread.
#[cold]
fn wait(stay: &Stay) {
    // The host of a pool's thread is not asked for leave, and lets others have its place.
    let wait = || match context::host() {
        Some(host) => host.block_in_place(&mut || stay.wait()),
        None => stay.wait(),
    };
    match context::leave_to_block() {
        // Where something unwinds already, a host that panics would abort the program.
        Ok(leave) if !thread::panicking() => context::block(leave, wait),
        // There is no refusing in a destructor.
        _ => stay.wait(),
    }
}
