//! Streams whose items are made in the background.

use std::fmt;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::thread;

use futures_util::{FutureExt, StreamExt};

use crate::dual::handle::{Dual, DualOf};
use crate::dual::start::Started as StartedWork;
use crate::stream::blocking::assert_ahead;
use crate::stream::caller::{Caller, Supply, supplies};
use crate::stream::fed::Fed;
use crate::stream::handle::DualStream;
use crate::stream::queue::{self, Maker};
use crate::stream::source::Source;

/// The task that makes items.
type Pump = StartedWork<thread::Result<()>>;

/// A stream whose items are made in the background.
///
/// Made by [`DualStream::start`](crate::DualStream::start). Dropping it cancels what makes the items.
#[must_use = "started work is canceled when it is dropped"]
pub struct Started<T> {
    fed: Fed<T, Pin<Box<DualOf<Pump>>>>,
}

impl<T, S> DualStream<T, S>
where
    T: Send + 'static,
    S: Source<Item = T> + Send + 'static,
{
    /// Starts making items in the background, at most `ahead` of them before the next one is taken.
    ///
    /// Under a plain `for` nothing is polled between two items. So several streams overlap for a sync caller only if they are
    /// started. What makes the items becomes a task of the executor that [`Dual::start`] uses.
    ///
    /// Dropping the new stream cancels that task.
    ///
    /// # Panics
    ///
    /// Panics if `ahead` is 0, and where [`Dual::start`] panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let streams: Vec<_> = (0..3)
    ///     .map(|n| DualStream::blocking((0..3).map(move |i| n * i)).start(4))
    ///     .collect();
    /// // All of them are made at the same time.
    /// let sum: u32 = streams.into_iter().flatten().sum();
    /// assert_eq!(sum, 9);
    /// ```
    #[must_use = "started work is canceled when its handle is dropped"]
    #[track_caller]
    pub fn start(self, ahead: usize) -> DualStream<T, Started<T>> {
        assert_ahead(ahead);
        let (maker, items) = queue::queue();
        let pump = AssertUnwindSafe(pump(self, maker, queue::room_for(ahead)));
        let started = Dual::future(pump.catch_unwind()).start();
        DualStream::new(Started {
            fed: Fed::new(items, Box::pin(started)),
        })
    }
}

/// Makes items while there is room and they are taken.
async fn pump<T, S: Source<Item = T>>(mut stream: DualStream<T, S>, items: Maker<T>, room: usize) {
    while poll_fn(|cx| items.poll_room(room, cx)).await.is_ok() {
        let Some(item) = StreamExt::next(&mut stream).await else {
            return;
        };
        if items.push(item, room).is_err() {
            return;
        }
    }
}

impl<T: Send + 'static> Supply for Started<T> {
    type Item = T;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<T>, C::Stop> {
        self.fed.next(caller)
    }

    fn is_ready(&self) -> bool {
        self.fed.has_items()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.fed.size_hint()
    }
}

supplies!({T: Send + 'static} Started<T> => T);

impl<T> fmt::Debug for Started<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").finish_non_exhaustive()
    }
}
