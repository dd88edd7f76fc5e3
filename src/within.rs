//! Work that finds a setting of this thread in place whenever it is polled.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::work::Work;

/// Something that is in place while a closure runs.
///
/// Generally you shouldn't need to worry about this trait. It is there for the bounds of [`Within`].
pub trait Setting: sealed::Sealed {
    #[doc(hidden)]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R;
}

/// Keeps others from implementing [`Setting`], whose method may change.
pub(crate) mod sealed {
    pub trait Sealed {}
}

pin_project! {
    /// Work that is resolved under a setting: bound to a pool, or joined where it is left.
    ///
    /// Made by [`Dual::on`](crate::Dual::on) and [`offload::join_on_drop`](crate::offload::join_on_drop). Dropping
    /// it drops the work.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Within<W, S> {
        #[pin]
        work: W,
        setting: S,
    }
}

impl<W, S> Within<W, S> {
    pub(crate) fn new(work: W, setting: S) -> Self {
        Within { work, setting }
    }
}

impl<W: Future, S: Setting> Future for Within<W, S> {
    type Output = W::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<W::Output> {
        let this = self.project();
        this.setting.run(|| this.work.poll(cx))
    }
}

impl<W: FusedFuture, S: Setting> FusedFuture for Within<W, S> {
    fn is_terminated(&self) -> bool {
        self.work.is_terminated()
    }
}

impl<W: Work, S: Setting> Work for Within<W, S> {
    fn block(self: Pin<&mut Self>) -> W::Output {
        let this = self.project();
        this.setting.run(|| this.work.block())
    }

    fn is_immediate(&self) -> bool {
        self.setting.run(|| self.work.is_immediate())
    }

    fn is_ready(&self) -> bool {
        self.work.is_ready()
    }
}

impl<W, S> fmt::Debug for Within<W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Within").finish_non_exhaustive()
    }
}
