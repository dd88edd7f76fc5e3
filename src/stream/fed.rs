//! Items that come out of a queue which a job or a task feeds.

use std::future::Future;
use std::mem;
use std::panic;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use crate::stream::caller::Caller;
use crate::stream::queue::Taker;

/// The end of a queue, and the job or task that feeds it. A drop closes the queue before it cancels that.
pub(crate) struct Fed<T, W> {
    items: Taker<T>,
    /// `None` once it has ended.
    feeder: Option<W>,
    /// What it has ended with, until all items were taken.
    ended: thread::Result<()>,
}

impl<T, W: Future<Output = thread::Result<()>> + Unpin> Fed<T, W> {
    pub(crate) fn new(items: Taker<T>, feeder: W) -> Self {
        Fed {
            items,
            feeder: Some(feeder),
            ended: Ok(()),
        }
    }

    /// Takes the next item. What was taken out of the queue before needs no poll, and so no driver.
    #[inline]
    pub(crate) fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<T>, C::Stop> {
        match self.items.pop_taken() {
            None => caller.poll(|cx| self.poll_item(cx)),
            item => Ok(item),
        }
    }

    pub(crate) fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        loop {
            if let Some(item) = self.items.pop() {
                return Poll::Ready(Some(item));
            }
            let Some(feeder) = &mut self.feeder else {
                return match mem::replace(&mut self.ended, Ok(())) {
                    Ok(()) => Poll::Ready(None),
                    Err(payload) => panic::resume_unwind(payload),
                };
            };
            if self.items.poll_items(cx).is_ready() {
                continue;
            }
            match Pin::new(feeder).poll(cx) {
                Poll::Ready(ended) => {
                    // What was handed out before the end is taken first.
                    self.feeder = None;
                    self.ended = ended;
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Returns whether there is an item.
    pub(crate) fn has_items(&self) -> bool {
        self.items.has_items()
    }

    /// Returns how many items there are at least, and at most.
    pub(crate) fn size_hint(&self) -> (usize, Option<usize>) {
        let there = self.items.len();
        (there, self.feeder.is_none().then_some(there))
    }
}
