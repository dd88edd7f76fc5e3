//! The driver's imports from `cancel.rs`. The model interrupts nothing.

use crate::task::{Context, Poll};

pub(crate) fn poll_interrupted(_: &mut Context<'_>) -> Poll<()> {
    Poll::Pending
}

pub(crate) fn is_interruptible() -> bool {
    false
}

pub(crate) fn unwind_interrupted() -> ! {
    unreachable!("nothing is interrupted")
}
