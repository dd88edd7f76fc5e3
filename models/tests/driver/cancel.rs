//! Nothing is cancelled here.

use crate::task::{Context, Poll};

pub(crate) fn poll_cancelled(_: &mut Context<'_>) -> Poll<()> {
    Poll::Pending
}

pub(crate) fn unwind_cancelled() -> ! {
    unreachable!("nothing is cancelled")
}
