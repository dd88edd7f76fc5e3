//! How async code hands out items: `Emit`, and the mouth that its items go through.
//!
//! A *mouth* is shared by a stream and the `Emit`s of its body. The body is polled by the stream; an `Emit` may also have been moved
//! to another task. The items have numbers, in the order in which they were emitted:
//!
//! | | is | changed by |
//! |---|---|---|
//! | `items` | what was emitted and not taken yet | an emitter adds one, the stream takes one, under the lock |
//! | `pushed` | the number of the next item that is emitted | an emitter, with `items` |
//! | `taken` | the number of the next item that is taken | the stream, under the lock. It is read without one |
//! | `waiting` | the wakers of emitters whose items are not taken yet | an emitter adds its own, the stream takes those of taken items, under the lock |
//! | `taker` | the waker of the stream that waits for an item | the stream leaves it, an emitter takes it, under the lock |
//! | `is_closed` | nothing can be emitted any more | the stream, when its body has ended, and when it is dropped |
//!
//! An emitter is done once `taken` is greater than its number. The stream polls its body again after each item, so an emitter that
//! is polled by the body, under the waker of the stream, needs no waker: `POLLING` tells it so. Every other emitter leaves a
//! waker: one that is polled by another task, and one that is polled in the body under another waker, as in a `FuturesUnordered`.
//! `taken` is stored with `Release` and read with `Acquire`: what the caller has done with an item is seen by the body that goes on.
//!
//! The stream leaves its waker for emitters of other tasks, unless something in the body has asked the driver where to run: then it
//! is polled again at once, and the driver shall find that nobody holds its waker.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use smartcall_context::internal::scoped;

use crate::sync::{Arc, AtomicUsize, Mutex, MutexGuard, Ordering, ignore_poison};

/// So many items of an `emit_all` are made at once.
const BATCH: usize = 32;

thread_local! {
    /// The stream whose body this thread polls, and under which waker.
    static POLLING: Cell<Polling> = const { Cell::new(Polling::NOTHING) };
}

/// A mouth and a waker, by their addresses. They are compared, and never followed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Polling {
    mouth: usize,
    waker: (usize, usize),
}

impl Polling {
    const NOTHING: Polling = Polling {
        mouth: 0,
        waker: (0, 0),
    };

    #[inline]
    fn of<T>(mouth: &Arc<Mouth<T>>, waker: &Waker) -> Self {
        let vtable: *const _ = waker.vtable();
        Polling {
            mouth: Arc::as_ptr(mouth).addr(),
            waker: (waker.data().addr(), vtable.addr()),
        }
    }
}

/// Takes the wakers of those whose items were taken.
fn take_done(waiting: &mut Vec<(usize, Waker)>, next: usize) -> Vec<Waker> {
    let mut done = Vec::new();
    let mut at = 0;
    while let Some((number, _)) = waiting.get(at) {
        if is_before(*number, next) {
            done.push(waiting.swap_remove(at).1);
        } else {
            at += 1;
        }
    }
    done
}

/// What a stream and the emitters of its body share.
pub(crate) struct Mouth<T> {
    state: Mutex<State<T>>,
    taken: AtomicUsize,
}

struct State<T> {
    items: VecDeque<T>,
    pushed: usize,
    waiting: Vec<(usize, Waker)>,
    taker: Option<Waker>,
    is_closed: bool,
}

/// Returns whether the item of this number is before the next one. Numbers may wrap around.
fn is_before(number: usize, next: usize) -> bool {
    number != next && next.wrapping_sub(number) <= usize::MAX / 2
}

impl<T> Mouth<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Mouth {
            state: Mutex::new(State {
                items: VecDeque::new(),
                pushed: 0,
                waiting: Vec::new(),
                taker: None,
                is_closed: false,
            }),
            taken: AtomicUsize::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        ignore_poison(self.state.lock())
    }

    /// Polls the body of the stream.
    #[inline]
    pub(crate) fn poll_body<F: Future>(
        self: &Arc<Self>,
        body: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let polling = Polling::of(self, cx.waker());
        scoped::with(&POLLING, polling, || body.poll(cx))
    }

    /// Takes an item. Returns how many there are behind it.
    pub(crate) fn take(&self) -> Option<(T, usize)> {
        let mut state = self.lock();
        let item = state.items.pop_front()?;
        let behind = state.items.len();
        let next = self.taken.load(Ordering::Relaxed).wrapping_add(1);
        self.taken.store(next, Ordering::Release);
        let done = take_done(&mut state.waiting, next);
        drop(state);
        for waker in done {
            waker.wake();
        }
        Some((item, behind))
    }

    /// Leaves the waker of the stream, unless there is an item.
    pub(crate) fn poll_items(&self, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut state = self.lock();
        if !state.items.is_empty() {
            return Poll::Ready(());
        }
        let previous = state.taker.replace(waker);
        drop(state);
        drop(previous);
        Poll::Pending
    }

    /// Takes the waker of the stream back.
    pub(crate) fn forget_taker(&self) {
        let taker = self.lock().taker.take();
        drop(taker);
    }

    /// Lets nothing be emitted any more. What was emitted before can still be taken.
    pub(crate) fn end(&self) {
        self.lock().is_closed = true;
    }

    /// Lets nothing be emitted or taken any more.
    pub(crate) fn close(&self) {
        let (items, waiting, taker) = {
            let mut state = self.lock();
            state.is_closed = true;
            (
                mem::take(&mut state.items),
                mem::take(&mut state.waiting),
                state.taker.take(),
            )
        };
        for (_, waker) in waiting {
            waker.wake();
        }
        drop((items, taker));
    }

    /// Emits items. Returns the number of the last one, or `None` if nobody takes them.
    fn push(self: &Arc<Self>, items: &mut Batch<T>, cx: &Context<'_>) -> Option<usize> {
        let left = self.waker_to_leave(cx);
        let mut state = self.lock();
        if state.is_closed {
            return None;
        }
        let mut taker = None;
        match items {
            Batch::One(item) => {
                state.pushed = state.pushed.wrapping_add(usize::from(item.is_some()));
                state.items.extend(item.take());
            }
            Batch::Many(items) => {
                state.pushed = state.pushed.wrapping_add(items.len());
                state.items.append(items);
            }
        }
        let number = state.pushed.wrapping_sub(1);
        if let Some(waker) = left {
            state.waiting.push((number, waker));
            taker = state.taker.take();
        }
        drop(state);
        if let Some(waker) = taker {
            waker.wake();
        }
        Some(number)
    }

    /// Waits until the item of a number was taken.
    fn poll_taken(self: &Arc<Self>, number: usize, cx: &Context<'_>) -> Poll<Emitted> {
        if is_before(number, self.taken.load(Ordering::Acquire)) {
            return Poll::Ready(Emitted::Taken);
        }
        let Some(waker) = self.waker_to_leave(cx) else {
            return Poll::Pending;
        };
        let mut state = self.lock();
        if is_before(number, self.taken.load(Ordering::Acquire)) {
            return Poll::Ready(Emitted::Taken);
        }
        if state.is_closed && state.items.is_empty() {
            return Poll::Ready(Emitted::Closed);
        }
        let mut waiting = state.waiting.iter_mut();
        let previous = match waiting.find(|(at, _)| *at == number) {
            Some((_, previous)) => Some(mem::replace(previous, waker)),
            None => {
                state.waiting.push((number, waker));
                None
            }
        };
        drop(state);
        drop(previous);
        Poll::Pending
    }

    /// Returns the waker that an emitter has to leave, if it is not polled again without one.
    #[inline]
    fn waker_to_leave(self: &Arc<Self>, cx: &Context<'_>) -> Option<Waker> {
        let is_polled_by_stream = POLLING.get() == Polling::of(self, cx.waker());
        (!is_polled_by_stream).then(|| cx.waker().clone())
    }
}

/// What is emitted at once.
enum Batch<T> {
    One(Option<T>),
    Many(VecDeque<T>),
}

/// Hands out the items of a stream that is made by [`DualStream::generate`](crate::DualStream::generate).
///
/// Clones hand out items of the same stream, from another part of the body or from another task. Their items come in the order in
/// which they were emitted.
///
/// # Examples
///
/// ```
/// use smartcall::{DualStream, Emit};
///
/// let numbers = DualStream::generate(async |mut out: Emit<u32>| {
///     out.emit(1).await;
///     out.emit_all([2, 3]).await;
/// });
/// assert!(numbers.into_iter().eq([1, 2, 3]));
/// ```
pub struct Emit<T> {
    mouth: Arc<Mouth<T>>,
}

impl<T> Emit<T> {
    pub(crate) fn new(mouth: Arc<Mouth<T>>) -> Self {
        Emit { mouth }
    }

    /// Hands out an item, and waits until it was taken.
    ///
    /// It resolves to [`Emitted::Closed`] if nobody takes items any more, because the stream was dropped or its body has ended. In
    /// the body itself this does not happen: the body is dropped with the stream.
    ///
    /// # Cancel safety
    ///
    /// An item is handed out at the first poll. Dropping the future after that loses nothing: the item is taken in its turn.
    ///
    /// # Examples
    ///
    /// See [`Emit`].
    #[inline]
    pub fn emit(&mut self, item: T) -> Emitting<'_, T> {
        Emitting {
            mouth: &self.mouth,
            items: Batch::One(Some(item)),
            number: None,
        }
    }

    /// Hands out items, and waits until they were taken.
    ///
    /// It takes some items at a time from the iterator, in the poll, so the iterator must not block.
    ///
    /// # Cancel safety
    ///
    /// See [`emit`](Emit::emit). What was not taken from the iterator is dropped with the future.
    ///
    /// # Examples
    ///
    /// See [`Emit`].
    #[inline]
    pub fn emit_all<I: IntoIterator<Item = T>>(
        &mut self,
        items: I,
    ) -> EmittingAll<'_, I::IntoIter> {
        EmittingAll {
            items: items.into_iter(),
            batch: Emitting {
                mouth: &self.mouth,
                items: Batch::Many(VecDeque::new()),
                number: None,
            },
        }
    }
}

impl<T> Clone for Emit<T> {
    fn clone(&self) -> Self {
        Emit::new(Arc::clone(&self.mouth))
    }
}

impl<T> fmt::Debug for Emit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emit").finish_non_exhaustive()
    }
}

/// What became of an item that was emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emitted {
    /// It was taken.
    Taken,
    /// Nobody takes items any more: the stream was dropped, or its body has ended.
    Closed,
}

impl Emitted {
    /// Returns whether nobody takes items any more.
    pub fn is_closed(self) -> bool {
        self == Emitted::Closed
    }
}

/// The future of [`Emit::emit`].
#[must_use = "nothing is handed out unless it is awaited"]
pub struct Emitting<'a, T> {
    mouth: &'a Arc<Mouth<T>>,
    items: Batch<T>,
    /// The number of the last item, once they were handed out.
    number: Option<usize>,
}

/// No item is pinned in place.
impl<T> Unpin for Emitting<'_, T> {}

impl<T> Future for Emitting<'_, T> {
    type Output = Emitted;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Emitted> {
        let this = &mut *self;
        if let Some(number) = this.number {
            return this.mouth.poll_taken(number, cx);
        }
        this.number = this.mouth.push(&mut this.items, cx);
        match this.number {
            Some(_) => Poll::Pending,
            None => Poll::Ready(Emitted::Closed),
        }
    }
}

impl<T> fmt::Debug for Emitting<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emitting").finish_non_exhaustive()
    }
}

/// The future of [`Emit::emit_all`].
#[must_use = "nothing is handed out unless it is awaited"]
pub struct EmittingAll<'a, I: Iterator> {
    items: I,
    batch: Emitting<'a, I::Item>,
}

/// Nothing in it is pinned in place.
impl<I: Iterator> Unpin for EmittingAll<'_, I> {}

impl<I: Iterator> Future for EmittingAll<'_, I> {
    type Output = Emitted;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Emitted> {
        let this = &mut *self;
        loop {
            if this.batch.number.is_none() {
                if let Batch::Many(batch) = &mut this.batch.items {
                    batch.extend(this.items.by_ref().take(BATCH));
                    if batch.is_empty() {
                        return Poll::Ready(Emitted::Taken);
                    }
                }
            }
            match Pin::new(&mut this.batch).poll(cx) {
                Poll::Ready(Emitted::Taken) => this.batch.number = None,
                poll => return poll,
            }
        }
    }
}

impl<I: Iterator> fmt::Debug for EmittingAll<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmittingAll").finish_non_exhaustive()
    }
}
