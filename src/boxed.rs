//! Work of any type in a box, and what only a handle of such work can do: be used as a reference.
//!
//! A deref resolves the work through `&self`, and what is polled through `&mut self` must not move. Both
//! go together where the work is in a box of its own: the box is taken out of its cell for as
//! long as a deref runs it, and the work stays where it is. So only boxed handles are smart pointers.
//!
//! | `work` | `value` | `handed_over` | what it is |
//! |---|---|---|---|
//! | there | empty | no | work to resolve, polled or not |
//! | gone | empty | no | a deref further up on this thread's stack is at it |
//! | gone | `Ok` | no | a deref has resolved it, and keeps the value |
//! | gone | `Err` | no | it panicked in a deref |
//! | gone | any | yes | a poll or a `block` gave the value away, or panicked |

use std::cell::{Cell, OnceCell};
use std::future::Future;
use std::marker::PhantomPinned;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::context;
use crate::dual::{Dual, State};
use crate::work::{POLLED_AGAIN, Work};

/// Stands in the place of a value: its body panicked in a deref.
struct Panicked;

/// What a deref says that has neither work nor a value.
#[cold]
#[track_caller]
fn resolving() -> ! {
    panic!(
        "this `Dual` is being resolved further up on this thread's stack. This happens because its \
         body uses the handle that it is the body of. A body can't wait for its own value."
    )
}

/// What is said of a handle whose body panicked in a deref.
#[cold]
#[track_caller]
fn panicked() -> ! {
    panic!(
        "this `Dual` has no value: its body panicked when it was resolved before. A body runs once; \
         make a new handle to try again."
    )
}

/// A form of boxed work, by what is in the box.
macro_rules! boxed {
    ($(#[$docs:meta])* $name:ident: $($send:ident)?) => {
        pin_project! {
            $(#[$docs])*
            #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
            pub struct $name<'a, T> {
                // The work, while it is to be resolved.
                work: Cell<Option<Pin<Box<dyn Work<Output = T> $(+ $send)? + 'a>>>>,
                // What came of a deref. It is boxed, so that a handle of a large value is small.
                value: OnceCell<Box<Result<T, Panicked>>>,
                // Whether the value was given away. (It is no cell, so that `Dual` finds room in it.)
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

            /// Shortens the lifetime of what is in the box.
            fn narrow<'b>(self) -> $name<'b, T>
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

            /// Looks at the work, which is out of its place only meanwhile.
            fn asks(&self, ask: impl FnOnce(&(dyn Work<Output = T> $(+ $send)? + 'a)) -> bool) -> bool {
                let work = self.work.take();
                let answer = work.as_ref().is_some_and(|work| ask(&**work));
                self.work.set(work);
                answer
            }

            /// Whether a deref has resolved it, and the value is still there.
            fn has_value(&self) -> bool {
                !self.handed_over && self.value.get().is_some_and(|value| value.is_ok())
            }

            /// Takes the value that a deref has left, if there was one.
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

            /// Resolves the work and keeps the value, unless it is there already.
            #[track_caller]
            fn force(&self) -> &T {
                /// Notes, when dropped, that the body is no longer running: without a value it has panicked.
                struct Ran<'a, T>(&'a OnceCell<Box<Result<T, Panicked>>>);

                impl<T> Drop for Ran<'_, T> {
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
                    // A value that is there from the beginning is all that an executor's thread may see. A
                    // pool's thread is none, and runs what a `get` would run there.
                    let is_there = work.is_immediate() && (work.is_ready() || context::is_held());
                    let leave = if is_there { Ok(None) } else { context::leave_to_deref() };
                    let leave = match leave {
                        Ok(leave) => leave,
                        Err(refusal) => {
                            // Nothing has run, and nothing is lost.
                            self.work.set(Some(work));
                            refusal.panic_at_deref()
                        }
                    };
                    let ran = Ran(&self.value);
                    let value = context::block(leave, || work.as_mut().block());
                    self.value.get_or_init(|| Box::new(Ok(value)));
                    drop(ran);
                }
                match self.value.get().map(|value| &**value) {
                    Some(Ok(value)) => value,
                    Some(Err(Panicked)) => panicked(),
                    None => panic!("{POLLED_AGAIN}"),
                }
            }
        }

        impl<T> Future for $name<'_, T> {
            type Output = T;

            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
                let Some(mut work) = self.work.take() else {
                    return Poll::Ready(self.take_value());
                };
                // Out of its place while it is polled, so that it is gone after a panic; and no deref is
                // at it, which can't be while it is lent to the poll.
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
            // Statically called, it tells of misuse at the line of a `get`.
            #[track_caller]
            fn block(mut self: Pin<&mut Self>) -> T {
                match self.as_mut().project().work.take() {
                    Some(mut work) => {
                        *self.project().handed_over = true;
                        work.as_mut().block()
                    }
                    None => self.take_value(),
                }
            }

            fn is_immediate(&self) -> bool {
                self.has_value() || self.asks(|work| work.is_immediate())
            }

            fn is_ready(&self) -> bool {
                self.has_value() || self.asks(|work| work.is_ready())
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

        impl<'a, T> Dual<T, $name<'a, T>> {
            /// Shortens the lifetime that the box is known to live for.
            ///
            /// A boxed handle is invariant in it, other than a reference: one that lives longer is no
            /// handle that lives shorter, until it says so.
            ///
            /// # Examples
            ///
            /// ```
            /// use smartcall::Dual;
            /// use smartcall::work::Boxed;
            ///
            /// fn longest<'a>(a: Dual<usize, Boxed<'a, usize>>, b: Dual<usize, Boxed<'a, usize>>) -> usize {
            ///     a.get().max(b.get())
            /// }
            ///
            /// let text = String::from("text");
            /// let borrows = Dual::in_place(|| text.len()).boxed();
            /// let owns: Dual<usize> = Dual::ready(5).boxed();
            /// assert_eq!(longest(borrows, owns.narrow()), 5);
            /// ```
            pub fn narrow<'b>(self) -> Dual<T, $name<'b, T>>
            where
                'a: 'b,
            {
                self.map_work($name::narrow)
            }
        }

        /// The first use resolves the handle, with the blocking of [`Dual::get`], and keeps the value.
        ///
        /// # Panics
        ///
        /// Panics where `get` does; and on a thread that polls a task also where `get` would go through, unless
        /// the value is there: write `.await` there. An implicit wait is never meant in async code. Under the
        /// `block_on` of a multi-thread runtime of tokio's, as in `#[tokio::main]`, it can't be known, and it blocks.
        impl<T> Deref for Dual<T, $name<'_, T>> {
            type Target = T;

            #[inline]
            #[track_caller]
            fn deref(&self) -> &T {
                self.work().force()
            }
        }

        impl<T> DerefMut for Dual<T, $name<'_, T>> {
            #[track_caller]
            fn deref_mut(&mut self) -> &mut T {
                self.work().force();
                let value = match &mut self.state {
                    State::Fresh { work } => work.value.get_mut(),
                    State::Begun { work } => work.as_mut().project().value.get_mut(),
                };
                match value.map(|value| &mut **value) {
                    Some(Ok(value)) => value,
                    _ => panicked(),
                }
            }
        }
    };
}

boxed! {
    /// Work of any type, boxed, that can move between threads.
    ///
    /// Made by [`Dual::boxed`]. Use it where the type must have a name or be the same: in recursion, in `dyn`
    /// traits, in collections. A handle of it is a [smart pointer](Dual#boxed-handles-are-smart-pointers).
    Boxed: Send
}

boxed! {
    /// Work of any type, boxed, that stays on its thread.
    ///
    /// Made by [`Dual::boxed_local`]; see [`Boxed`].
    LocalBoxed:
}
