//! Boxed handles as smart pointers.

use std::ops::{Deref, DerefMut};

use crate::dual::handle::{Dual, State};
use crate::work::boxed::{Boxed, LocalBoxed};

/// Methods and traits that only handles of one boxed form have.
macro_rules! smart_pointer {
    ($name:ident) => {
        impl<'a, T> Dual<T, $name<'a, T>> {
            /// Shortens the lifetime of the box.
            ///
            /// A boxed handle is invariant in this lifetime, unlike a reference. Where a shorter lifetime is
            /// expected, the compiler rejects a handle with a longer one until it is narrowed.
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

        /// The first dereference resolves the handle, blocking like [`Dual::get`], and keeps the value.
        ///
        /// # Panics
        ///
        /// Panics if `get` would panic. On a thread that polls a task it also panics where `get` would work, unless
        /// the value is ready: in async code an implicit wait is never intended, so write `.await`. Under the
        /// `block_on` of a multi-thread tokio runtime, as in `#[tokio::main]`, smartcall can't detect that the thread
        /// polls a task, and the deref blocks.
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
                match &mut self.state {
                    State::Fresh { work } => work.force_mut(),
                    State::Begun { work } => work.as_mut().force_pinned(),
                }
            }
        }
    };
}

smart_pointer!(Boxed);
smart_pointer!(LocalBoxed);
