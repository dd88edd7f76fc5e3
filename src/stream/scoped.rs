//! Streams that are bound to a pool, or whose drop joins or interrupts their code.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

use crate::drive::driver::NothingWakes;
use crate::offload::pool::ToPool;
use crate::stream::handle::{DualStream, DualStreamOf};
use crate::stream::source::{Source, blocks_next};
use crate::waits::edges::Line;
use crate::work::scoped::{Bind, InScope, OnPool, Scope, bind};

/// A source that is polled and blocked on in a scope: bound to a pool, joined on drop, or interrupted on drop.
///
/// Made by [`DualStream::on`](crate::DualStream::on), [`offload::join_on_drop`](crate::offload::join_on_drop),
/// [`offload::interrupt_on_drop`](crate::offload::interrupt_on_drop) and, with the feature `tokio`, `DualStream::in_runtime`.
#[must_use = "nothing runs until items are taken"]
pub struct Scoped<S, B: Scope> {
    source: InScope<S, B>,
}

impl<T, S: Source<Item = T>> DualStream<T, S> {
    /// Binds the blocking code in the stream to a pool, for sync and for async callers.
    ///
    /// For a sync caller, too, the code runs on the pool, and reads ahead there. An iterator is dropped there, too, once it has run
    /// there. See [`Dual::on`](crate::Dual::on).
    ///
    /// # Panics
    ///
    /// Taking an item panics if the pool refuses the code, or ends before it has run the code.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use smartcall::DualStream;
    /// use smartcall::offload::Limited;
    ///
    /// let main = thread::current().id();
    /// let ids = DualStream::blocking((0..2).map(|_| thread::current().id()));
    /// for id in ids.on(&Limited::new(1.try_into().unwrap())) {
    ///     assert_ne!(id, main);
    /// }
    /// ```
    pub fn on(self, pool: &impl ToPool) -> DualStreamOf<Scoped<DualStream<T, S>, OnPool>> {
        self.bind(OnPool::new(pool.to_pool()))
    }
}

impl<T, S> bind::Sealed for DualStream<T, S> {}

impl<T, S: Source<Item = T>> Bind for DualStream<T, S> {
    type Bound<B: Scope> = DualStream<T, Scoped<DualStream<T, S>, B>>;

    fn bind<B: Scope>(self, scope: B) -> Self::Bound<B> {
        DualStream::new(Scoped {
            source: InScope::new(self, scope),
        })
    }
}

impl<S: Source, B: Scope> Stream for Scoped<S, B> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.source.run(|source| Pin::new(source).poll_next(cx))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.source.get().size_hint()
    }
}

impl<S: Source, B: Scope> Source for Scoped<S, B> {
    blocks_next!();

    fn block_next_at(&mut self, line: Line) -> Result<Option<S::Item>, NothingWakes> {
        self.source.run(|source| source.block_next_at(line))
    }

    fn is_immediate(&self) -> bool {
        self.source.run_ref(S::is_immediate)
    }

    fn is_ready(&self) -> bool {
        self.source.get().is_ready()
    }
}

impl<S, B: Scope> fmt::Debug for Scoped<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped").finish_non_exhaustive()
    }
}
