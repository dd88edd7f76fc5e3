//! The trait of the source that a stream holds: a `Stream` that sync callers can take items from, too.

use futures_util::Stream;

use crate::drive::driver::NothingWakes;
use crate::waits::edges::Line;

/// A stream whose items can also be taken by blocking the thread.
///
/// It is to a [`DualStream`](crate::DualStream) what [`Work`](crate::Work) is to a [`Dual`](crate::Dual).
///
/// # Examples
///
/// A source that can wait natively for both callers:
///
/// ```
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use futures::Stream;
/// use smartcall::{DualStream, Source};
///
/// struct Countdown(u32);
///
/// impl Stream for Countdown {
///     type Item = u32;
///     fn poll_next(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<u32>> {
///         Poll::Ready(self.block_next())
///     }
/// }
///
/// impl Source for Countdown {
///     fn block_next(&mut self) -> Option<u32> {
///         self.0 = self.0.checked_sub(1)?;
///         Some(self.0)
///     }
/// }
///
/// assert!(DualStream::new(Countdown(3)).into_iter().eq([2, 1, 0]));
/// ```
#[must_use = "nothing runs until it is put into a `DualStream` and items are taken"]
pub trait Source: Stream + Unpin {
    /// Blocks the current thread until there is an item, and returns it, or `None` after the last one.
    ///
    /// It continues from where polling left the source.
    ///
    /// # Blocking
    ///
    /// It blocks in any context, even on an executor's thread. Iterate over a `DualStream` instead, which first asks whether
    /// the thread may block.
    fn block_next(&mut self) -> Option<Self::Item>;

    /// [`block_next`](Source::block_next) for a call at a line. It returns an error instead of waiting for ever, if nothing can
    /// wake it.
    #[doc(hidden)]
    #[inline]
    fn block_next_at(&mut self, _line: Line) -> Result<Option<Self::Item>, NothingWakes> {
        Ok(self.block_next())
    }

    /// Returns whether `block_next` never waits, and so may be called in any context.
    ///
    /// It must not depend on the state of the source, since whether an executor's thread may iterate must not depend on
    /// timing.
    fn is_immediate(&self) -> bool {
        false
    }

    /// Returns whether a source of which nothing was awaited is immediate on a thread for blocking code: it is sync code.
    #[doc(hidden)]
    fn is_sync_code() -> bool
    where
        Self: Sized,
    {
        false
    }

    /// Returns whether the next item is there, so that taking it does not wait.
    ///
    /// It may return `false` if this is not known.
    fn is_ready(&self) -> bool {
        false
    }
}

/// Implements `Source::block_next` by `block_next_at`, at its caller's line.
macro_rules! blocks_next {
    () => {
        #[inline]
        #[track_caller]
        fn block_next(&mut self) -> Option<Self::Item> {
            let line = ::std::panic::Location::caller();
            $crate::work::traits::value_of(self.block_next_at(line))
        }
    };
}

pub(crate) use blocks_next;
