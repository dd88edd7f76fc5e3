//! Sync code that stays on its thread: in-place code, and blocking code that borrows.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;
use smartcall_context::internal::{self as context, placement};

use crate::offload::code::Code;
use crate::work::traits::{POLLED_AGAIN, Work, opaque_debug};

/// Defines a form of sync code that stays on its thread, with the function that runs it there.
macro_rules! staying {
    ($(#[$docs:meta])* $name:ident, $run:path) => {
        pin_project! {
            $(#[$docs])*
            #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
            pub struct $name<C> {
                // The code, until it begins.
                code: Option<C>,
                // See `Async`.
                #[pin]
                pinned: PhantomPinned,
            }
        }

        impl<C> $name<C> {
            #[inline]
            pub(crate) fn new(code: C) -> Self {
                $name {
                    code: Some(code),
                    pinned: PhantomPinned,
                }
            }
        }

        impl<C: Code> Future for $name<C> {
            type Output = C::Output;

            #[inline]
            fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<C::Output> {
                Poll::Ready(self.block())
            }
        }

        impl<C: Code> FusedFuture for $name<C> {
            fn is_terminated(&self) -> bool {
                self.code.is_none()
            }
        }

        impl<C: Code> Work for $name<C> {
            #[inline]
            fn block(self: Pin<&mut Self>) -> C::Output {
                let code = self.project().code.take().expect(POLLED_AGAIN);
                // What has asked on this thread does not wait for the code.
                placement::send_all();
                $run(|| code.run())
            }

            /// The context never makes it panic: it runs on this thread in every context.
            #[inline]
            fn is_immediate(&self) -> bool {
                true
            }

            fn is_sync_code() -> bool {
                true
            }
        }
    };
}

staying! {
    /// Short sync code that stays on its thread: called there by `.get()` and by `.await`.
    ///
    /// Made by [`Dual::in_place`](crate::Dual::in_place). If it is dropped, the code never runs.
    InPlace, context::run_in_place
}

staying! {
    /// Blocking code that stays on its thread, and of which the executor is notified.
    ///
    /// Made by [`Dual::borrowing`](crate::Dual::borrowing). If it is dropped, the code never runs.
    Borrowing, context::run_borrowing
}

opaque_debug!(InPlace<C>);
opaque_debug!(Borrowing<C>);
