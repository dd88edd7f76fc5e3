//! The driver's imports from `cancel.rs`. The model cancels nothing.

use crate::task::{Context, Poll};

pub(crate) fn poll_cancelled(_: &mut Context<'_>) -> Poll<()> {
    Poll::Pending
}

pub(crate) fn unwind_cancelled() -> ! {
    unreachable!("nothing is cancelled")
}
