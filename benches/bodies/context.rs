//! Subjects of the bench `context`.

use std::hint::black_box;

use smartcall::context::{self, Place};
use tokio::runtime::Handle;

/// A read of a thread-local.
#[inline]
pub(crate) fn current() -> Place {
    context::current()
}

#[inline]
pub(crate) fn tokio_try_current() -> bool {
    // The handle is used, since making it is part of the check.
    black_box(Handle::try_current()).is_ok()
}

#[inline]
pub(crate) fn futures_enter() -> bool {
    black_box(futures::executor::enter()).is_ok()
}
