//! The trait of the work that a handle holds: a future that can also be resolved by blocking.

use std::future::Future;
use std::ops::DerefMut;
use std::pin::Pin;

use crate::drive::driver::NothingWakes;
use crate::waits::edges::Line;

/// A future that can also be resolved by blocking the thread.
///
/// The work *is* the future, instead of naming one in an associated type. Auto traits leak through `impl Work`, but
/// not through its projections, so a handle around an `impl Work` can be spawned.
///
/// # Examples
///
/// A request that also has a native sync path:
///
/// ```
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use smartcall::{Dual, work::Work};
///
/// struct Ping;
///
/// impl Future for Ping {
///     type Output = &'static str;
///     fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Self::Output> {
///         Poll::Ready("polled")
///     }
/// }
///
/// impl Work for Ping {
///     fn block(self: Pin<&mut Self>) -> Self::Output {
///         "blocked"
///     }
/// }
///
/// assert_eq!(Dual::new(Ping).get(), "blocked");
/// # pollster::block_on(async {
/// assert_eq!(Dual::new(Ping).await, "polled");
/// # });
/// ```
#[must_use = "nothing runs until it is put into a `Dual` and awaited or resolved with `.get()`"]
pub trait Work: Future {
    /// Blocks the current thread until the value is ready, and returns it.
    ///
    /// Before the first poll, it resolves the work in its own way. After a poll, it continues from where polling left
    /// the work.
    ///
    /// # Panics
    ///
    /// Panics, or does what the future in the work does, if the work has returned its value before.
    ///
    /// # Blocking
    ///
    /// It blocks in any context, even on an executor's thread. Call `Dual::new(work).get()` instead, which first asks
    /// whether the thread may block.
    fn block(self: Pin<&mut Self>) -> Self::Output;

    /// [`block`](Work::block) for a `.get()` at a line. It returns an error instead of waiting for ever, if nothing can wake it.
    ///
    /// (A panic would show the line of the `.get()` only if nothing between the two is a closure or `dyn`.)
    #[doc(hidden)]
    #[inline]
    fn block_at(self: Pin<&mut Self>, _line: Line) -> Result<Self::Output, NothingWakes> {
        Ok(self.block())
    }

    /// Returns whether `block` returns without waiting, and so may be called in any context.
    ///
    /// It must not depend on the state of the work, since whether `.get()` panics on an executor's thread must not
    /// depend on timing.
    fn is_immediate(&self) -> bool {
        false
    }

    /// Returns whether the value is ready, so that resolving does not wait.
    ///
    /// It may return `false` if this is not known. See [`Dual::is_ready`](crate::Dual::is_ready).
    fn is_ready(&self) -> bool {
        false
    }

    /// Returns whether work that was not polled is immediate on a thread for blocking code: it is sync code.
    #[doc(hidden)]
    fn is_sync_code() -> bool
    where
        Self: Sized,
    {
        false
    }

    /// Returns whether `relocate` can move the work after a poll.
    #[doc(hidden)]
    fn relocates(&self) -> bool
    where
        Self: Sized,
    {
        false
    }

    /// Moves the rest of the work out of its place, which must not be used after that.
    #[doc(hidden)]
    fn relocate(self: Pin<&mut Self>) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// Work that was polled can't be moved any more, but a pinned pointer to it can. `Dual::new(pinned)` continues it.
impl<P: DerefMut<Target: Work>> Work for Pin<P> {
    blocks!();

    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<Self::Output, NothingWakes> {
        self.as_deref_mut().block_at(line)
    }

    fn is_immediate(&self) -> bool {
        (**self).is_immediate()
    }

    fn is_ready(&self) -> bool {
        (**self).is_ready()
    }
}

/// The panic text of work that is polled when it is already done.
pub(crate) const POLLED_AGAIN: &str =
    "a `Dual` was polled again after it had completed or panicked";

/// Returns the value of a `block_at`.
///
/// # Panics
///
/// Panics at the caller's line if nothing can wake the wait.
#[inline]
#[track_caller]
pub(crate) fn value_of<T>(blocked: Result<T, NothingWakes>) -> T {
    match blocked {
        Ok(value) => value,
        Err(nothing) => nothing.panic(),
    }
}

/// Implements `Work::block` by `block_at`, at its caller's line.
macro_rules! blocks {
    () => {
        #[inline]
        #[track_caller]
        fn block(self: ::std::pin::Pin<&mut Self>) -> Self::Output {
            let line = ::std::panic::Location::caller();
            $crate::work::traits::value_of(self.block_at(line))
        }
    };
}

pub(crate) use blocks;

/// Implements `Debug` so that it names the form, and neither runs nor shows what is in it.
macro_rules! opaque_debug {
    ($name:ident<$($param:tt $(: $bound:ident)?),*>) => {
        impl<$($param $(: $bound)?),*> std::fmt::Debug for $name<$($param),*> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use opaque_debug;
