//! Work that is polled with a thread-local set.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::drive::driver::NothingWakes;
use crate::offload::pool::Pool;
use crate::offload::select;
use crate::waits::edges::Line;
use crate::work::traits::{Work, blocks};

/// A thread-local that is set while a closure runs.
///
/// You rarely need to care about this trait. It exists for the bounds of [`Scoped`].
pub trait Scope: sealed::Sealed {
    #[doc(hidden)]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R;
}

/// Keeps other crates from implementing [`Scope`], because its method may change.
pub(crate) mod sealed {
    pub trait Sealed {}
}

/// A handle that can be put in a scope: a [`Dual`](crate::Dual) or a [`DualStream`](crate::DualStream).
///
/// You rarely need to care about this trait. It exists for the bounds of [`join_on_drop`](crate::offload::join_on_drop) and
/// [`interrupt_on_drop`](crate::offload::interrupt_on_drop).
pub trait Bind: bind::Sealed {
    /// The handle in a scope.
    type Bound<S: Scope>;

    #[doc(hidden)]
    fn bind<S: Scope>(self, scope: S) -> Self::Bound<S>;
}

/// Keeps other crates from implementing [`Bind`].
pub(crate) mod bind {
    pub trait Sealed {}
}

pin_project! {
    /// Work that is polled and resolved in a scope: bound to a pool, joined on drop, or interrupted on drop.
    ///
    /// Made by [`Dual::on`](crate::Dual::on), [`offload::join_on_drop`](crate::offload::join_on_drop) and
    /// [`offload::interrupt_on_drop`](crate::offload::interrupt_on_drop), and, with the feature `tokio`, by `Dual::in_runtime`.
    /// Dropping it drops the work, in the scope.
    #[must_use = "nothing runs until it is awaited or resolved with `.get()`"]
    pub struct Scoped<W, S: Scope> {
        // An `Option`, so that it can be dropped in the scope.
        #[pin]
        work: Option<W>,
        scope: S,
    }

    impl<W, S: Scope> PinnedDrop for Scoped<W, S> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.scope.run(|| this.work.set(None));
        }
    }
}

impl<W, S: Scope> Scoped<W, S> {
    pub(crate) fn new(work: W, scope: S) -> Self {
        Scoped {
            work: Some(work),
            scope,
        }
    }

    fn work(&self) -> &W {
        self.work.as_ref().expect(IN_PLACE)
    }
}

const IN_PLACE: &str = "only the drop takes it";

/// What is called and dropped in a scope, and is not pinned.
pub(crate) struct InScope<T, S: Scope> {
    value: Option<T>,
    scope: S,
}

impl<T, S: Scope> InScope<T, S> {
    pub(crate) fn new(value: T, scope: S) -> Self {
        InScope {
            value: Some(value),
            scope,
        }
    }

    /// The value, outside of the scope.
    pub(crate) fn get(&self) -> &T {
        self.value.as_ref().expect(IN_PLACE)
    }

    /// The value, outside of the scope.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.value.as_mut().expect(IN_PLACE)
    }

    pub(crate) fn run<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> R {
        let value = self.value.as_mut().expect(IN_PLACE);
        self.scope.run(|| f(value))
    }

    pub(crate) fn run_ref<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.scope.run(|| f(self.get()))
    }
}

/// Nothing in it is pinned in place.
impl<T, S: Scope> Unpin for InScope<T, S> {}

impl<T, S: Scope> Drop for InScope<T, S> {
    fn drop(&mut self) {
        let value = self.value.take();
        self.scope.run(|| drop(value));
    }
}

impl<W: Future, S: Scope> Future for Scoped<W, S> {
    type Output = W::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<W::Output> {
        let this = self.project();
        let work = this.work.as_pin_mut().expect(IN_PLACE);
        this.scope.run(|| work.poll(cx))
    }
}

impl<W: FusedFuture, S: Scope> FusedFuture for Scoped<W, S> {
    fn is_terminated(&self) -> bool {
        self.work().is_terminated()
    }
}

impl<W: Work, S: Scope> Work for Scoped<W, S> {
    blocks!();

    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<W::Output, NothingWakes> {
        let this = self.project();
        let work = this.work.as_pin_mut().expect(IN_PLACE);
        this.scope.run(|| work.block_at(line))
    }

    fn is_immediate(&self) -> bool {
        self.scope.run(|| self.work().is_immediate())
    }

    fn is_ready(&self) -> bool {
        self.work().is_ready()
    }
}

impl<W, S: Scope> fmt::Debug for Scoped<W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped").finish_non_exhaustive()
    }
}

/// The scope of [`Dual::on`](crate::Dual::on): the pool to which the work is bound.
pub struct OnPool(Arc<dyn Pool>);

impl OnPool {
    pub(crate) fn new(pool: Arc<dyn Pool>) -> Self {
        OnPool(pool)
    }
}

impl sealed::Sealed for OnPool {}

impl Scope for OnPool {
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        select::with_pool(&self.0, f)
    }
}

impl fmt::Debug for OnPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnPool").finish_non_exhaustive()
    }
}
