//! What `generate.rs` needs of `caller.rs`: the caller that polls.

use std::task::{Context, Poll};

/// How a caller takes items.
pub(crate) trait Caller {
    /// Why there is nothing yet.
    type Stop;

    fn poll<T>(&mut self, poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Result<T, Self::Stop>;
}

/// The caller that polls.
pub(crate) struct Polls<'a, 'b>(pub(crate) &'a mut Context<'b>);

/// There is nothing yet: the poll is pending.
pub(crate) struct IsPending;

impl Caller for Polls<'_, '_> {
    type Stop = IsPending;

    fn poll<T>(
        &mut self,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Result<T, IsPending> {
        match poll(self.0) {
            Poll::Ready(value) => Ok(value),
            Poll::Pending => Err(IsPending),
        }
    }
}

/// What items are taken from.
pub(crate) trait Supply {
    type Item;

    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<Self::Item>, C::Stop>;

    #[allow(dead_code)]
    fn is_ready(&self) -> bool;
}

/// The model takes items by `Supply`.
macro_rules! supplies {
    ($($all:tt)*) => {};
}

pub(crate) use supplies;
