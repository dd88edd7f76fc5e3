//! `.get()` and `try_get()`.

use std::panic::Location;
use std::pin::{Pin, pin};

use smartcall_context::internal::{self as context, CannotBlock, Permission};

use crate::drive::driver::NothingWakes;
use crate::drive::permitted;
use crate::dual::handle::Dual;
use crate::work::traits::{Work, value_of};

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Blocks the current thread until the value is ready, and returns it.
    ///
    /// # Panics
    ///
    /// Panics if this thread must not block, because it polls a task of an executor that can't go on without it. Use
    /// `.await` there, or [`try_get`](Dual::try_get), which returns the handle.
    ///
    /// Panics if the body panics; its panic is passed on unchanged.
    ///
    /// # Blocking
    ///
    /// In async code it can wait for other *tasks*, but not for another part of the same future: in
    /// `join!(a, async { b.get() })`, where `b` needs `a`, it hangs. Use `.await` there.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    ///
    /// assert_eq!(Dual::future(async { 5 }).get(), 5);
    /// ```
    #[doc(alias = "wait")]
    #[doc(alias = "block_on")]
    #[inline]
    #[track_caller]
    pub fn get(self) -> T {
        // It is pinned once, and everything below borrows it. In a debug build, each copy on the way would take the
        // size of the work on the stack.
        let this = pin!(self);
        if context::may_block() || this.is_immediate() {
            return value_of(this.block_at(Location::caller()));
        }
        value_of(block_or_refuse(this))
    }

    /// Blocks the current thread until the value is ready, unless the thread must not block.
    ///
    /// Use it instead of [`get`](Dual::get) in a `Drop`, where a panic may abort the process. A handle that it
    /// returns there can be resolved in the background, if it owns what it needs:
    /// `refused.into_handle().start().detach()`.
    ///
    /// # Errors
    ///
    /// Returns the handle, without running it, in every case where `get` would panic before it starts.
    ///
    /// # Panics
    ///
    /// Panics if the body panics; its panic is passed on unchanged.
    ///
    /// # Examples
    ///
    /// See [`CannotBlock`].
    #[inline]
    #[track_caller]
    pub fn try_get(self) -> Result<T, CannotBlock<Self>> {
        if context::may_block() || self.is_immediate() {
            return Ok(value_of(pin!(self).block_at(Location::caller())));
        }
        // Before it is pinned: a refused handle is returned as it was.
        match context::request_blocking() {
            Ok(permission) if permission.is_uncertain() => self.try_block(permission),
            Ok(permission) => {
                let mut this = pin!(self);
                let line = Location::caller();
                let blocked = permitted::block(permission, || this.as_mut().block_at(line));
                Ok(value_of(blocked))
            }
            Err(refusal) => Err(CannotBlock::new(self, refusal)),
        }
    }

    /// Blocks by a permission that may turn out to be none. What blocks is pinned only then.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn try_block(self, permission: Permission) -> Result<T, CannotBlock<Self>> {
        let mut this = Some(self);
        let line = Location::caller();
        let blocked = permitted::try_block(permission, || {
            let this = this.take()?;
            Some(pin!(this).block_at(line))
        });
        match (blocked, this) {
            (Ok(Some(value)), _) => Ok(value_of(value)),
            (Err(refusal), Some(this)) => Err(CannotBlock::new(this, refusal)),
            _ => unreachable!("it is taken if it blocks, and only then"),
        }
    }
}

/// Asks for the permission to block, and blocks.
///
/// It is out of line to keep the usual case short.
#[cold]
#[inline(never)]
#[track_caller]
fn block_or_refuse<W: Work>(mut work: Pin<&mut W>) -> Result<W::Output, NothingWakes> {
    let line = Location::caller();
    let is_ready = work.is_ready();
    match permitted::block_unless(is_ready, || work.as_mut().block_at(line)) {
        Ok(blocked) => blocked,
        Err(refusal) => refusal.panic(),
    }
}
