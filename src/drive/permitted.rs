//! Waits that were permitted: what was asked for a permission, and got one.

#[cfg(feature = "executor")]
use smartcall_context::internal as context;
use smartcall_context::internal::{Permission, Refusal};

use crate::waits::threads;

/// Waits by a permission. Reports say if the wait holds up a poll.
///
/// # Panics
///
/// Panics at the caller's line if the host refuses after all.
#[inline]
#[track_caller]
pub(crate) fn block<R>(permission: Permission, wait: impl FnOnce() -> R) -> R {
    if permission.has_host() {
        permission.block(|| threads::in_poll(wait))
    } else {
        permission.block(wait)
    }
}

/// Waits by a permission, unless what is waited for is ready. Whether it is refused does not depend on that.
///
/// # Panics
///
/// See [`block`].
#[inline]
#[track_caller]
pub(crate) fn block_unless<R>(
    is_ready: bool,
    permission: Permission,
    wait: impl FnOnce() -> R,
) -> R {
    if is_ready && !permission.is_uncertain() {
        wait()
    } else {
        block(permission, wait)
    }
}

/// Waits by a permission, or returns why it has not waited.
#[cold]
#[track_caller]
pub(crate) fn try_block<R>(permission: Permission, wait: impl FnOnce() -> R) -> Result<R, Refusal> {
    permission.try_block(|| threads::in_poll(wait))
}

/// Asks for a permission, and waits by it.
///
/// # Panics
///
/// Panics at the caller's line if this thread must not block.
#[cfg(feature = "executor")]
#[inline]
#[track_caller]
pub(crate) fn block_or_refuse<R>(wait: impl FnOnce() -> R) -> R {
    match context::request_blocking() {
        Ok(permission) => block(permission, wait),
        Err(refusal) => refusal.panic(),
    }
}
