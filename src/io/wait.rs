//! Waits of sync callers: judged like `.get()`, but a refusal is an error.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use smartcall_context::internal::{self as context, CannotBlock, Refusal};

use crate::drive::driver::{self, NothingWakes};
use crate::drive::permitted;
use crate::waits::edges::Line;

/// Asks whether this thread may wait, and runs a closure that waits.
#[inline]
pub(crate) fn permitted<R>(wait: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    if context::may_block() {
        return wait();
    }
    ask(false, wait)
}

/// Asks whether this thread may wait, and runs a closure that does not wait. It is refused where one that waits is.
#[inline]
pub(crate) fn permitted_at_once<R>(code: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    if context::may_block() {
        return code();
    }
    ask(true, code)
}

/// Asks the host of this thread. Only what waits needs its help.
#[cold]
fn ask<R>(at_once: bool, wait: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    match context::request_blocking() {
        Ok(permission) if permission.is_uncertain() => {
            permitted::try_block(permission, wait).unwrap_or_else(|refusal| Err(refused(refusal)))
        }
        Ok(_) if at_once => wait(),
        Ok(permission) => permitted::block(permission, wait),
        Err(refusal) => Err(refused(refusal)),
    }
}

/// Drives a poll for a call at a line.
#[inline]
pub(crate) fn driven<R>(
    line: Line,
    poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<R>>,
) -> io::Result<R> {
    permitted(|| woken(driver::block_on(pin!(poll_fn(poll)), line)))
}

/// Returns the value of a wait, unless nothing can wake it.
#[inline]
pub(crate) fn woken<R>(value: Result<io::Result<R>, NothingWakes>) -> io::Result<R> {
    value.unwrap_or_else(|_| Err(nothing_wakes()))
}

fn refused(refusal: Refusal) -> io::Error {
    io::Error::new(io::ErrorKind::Deadlock, CannotBlock::new((), refusal))
}

#[cold]
fn nothing_wakes() -> io::Error {
    io::Error::new(
        io::ErrorKind::Deadlock,
        "nothing can wake this call: the inner reader or writer returned `Pending`, and nothing keeps the waker that it was \
         polled with. It would wait for ever",
    )
}
