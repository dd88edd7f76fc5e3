//! Waits that were permitted: what was asked for a permission, and got one.

use smartcall_context::internal::{self as context, Permission, Refusal};

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

/// Asks for a permission and waits by it, or returns why this thread must not block. What is ready is not waited for; whether it is
/// refused does not depend on that.
///
/// # Panics
///
/// See [`block`].
#[inline]
#[track_caller]
pub(crate) fn block_unless<R>(is_ready: bool, wait: impl FnOnce() -> R) -> Result<R, Refusal> {
    if is_ready && context::surely_may_block() {
        return Ok(wait());
    }
    let permission = context::request_blocking()?;
    if is_ready && !permission.is_uncertain() {
        return Ok(wait());
    }
    Ok(block(permission, wait))
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
    match block_unless(false, wait) {
        Ok(value) => value,
        Err(refusal) => refusal.panic(),
    }
}
