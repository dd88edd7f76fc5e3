//! How async code hands out items: `Emit`, and the mouth that its items go through.
//!
//! A *mouth* is shared by a stream and the `Emit`s of its body. The body is polled by the stream; an `Emit` may also have been moved
//! to another task. The stream polls its body again after each item, so an emitter that is polled by the body, under the waker of
//! the stream, needs no waker: `POLLING` tells it so. Every other emitter leaves a waker: one that is polled by another task, and
//! one that is polled in the body under another waker, as in a `FuturesUnordered`.
//!
//! # The slot
//!
//! Most bodies emit one item, and emit the next one when they are polled again. So there is a slot for one item, which needs no lock
//! (`slot.rs`). An emitter puts its item there if it is polled by the stream itself, is not a clone, and the slot and the queue are
//! empty. The stream takes it as soon as that poll of its body has ended, before it looks into the queue: the item in the slot is the
//! oldest. The emitter is done once the slot is empty.
//!
//! An emitter that has filled the slot may be polled elsewhere before that poll of the body has ended. It wakes itself, and so is
//! polled again, until the item was taken.
//!
//! # The queue
//!
//! All others share a queue. An emission is one item, or some items of an `emit_all`. They have numbers, in their order:
//!
//! | | is | changed by |
//! |---|---|---|
//! | `emissions` | what was emitted and not taken yet | an emitter adds one, the stream takes one, under the lock |
//! | `queued` | the number of items in `emissions` | whoever changes `emissions`, under the lock. It is read without one |
//! | `pushed` | the number of the next emission | an emitter, with `emissions` |
//! | `taken` | the number of the first emission of which not all items were taken | the stream, under the lock. It is read without one |
//! | `waiting` | the wakers of emitters whose items are not taken yet | an emitter adds its own, the stream takes those of taken items, under the lock |
//! | `taker` | the waker of the stream that waits for an item | the stream leaves it, an emitter takes it, under the lock |
//! | `is_closed` | nothing can be emitted any more | the stream, when its body has ended, and when it is dropped |
//! | `is_over` | nothing is taken any more | the stream, when it is dropped |
//!
//! The stream takes an emission out, and hands its items over one by one, without the lock but for the last one. An emitter is done
//! once `taken` is greater than its number. `taken` is stored with `Release` and read with `Acquire`: what the caller has done with
//! an item is seen by the body that goes on.
//!
//! # Waiting for an item
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

use crate::stream::slot::{Emptier, Filler};
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
    queued: AtomicUsize,
    taken: AtomicUsize,
}

struct State<T> {
    emissions: VecDeque<Emission<T>>,
    pushed: usize,
    waiting: Vec<(usize, Waker)>,
    taker: Option<Waker>,
    is_closed: bool,
    is_over: bool,
}

/// What is emitted at once.
enum Emission<T> {
    /// `None` once it was handed out.
    One(Option<T>),
    Many(VecDeque<T>),
}

impl<T> Emission<T> {
    fn len(&self) -> usize {
        match self {
            Emission::One(item) => usize::from(item.is_some()),
            Emission::Many(items) => items.len(),
        }
    }
}

/// What the stream takes items from.
pub(crate) struct Taking<T> {
    slot: Emptier<T>,
    /// What is left of the emission that was taken out of the queue.
    rest: VecDeque<T>,
}

impl<T> Taking<T> {
    pub(crate) fn new(slot: Emptier<T>) -> Self {
        Taking {
            slot,
            rest: VecDeque::new(),
        }
    }
}

/// Returns whether the item of this number is before the next one. Numbers may wrap around.
fn is_before(number: usize, next: usize) -> bool {
    number != next && next.wrapping_sub(number) <= usize::MAX / 2
}

impl<T> Mouth<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Mouth {
            state: Mutex::new(State {
                emissions: VecDeque::new(),
                pushed: 0,
                waiting: Vec::new(),
                taker: None,
                is_closed: false,
                is_over: false,
            }),
            queued: AtomicUsize::new(0),
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
    #[inline]
    pub(crate) fn take(&self, taking: &mut Taking<T>) -> Option<(T, usize)> {
        if let Some(item) = taking.slot.take() {
            return Some((item, self.queued.load(Ordering::Relaxed)));
        }
        match taking.rest.len() {
            0 if self.queued.load(Ordering::Relaxed) == 0 => None,
            0 | 1 => self.take_queued(taking),
            left => {
                let item = taking.rest.pop_front()?;
                Some((item, left - 1 + self.queued.load(Ordering::Relaxed)))
            }
        }
    }

    #[inline(never)]
    fn take_queued(&self, taking: &mut Taking<T>) -> Option<(T, usize)> {
        let mut state = self.lock();
        let mut queued = self.queued.load(Ordering::Relaxed);
        if taking.rest.is_empty() {
            match state.emissions.pop_front()? {
                Emission::One(item) => taking.rest.extend(item),
                Emission::Many(items) => taking.rest = items,
            }
            queued -= taking.rest.len();
            self.queued.store(queued, Ordering::Relaxed);
        }
        let item = taking.rest.pop_front()?;
        let left = taking.rest.len();
        let mut done = Vec::new();
        if left == 0 {
            let next = self.taken.load(Ordering::Relaxed).wrapping_add(1);
            self.taken.store(next, Ordering::Release);
            done = take_done(&mut state.waiting, next);
        }
        drop(state);
        for waker in done {
            waker.wake();
        }
        Some((item, left + queued))
    }

    /// Leaves the waker of the stream, unless there is an item.
    pub(crate) fn poll_items(&self, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut state = self.lock();
        if !state.emissions.is_empty() {
            return Poll::Ready(());
        }
        let previous = state.taker.replace(waker);
        drop(state);
        drop(previous);
        Poll::Pending
    }

    /// Takes the waker of the stream back.
    #[inline(never)]
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
        let (emissions, waiting, taker) = {
            let mut state = self.lock();
            state.is_closed = true;
            state.is_over = true;
            (
                mem::take(&mut state.emissions),
                mem::take(&mut state.waiting),
                state.taker.take(),
            )
        };
        for (_, waker) in waiting {
            waker.wake();
        }
        drop((emissions, taker));
    }

    /// Emits items. Returns their number, or `None` if nobody takes them.
    fn push(&self, emission: &mut Emission<T>, left: Option<Waker>) -> Option<usize> {
        let mut state = self.lock();
        if state.is_closed {
            return None;
        }
        let emission = mem::replace(emission, Emission::One(None));
        let queued = self.queued.load(Ordering::Relaxed) + emission.len();
        self.queued.store(queued, Ordering::Relaxed);
        state.emissions.push_back(emission);
        let number = state.pushed;
        state.pushed = number.wrapping_add(1);
        let mut taker = None;
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

    /// Waits until the stream takes what is in the slot, which it does as soon as it has polled its body.
    #[cold]
    fn poll_slot(self: &Arc<Self>, cx: &Context<'_>) -> Poll<Emitted> {
        if !self.is_polled_by_stream(cx) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Waits until the item of a number was taken.
    #[inline(never)]
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
        if state.is_over {
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

    /// Returns whether the stream itself polls an emitter, and will do so again.
    #[inline]
    fn is_polled_by_stream(self: &Arc<Self>, cx: &Context<'_>) -> bool {
        POLLING.get() == Polling::of(self, cx.waker())
    }

    /// Returns the waker that an emitter has to leave, if it is not polled again without one.
    fn waker_to_leave(self: &Arc<Self>, cx: &Context<'_>) -> Option<Waker> {
        (!self.is_polled_by_stream(cx)).then(|| cx.waker().clone())
    }
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
    /// `None` in a clone.
    slot: Option<Filler<T>>,
}

impl<T> Emit<T> {
    pub(crate) fn new(mouth: Arc<Mouth<T>>, slot: Filler<T>) -> Self {
        Emit {
            mouth,
            slot: Some(slot),
        }
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
            slot: self.slot.as_mut(),
            emission: Emission::One(Some(item)),
            at: At::Here,
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
                slot: None,
                emission: Emission::One(None),
                at: At::Here,
            },
        }
    }
}

impl<T> Clone for Emit<T> {
    fn clone(&self) -> Self {
        Emit {
            mouth: Arc::clone(&self.mouth),
            slot: None,
        }
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
    slot: Option<&'a mut Filler<T>>,
    emission: Emission<T>,
    at: At,
}

/// Where what is emitted was put.
#[derive(Clone, Copy)]
enum At {
    /// It is still here.
    Here,
    Slot,
    /// It is in the queue, and has this number.
    Queue(usize),
}

/// No item is pinned in place.
impl<T> Unpin for Emitting<'_, T> {}

impl<T> Emitting<'_, T> {
    /// Hands the items out.
    #[inline]
    fn push(&mut self, cx: &Context<'_>) -> Poll<Emitted> {
        if self.slot.is_some() && self.mouth.is_polled_by_stream(cx) && self.fill_slot() {
            self.at = At::Slot;
            return Poll::Pending;
        }
        self.push_into_queue(cx)
    }

    #[inline(never)]
    fn push_into_queue(&mut self, cx: &Context<'_>) -> Poll<Emitted> {
        let left = self.mouth.waker_to_leave(cx);
        match self.mouth.push(&mut self.emission, left) {
            Some(number) => {
                self.at = At::Queue(number);
                Poll::Pending
            }
            None => Poll::Ready(Emitted::Closed),
        }
    }

    /// Puts an item into the slot, if nothing was emitted before it that is not taken yet.
    #[inline]
    fn fill_slot(&mut self) -> bool {
        let (Some(slot), Emission::One(item)) = (&mut self.slot, &mut self.emission) else {
            return false;
        };
        if self.mouth.queued.load(Ordering::Relaxed) > 0 {
            return false;
        }
        match item.take().map(|item| slot.fill(item)) {
            Some(Err(back)) => {
                *item = Some(back);
                false
            }
            Some(Ok(())) | None => true,
        }
    }
}

impl<T> Future for Emitting<'_, T> {
    type Output = Emitted;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Emitted> {
        let this = &mut *self;
        match this.at {
            At::Here => this.push(cx),
            At::Slot if this.slot.as_mut().is_some_and(|slot| slot.is_full()) => {
                this.mouth.poll_slot(cx)
            }
            At::Slot => Poll::Ready(Emitted::Taken),
            At::Queue(number) => this.mouth.poll_taken(number, cx),
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
            if let At::Here = this.batch.at {
                let batch: VecDeque<_> = this.items.by_ref().take(BATCH).collect();
                if batch.is_empty() {
                    return Poll::Ready(Emitted::Taken);
                }
                this.batch.emission = Emission::Many(batch);
            }
            match Pin::new(&mut this.batch).poll(cx) {
                Poll::Ready(Emitted::Taken) => this.batch.at = At::Here,
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
