//! Boxed work of any type, which a deref of its handle can resolve.
//!
//! A deref resolves the work through `&self`, and work that is polled through `&mut self` must not move. Both are
//! possible where the work is in a box of its own: a deref takes the box out of its cell while it runs the work, and
//! the work stays in place. So only boxed handles are smart pointers.
//!
//! | `work` | `value` | `handed_over` | state |
//! |---|---|---|---|
//! | present | empty | no | work to resolve, polled or not |
//! | taken | empty | no | a deref further up on this thread's stack is resolving it |
//! | taken | `Ok` | no | a deref has resolved it and kept the value |
//! | taken | `Err` | no | it panicked in a deref |
//! | taken | any | yes | a poll or a `block` returned the value, or panicked |

use std::cell::{Cell, OnceCell};
use std::future::Future;
use std::marker::PhantomPinned;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use smartcall_context::internal::{self as context, Permission};

use crate::drive::driver::NothingWakes;
use crate::waits::edges::Line;
use crate::work::traits::{POLLED_AGAIN, Work, blocks, opaque_debug, value_of};

/// Takes the place of a value: the body panicked in a deref.
struct Panicked;

/// Panics because a deref found neither work nor a value.
#[cold]
#[track_caller]
fn resolving() -> ! {
    panic!(
        "this `Dual` is being resolved further up on this thread's stack. This happens because its \
         body uses the handle that it is the body of. A body can't wait for its own value."
    )
}

/// Panics because the body of the handle panicked in a deref.
#[cold]
#[track_caller]
fn panicked() -> ! {
    panic!(
        "this `Dual` has no value: its body panicked when it was resolved before. A body runs once; \
         make a new handle to try again."
    )
}

/// Returns the value that a deref has kept.
#[track_caller]
fn kept<T>(value: &mut OnceCell<Box<Result<T, Panicked>>>) -> &mut T {
    match value.get_mut().map(|value| &mut **value) {
        Some(Ok(value)) => value,
        _ => panicked(),
    }
}

/// A form of boxed work, with or without `Send`.
macro_rules! boxed {
    ($(#[$docs:meta])* $name:ident: $($send:ident)?) => {
        pin_project! {
            $(#[$docs])*
            #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
            pub struct $name<'a, T> {
                // The work, while it is to be resolved.
                work: Cell<Option<Pin<Box<dyn Work<Output = T> $(+ $send)? + 'a>>>>,
                // The result of a deref. It is boxed to keep a handle of a large value small.
                value: OnceCell<Box<Result<T, Panicked>>>,
                // Whether the value was returned. (It is not a cell, so that `Dual` can use its niche.)
                handed_over: bool,
                // See `Async`.
                #[pin]
                pinned: PhantomPinned,
            }
        }

        impl<'a, T> $name<'a, T> {
            pub(crate) fn new(work: Pin<Box<dyn Work<Output = T> $(+ $send)? + 'a>>) -> Self {
                $name {
                    work: Cell::new(Some(work)),
                    value: OnceCell::new(),
                    handed_over: false,
                    pinned: PhantomPinned,
                }
            }

            /// Shortens the lifetime of the boxed work.
            pub(crate) fn narrow<'b>(self) -> $name<'b, T>
            where
                'a: 'b,
            {
                $name {
                    work: Cell::new(self.work.into_inner().map(|work| work as _)),
                    value: self.value,
                    handed_over: self.handed_over,
                    pinned: PhantomPinned,
                }
            }

            /// Asks the work a question, with the work out of its cell meanwhile.
            fn asks(&self, ask: impl FnOnce(&(dyn Work<Output = T> $(+ $send)? + 'a)) -> bool) -> bool {
                let work = self.work.take();
                let answer = work.as_ref().is_some_and(|work| ask(&**work));
                self.work.set(work);
                answer
            }

            /// Returns whether a deref has resolved it and the value is still in it.
            fn is_resolved(&self) -> bool {
                !self.handed_over && self.value.get().is_some_and(|value| value.is_ok())
            }

            /// Takes the value that a deref has kept.
            #[track_caller]
            fn take_value(self: Pin<&mut Self>) -> T {
                let this = self.project();
                *this.handed_over = true;
                match this.value.take().map(|value| *value) {
                    Some(Ok(value)) => value,
                    Some(Err(Panicked)) => panicked(),
                    None => panic!("{POLLED_AGAIN}"),
                }
            }

            /// Resolves the work and keeps the value, unless there is one already.
            #[track_caller]
            pub(crate) fn force(&self) -> &T {
                /// When dropped, records that the body runs no more: if there is no value, it has panicked.
                struct PoisonGuard<'a, T>(&'a OnceCell<Box<Result<T, Panicked>>>);

                impl<T> Drop for PoisonGuard<'_, T> {
                    fn drop(&mut self) {
                        self.0.get_or_init(|| Box::new(Err(Panicked)));
                    }
                }

                if self.value.get().is_none() {
                    let Some(mut work) = self.work.take() else {
                        if self.handed_over {
                            panic!("{POLLED_AGAIN}");
                        }
                        resolving()
                    };
                    // In a task, a deref returns only a value that was ready from the beginning. A thread of a pool
                    // polls no task, and runs what a `get` would run there.
                    let is_ready = work.is_immediate() && (work.is_ready() || context::is_dedicated());
                    let permission = if is_ready {
                        Ok(Permission::not_needed())
                    } else {
                        context::request_deref()
                    };
                    let permission = match permission {
                        Ok(permission) => permission,
                        Err(refusal) => {
                            // Nothing has run, and nothing is lost.
                            self.work.set(Some(work));
                            refusal.panic_at_deref()
                        }
                    };
                    let guard = PoisonGuard(&self.value);
                    let line = Location::caller();
                    let value = value_of(permission.block(|| work.as_mut().block_at(line)));
                    self.value.get_or_init(|| Box::new(Ok(value)));
                    drop(guard);
                }
                match self.value.get().map(|value| &**value) {
                    Some(Ok(value)) => value,
                    Some(Err(Panicked)) => panicked(),
                    None => panic!("{POLLED_AGAIN}"),
                }
            }

            /// Resolves the work, and returns a mutable reference to the value.
            #[track_caller]
            pub(crate) fn force_mut(&mut self) -> &mut T {
                self.force();
                kept(&mut self.value)
            }

            /// [`force_mut`](Self::force_mut) for pinned work: the value is not pinned with it.
            #[track_caller]
            pub(crate) fn force_pinned(self: Pin<&mut Self>) -> &mut T {
                self.force();
                kept(self.project().value)
            }
        }

        impl<T> Future for $name<'_, T> {
            type Output = T;

            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
                let Some(mut work) = self.work.take() else {
                    return Poll::Ready(self.take_value());
                };
                // The work is out of its cell while it is polled, so that none is left after a panic. No deref runs
                // meanwhile, since the poll borrows the handle.
                *self.as_mut().project().handed_over = true;
                let poll = work.as_mut().poll(cx);
                if poll.is_pending() {
                    let this = self.project();
                    *this.handed_over = false;
                    this.work.set(Some(work));
                }
                poll
            }
        }

        impl<T> FusedFuture for $name<'_, T> {
            fn is_terminated(&self) -> bool {
                self.handed_over
            }
        }

        impl<'a, T> Work for $name<'a, T> {
            blocks!();

            // If this is called statically, it reports misuse at the line of a `get`.
            #[track_caller]
            fn block_at(mut self: Pin<&mut Self>, line: Line) -> Result<T, NothingWakes> {
                match self.as_mut().project().work.take() {
                    Some(mut work) => {
                        *self.project().handed_over = true;
                        work.as_mut().block_at(line)
                    }
                    None => Ok(self.take_value()),
                }
            }

            fn is_immediate(&self) -> bool {
                self.is_resolved() || self.asks(|work| work.is_immediate())
            }

            fn is_ready(&self) -> bool {
                self.is_resolved() || self.asks(|work| work.is_ready())
            }

            fn relocates(&self) -> bool {
                true
            }

            fn relocate(self: Pin<&mut Self>) -> Option<Self> {
                let this = self.project();
                Some($name {
                    work: Cell::new(this.work.take()),
                    value: std::mem::take(this.value),
                    handed_over: *this.handed_over,
                    pinned: PhantomPinned,
                })
            }
        }

        opaque_debug!($name<'a, T>);
    };
}

boxed! {
    /// Boxed work of any type that can move between threads.
    ///
    /// Made by [`Dual::boxed`](crate::Dual::boxed). Use it where the type needs a name, or where several types must
    /// be the same: in recursion, in `dyn` traits, in collections. A handle with it is a [smart
    /// pointer](crate::Dual#boxed-handles-are-smart-pointers).
    Boxed: Send
}

boxed! {
    /// Boxed work of any type that stays on its thread.
    ///
    /// Made by [`Dual::boxed_local`](crate::Dual::boxed_local). See [`Boxed`].
    LocalBoxed:
}
