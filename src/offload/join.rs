//! Waits for blocking code when its handle is dropped.

use std::cell::Cell;
use std::sync::Arc;
use std::thread;

use smartcall_context::internal::{self as context, HostRef, scoped};

use crate::offload::completion::{Completion, CompletionGuard};
use crate::offload::threads;

thread_local! {
    /// Whether the handle that this thread is resolving is joined on drop.
    static JOINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a closure. Blocking code that it sends to a pool is joined on drop.
pub(crate) fn joined<R>(f: impl FnOnce() -> R) -> R {
    with(true, f)
}

/// Runs a closure. Blocking code that it sends to a pool is joined on drop, or not.
#[inline]
pub(crate) fn with<R>(joined: bool, f: impl FnOnce() -> R) -> R {
    scoped::with(&JOINED, joined, f)
}

/// Returns whether the handle that this thread is resolving is joined on drop.
#[inline]
pub(crate) fn is_joined() -> bool {
    JOINED.get()
}

/// The handle's side: waits for the code when dropped, if the handle is joined on drop.
pub(crate) struct JoinGuard(Option<Arc<Completion>>);

/// The code's side: marks that the code runs.
pub(crate) struct RunGuard(Option<Arc<Completion>>);

/// Registers code that is about to be sent to a pool, if its handle is joined on drop.
#[inline]
pub(crate) fn register() -> (RunGuard, JoinGuard) {
    let completion = JOINED.get().then(|| Arc::new(Completion::new()));
    (RunGuard(completion.clone()), JoinGuard(completion))
}

impl RunGuard {
    /// Runs the code, unless it was abandoned. Drop the returned guard after the value.
    #[inline]
    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> Option<(R, Option<CompletionGuard>)> {
        let Some(completion) = self.0 else {
            return Some((f(), None));
        };
        let running = completion.begin()?;
        let value = if threads::is_shared() { f() } else { joined(f) };
        Some((value, Some(running)))
    }
}

impl Drop for JoinGuard {
    #[inline]
    fn drop(&mut self) {
        let completion = self.0.take();
        if let Some(completion) = completion.filter(|completion| completion.abandon()) {
            wait(&completion);
        }
    }
}

/// Waits for code, on any thread.
#[cold]
fn wait(completion: &Completion) {
    // The host of a pool's thread is not asked for permission, and yet gives the thread's place to another job.
    let wait = || match context::host().filter(HostRef::can_block) {
        Some(host) => host.park(|| completion.wait()),
        None => completion.wait(),
    };
    match context::request_blocking() {
        // While a panic unwinds, a host that panics would abort the program.
        Ok(permission) if !thread::panicking() => {
            // A destructor can't refuse.
            permission
                .try_block(wait)
                .unwrap_or_else(|_| completion.wait());
        }
        _ => completion.wait(),
    }
}
