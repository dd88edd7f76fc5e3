//! A boxed source of any type.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

use crate::drive::driver::NothingWakes;
use crate::stream::source::{Source, blocks_next};
use crate::waits::edges::Line;

/// A form of boxed source, with or without `Send`.
macro_rules! boxed {
    ($(#[$docs:meta])* $name:ident: $($send:ident)?) => {
        $(#[$docs])*
        #[must_use = "nothing runs until items are taken"]
        pub struct $name<'a, T>(Box<dyn Source<Item = T> $(+ $send)? + 'a>);

        impl<'a, T> $name<'a, T> {
            pub(crate) fn new(source: impl Source<Item = T> $(+ $send)? + 'a) -> Self {
                $name(Box::new(source))
            }
        }

        impl<T> Stream for $name<'_, T> {
            type Item = T;

            #[inline]
            fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
                Pin::new(&mut *self.0).poll_next(cx)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.size_hint()
            }
        }

        impl<T> Source for $name<'_, T> {
            blocks_next!();

            #[inline]
            fn block_next_at(&mut self, line: Line) -> Result<Option<T>, NothingWakes> {
                self.0.block_next_at(line)
            }

            #[inline]
            fn is_immediate(&self) -> bool {
                self.0.is_immediate()
            }

            #[inline]
            fn is_ready(&self) -> bool {
                self.0.is_ready()
            }
        }

        impl<T> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

boxed! {
    /// A source of any type.
    ///
    /// Made by [`DualStream::boxed`](crate::DualStream::boxed).
    Boxed: Send
}

boxed! {
    /// A source of any type that need not be `Send`.
    ///
    /// Made by [`DualStream::boxed_local`](crate::DualStream::boxed_local).
    LocalBoxed:
}
