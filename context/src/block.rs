//! May this thread block? And if so, how: by its host, or just so.

use crate::host::{HostRef, host};
use crate::place::{self, Place, State, run_outside};
use crate::refusal::{CannotBlock, Refusal};
use crate::runtime_host;
use crate::runtimes::detect;

/// Returns whether this thread may block now: whether `.get()` would panic.
///
/// It answers from what is known without trying. It can't know the root future of a `LocalSet` on a
/// multi-thread runtime of tokio's: there it returns `Ok`, and a `.get()` panics in tokio's words.
///
/// # Errors
///
/// The reason why not, which `try_get` returns, too.
///
/// # Examples
///
/// ```
/// use smartcall_context as context;
///
/// assert!(context::can_block().is_ok());
/// context::inside_executor(|| assert!(context::can_block().is_err()));
/// ```
pub fn can_block() -> Result<(), CannotBlock> {
    match request_blocking() {
        Ok(_) => Ok(()),
        Err(refusal) => Err(CannotBlock::new((), refusal)),
    }
}

/// Returns whether the thread may block, with no host to ask.
#[inline]
pub fn may_block() -> bool {
    match place::state() {
        State::Inside | State::DedicatedThread => false,
        State::OutsideInRegion | State::DrivingInRegion => true,
        State::Outside | State::Driving => detect::detect().is_none(),
    }
}

/// The permission to block this thread, by its host if it has one.
#[derive(Debug)]
#[must_use = "nothing blocks before `block` is called"]
pub struct Permission(Option<HostRef>);

/// Asks for the permission to block this thread.
#[inline]
pub fn request_blocking() -> Result<Permission, Refusal> {
    let host = match place::state() {
        State::Inside => Some(ask_host()?),
        State::DedicatedThread => return Err(Refusal::DedicatedThread),
        State::OutsideInRegion | State::DrivingInRegion => None,
        State::Outside | State::Driving => runtime_host::detect()?,
    };
    Ok(Permission(host))
}

/// The same for a deref: on a thread that polls a task an implicit wait is never meant.
pub fn request_deref() -> Result<Permission, Refusal> {
    match place::state() {
        State::Inside => Err(Refusal::Deref),
        State::Outside if detect::polls_task() => Err(Refusal::Deref),
        _ => request_blocking(),
    }
}

#[cold]
fn ask_host() -> Result<HostRef, Refusal> {
    let host = host().ok_or(Refusal::NoHost)?;
    if detect::ENABLED && host.detects_below() {
        // A runtime that the task itself has entered can't go on, whatever the task's host does.
        runtime_host::detect()?;
    }
    if host.can_block() {
        Ok(host)
    } else {
        Err(host.refusal().unwrap_or(Refusal::HostCannot))
    }
}

impl Permission {
    /// The permission where there is nothing to ask for: what is run does not wait.
    #[inline]
    pub fn not_needed() -> Self {
        Permission(None)
    }

    /// Runs a closure that blocks.
    #[inline]
    #[track_caller]
    pub fn block<R>(self, f: impl FnOnce() -> R) -> R {
        match self.0 {
            None => f(),
            // The host stays: what is nested in `f` may park this thread as well.
            Some(host) => host.block_in_place(|| {
                if detect::ENABLED && host.detects_below() {
                    // The task may have entered a runtime itself, which is told, too.
                    return place::enter(Place::Outside, || runtime_host::block_in_place(f));
                }
                // What is detected here is what the host speaks for, also to what is nested in `f`.
                if detect::detect().is_some_and(|found| found.needs_its_thread()) {
                    place::with_state(State::OutsideInRegion, f)
                } else {
                    place::enter(Place::Outside, f)
                }
            }),
        }
    }
}

/// Runs a closure that blocks, if this thread may block: else it panics at the caller's line.
#[inline]
#[track_caller]
pub fn block_or_refuse<R>(f: impl FnOnce() -> R) -> R {
    match request_blocking() {
        Ok(permission) => permission.block(f),
        Err(refusal) => refusal.panic(),
    }
}

/// Runs in-place code on this thread, of which the host of a task is told.
///
/// In a task the place stays what it is: a `.get()` in the code has to ask.
#[inline]
pub fn run_in_place<R>(f: impl FnOnce() -> R) -> R {
    if place::current() != Place::Inside {
        return run_outside(f);
    }
    match host() {
        Some(host) if host.can_block() => host.block_in_place(f),
        _ => f(),
    }
}

/// Runs blocking code that borrows on this thread, of which the executor that polls here is told.
#[inline]
pub fn run_borrowing<R>(f: impl FnOnce() -> R) -> R {
    match place::state() {
        State::Outside => match runtime_host::detect() {
            Ok(Some(host)) => host.block_in_place(f),
            _ => f(),
        },
        _ => run_in_place(f),
    }
}
