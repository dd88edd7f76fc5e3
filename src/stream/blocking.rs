//! An iterator that may block, and its read-ahead on a pool.
//!
//! # Where the iterator is
//!
//! | `at` | the iterator | who changes it, and to what |
//! |---|---|---|
//! | `Here` | in the handle, and was never awaited | a sync caller calls it here. The first poll: `Away` |
//! | `Away`, no fill | in the handle again | a sync caller calls it here. A poll that finds no item begins a fill |
//! | `Away`, a fill | with a job, or with the driver that the fill has asked where to run | a poll or a sync caller takes it back when the fill has ended |
//! | `Ended` | dropped, after its last item or a panic | nobody |
//!
//! A *fill* is blocking code like any other, so it is placed, cancelled and joined as such. On a pool it makes items until there is
//! no more room, and then returns the iterator: a stream whose items nobody takes occupies no thread. Where it runs on the thread
//! of its caller, it makes one item.
//!
//! # Room
//!
//! A stream begins with room for a few items. The room doubles when the caller had to wait for an item and the fill was stopped by
//! the room, up to half of what may be ahead: the caller has the other half.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::panic::{self, AssertUnwindSafe, Location};
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use futures_util::Stream;
use smartcall_context::internal as context;

use crate::drive::driver::{self, NothingWakes};
use crate::drive::job::OnDrop;
use crate::offload::code::Code;
use crate::offload::pool::Pool;
use crate::offload::spawn_blocking::{quietly, spawn_blocking};
use crate::offload::{on_drop, select};
use crate::stream::handle::DualStream;
use crate::stream::queue::{self, Maker, Taker};
use crate::stream::source::{Source, blocks_next};
use crate::waits::edges::Line;
use crate::work::blocking::Blocking as Job;
use crate::work::traits::Work;

/// How many items are made ahead at most, unless `ahead` says so.
const AHEAD: usize = 1024;

/// The room at the beginning.
const FIRST_ROOM: usize = 8;

/// An iterator that may block.
///
/// Made by [`DualStream::blocking`](crate::DualStream::blocking). If it is dropped while a pool's thread makes an item, that code
/// is told ([`is_cancelled`](crate::offload::is_cancelled)) and stops after the item. An iterator that has run on a pool is dropped
/// on the pool.
#[must_use = "nothing runs until items are taken"]
pub struct Blocking<I: Iterator<Item: Send> + Send + 'static> {
    at: At<I>,
    /// How many items may be made before the next one is taken.
    ahead: usize,
    made_at: Line,
}

enum At<I: Iterator<Item: Send> + Send + 'static> {
    Here(I),
    Away(Box<Away<I>>),
    Ended,
}

/// Nothing in it is pinned in place.
impl<I: Iterator<Item: Send> + Send + 'static> Unpin for Blocking<I> {}

impl<I> DualStream<I::Item, Blocking<I>>
where
    I: Iterator<Item: Send> + Send + 'static,
{
    /// Creates a stream of an iterator that may block.
    ///
    /// Sync callers call the iterator on their thread. For async callers it runs on a pool, which makes up to 1,024 items ahead
    /// (see [`ahead`](DualStream::ahead)), so that not each item costs a change of threads. An item is handed over as soon as it is
    /// made, also while the next one blocks. While as many are ahead as may be, no thread is occupied.
    ///
    /// Only the iterator is called there. What makes it, such as opening a file, is called where this is: see
    /// [`flatten`](DualStream::flatten).
    ///
    /// # Cancel safety
    ///
    /// Dropping the stream does not wait. Code that is making an item is [told](crate::offload::is_cancelled), and stops after it.
    /// Then the iterator is dropped on the pool.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{BufRead, BufReader};
    /// use smartcall::DualStream;
    ///
    /// let file = &b"one\ntwo\n"[..];
    /// let lines = DualStream::blocking(BufReader::new(file).lines());
    /// assert!(lines.into_iter().map(Result::unwrap).eq(["one", "two"]));
    /// ```
    #[inline]
    #[track_caller]
    pub fn blocking(items: impl IntoIterator<Item = I::Item, IntoIter = I>) -> Self {
        DualStream::new(Blocking {
            at: At::Here(items.into_iter()),
            ahead: AHEAD,
            made_at: Location::caller(),
        })
    }

    /// Sets how many items are made at most before the next one is taken, while the stream is awaited.
    ///
    /// A sync caller's `for` makes no item ahead. Use `ahead(1)` for an iterator with side effects, such as a queue that
    /// acknowledges what it hands out. A larger number costs memory and saves changes of threads.
    ///
    /// # Panics
    ///
    /// Panics if the number is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// # pollster::block_on(async {
    /// let mut stream = DualStream::blocking(0..10).ahead(2);
    /// assert_eq!(stream.next().await, Some(0));
    /// # });
    /// ```
    #[track_caller]
    pub fn ahead(self, items: usize) -> Self {
        assert_ahead(items);
        self.map_source(|source| Blocking {
            ahead: items,
            ..source
        })
    }
}

/// Panics at the caller's line if nothing can be made ahead.
#[track_caller]
pub(crate) fn assert_ahead(items: usize) {
    assert!(
        items > 0,
        "a stream can't be 0 items ahead: an item is made before it is taken. Use 1 for as few as possible."
    );
}

impl<I> Stream for Blocking<I>
where
    I: Iterator<Item: Send> + Send + 'static,
{
    type Item = I::Item;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<I::Item>> {
        match self.away() {
            Some(away) => match away.poll_next(cx) {
                Poll::Ready(None) => {
                    self.at = At::Ended;
                    Poll::Ready(None)
                }
                poll => poll,
            },
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.at {
            At::Here(iter) => iter.size_hint(),
            At::Away(away) => away.size_hint(),
            At::Ended => (0, Some(0)),
        }
    }
}

impl<I> Source for Blocking<I>
where
    I: Iterator<Item: Send> + Send + 'static,
{
    blocks_next!();

    #[inline]
    fn block_next_at(&mut self, line: Line) -> Result<Option<I::Item>, NothingWakes> {
        let item = match &mut self.at {
            At::Here(iter) if !select::sends_away() => select::run_here(|| iter.next()),
            At::Ended => None,
            _ => match self.away() {
                Some(away) => away.block_next_at(line)?,
                None => None,
            },
        };
        if item.is_none() {
            self.at = At::Ended;
        }
        Ok(item)
    }

    /// On a thread for blocking code, the iterator may be called in any case.
    #[inline]
    fn is_immediate(&self) -> bool {
        // Once it was awaited, it would depend on whether a job has ended.
        !matches!(self.at, At::Away(_)) && select::takes_code()
    }

    fn is_sync_code() -> bool {
        true
    }

    #[inline]
    fn is_ready(&self) -> bool {
        matches!(&self.at, At::Away(away) if away.items.has_items())
    }
}

impl<I> Blocking<I>
where
    I: Iterator<Item: Send> + Send + 'static,
{
    /// Returns what an async caller needs, unless the iterator has ended.
    #[inline]
    fn away(&mut self) -> Option<&mut Away<I>> {
        if let At::Here(_) = self.at {
            if let At::Here(iter) = mem::replace(&mut self.at, At::Ended) {
                self.at = At::Away(Box::new(Away::new(iter, self.ahead, self.made_at)));
            }
        }
        match &mut self.at {
            At::Away(away) => Some(away),
            At::Here(_) | At::Ended => None,
        }
    }
}

impl<I> fmt::Debug for Blocking<I>
where
    I: Iterator<Item: Send> + Send + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}

/// An iterator that was awaited.
struct Away<I: Iterator<Item: Send> + Send + 'static> {
    /// It comes first, so that a drop closes the queue before it cancels the job.
    items: Taker<I::Item>,
    /// The code that makes items, while it has the iterator.
    fill: Pin<Box<Option<Job<Fill<I>>>>>,
    /// The iterator, if no fill has it and it has not ended.
    iter: Option<Kept<I>>,
    panic: Option<Box<dyn Any + Send>>,
    /// Whether the queue may have items though no fill is on a pool: one has been there, and the queue was not found empty since.
    was_fed: bool,
    /// The room of the next fill, and the most that it may become.
    room: usize,
    most: usize,
    /// Whether the caller had to wait for an item since the last fill has begun.
    has_waited: bool,
    made_at: Line,
}

impl<I> Away<I>
where
    I: Iterator<Item: Send> + Send + 'static,
{
    fn new(iter: I, ahead: usize, made_at: Line) -> Self {
        let (maker, items) = queue::queue();
        let most = queue::room_for(ahead);
        Away {
            items,
            fill: Box::pin(None),
            iter: Some(Kept::new(iter, maker, made_at)),
            panic: None,
            was_fed: false,
            room: FIRST_ROOM.min(most),
            most,
            has_waited: false,
            made_at,
        }
    }

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<I::Item>> {
        if let Some(item) = self.items.pop_taken() {
            return Poll::Ready(Some(item));
        }
        self.poll_queue(cx)
    }

    #[inline(never)]
    fn poll_queue(&mut self, cx: &mut Context<'_>) -> Poll<Option<I::Item>> {
        loop {
            if let Some(item) = self.pop() {
                self.resume();
                return Poll::Ready(Some(item));
            }
            if self.fill.is_none() && !self.begin() {
                return self.end();
            }
            let Some(job) = self.fill.as_mut().as_pin_mut() else {
                return self.end();
            };
            if let Poll::Ready(filled) = job.poll(cx) {
                if let Some(item) = self.take_back(filled) {
                    return Poll::Ready(Some(item));
                }
                continue;
            }
            // What has asked its driver where to run is polled again at once, and nothing shall hold the driver's waker.
            if !self.is_sent() || self.items.poll_items(cx).is_pending() {
                self.has_waited = true;
                return Poll::Pending;
            }
        }
    }

    /// Takes an item out of the queue. Where all are made here, it takes no lock.
    #[inline]
    fn pop(&mut self) -> Option<I::Item> {
        if !self.was_fed && !self.is_sent() {
            return None;
        }
        let item = self.items.pop();
        if item.is_none() && self.fill.is_none() {
            self.was_fed = false;
        }
        item
    }

    /// Returns whether a fill is on a pool.
    #[inline]
    fn is_sent(&self) -> bool {
        self.fill
            .as_ref()
            .as_pin_ref()
            .is_some_and(|job| job.is_sent())
    }

    /// Begins the next fill as soon as the last one has ended, so that the pool makes items while the caller uses those that
    /// there are. Where code may run on this thread, that is decided when the next item is needed.
    fn resume(&mut self) {
        if select::may_run_here() {
            return;
        }
        let resume = || {
            let fill = self.fill.as_ref().as_pin_ref();
            if fill.is_some_and(|job| job.is_ready()) {
                self.poll_fill();
            }
            // The fill before this one may have added items after those were taken out that are there.
            if self.fill.is_none() && self.items.has_room(self.room) && self.begin() {
                self.poll_fill();
            }
        };
        // A pool that refuses the job does not take the item away that is handed over now.
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(resume)) {
            self.fill.set(None);
            self.was_fed = true;
            self.panic = Some(payload);
        }
    }

    /// Polls a fill while nobody waits for it. On a pool it makes no item that it returns.
    fn poll_fill(&mut self) {
        if let Some(job) = self.fill.as_mut().as_pin_mut() {
            if let Poll::Ready(filled) = job.poll(&mut Context::from_waker(Waker::noop())) {
                self.take_back(filled);
            }
        }
    }

    /// Makes the next fill. Returns `false` if there is no iterator.
    fn begin(&mut self) -> bool {
        let Some(iter) = self.iter.take() else {
            return false;
        };
        self.fill.set(Some(Job::made_at(
            self.made_at,
            Fill {
                iter: iter.with_scope(),
                room: self.room,
            },
        )));
        true
    }

    /// Takes the iterator back from a fill, and the item if the fill ran here.
    fn take_back(&mut self, filled: Filled<I>) -> Option<I::Item> {
        self.fill.set(None);
        self.was_fed = true;
        match filled {
            Filled::Stopped(iter) => {
                if mem::take(&mut self.has_waited) {
                    self.room = self.most.min(self.room * 2);
                }
                self.iter = Some(iter);
                None
            }
            Filled::Item(iter, item) => {
                self.has_waited = false;
                self.was_fed = false;
                self.iter = Some(iter);
                Some(item)
            }
            Filled::Panicked(payload) => {
                self.panic = Some(payload);
                None
            }
            Filled::Ended => None,
        }
    }

    /// Ends the stream: all items were taken.
    fn end(&mut self) -> Poll<Option<I::Item>> {
        match self.panic.take() {
            Some(payload) => panic::resume_unwind(payload),
            None => Poll::Ready(None),
        }
    }

    fn block_next_at(&mut self, line: Line) -> Result<Option<I::Item>, NothingWakes> {
        if let Some(item) = self.pop() {
            return Ok(Some(item));
        }
        if !select::sends_away() {
            if let Some(iter) = &mut self.iter {
                return Ok(select::run_here(|| iter.next()));
            }
        }
        driver::block_on(pin!(poll_fn(|cx| self.poll_next(cx))), line)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let there = self.items.len();
        match &self.iter {
            Some(iter) => {
                let (least, most) = iter.size_hint();
                let plus = |n: usize| n.checked_add(there);
                (least.saturating_add(there), most.and_then(plus))
            }
            None => (there, None),
        }
    }
}

/// The code that makes items.
struct Fill<I: Iterator<Item: Send> + Send + 'static> {
    iter: Kept<I>,
    room: usize,
}

/// What a fill ends with.
enum Filled<I: Iterator<Item: Send> + Send + 'static> {
    /// There is no more room.
    Stopped(Kept<I>),
    /// It ran here, and made this item.
    Item(Kept<I>, I::Item),
    /// The iterator has panicked.
    Panicked(Box<dyn Any + Send>),
    /// The iterator has ended, or nobody takes its items.
    Ended,
}

impl<I> Code for Fill<I>
where
    I: Iterator<Item: Send> + Send + 'static,
{
    type Output = Filled<I>;

    fn run(mut self) -> Filled<I> {
        self.iter.has_run = true;
        loop {
            // It was made before: a panic comes to the caller after the items that are in the queue.
            let next = panic::catch_unwind(AssertUnwindSafe(|| self.iter.next()));
            match next {
                Ok(Some(item)) => match self.iter.maker.push(item, self.room) {
                    Ok(true) => {}
                    Ok(false) => return Filled::Stopped(self.iter),
                    Err(item) => {
                        drop(item);
                        break;
                    }
                },
                Ok(None) => break,
                Err(payload) => {
                    quietly(|| self.iter.drop_here());
                    return Filled::Panicked(payload);
                }
            }
        }
        // So does a panic of its destructor.
        match panic::catch_unwind(AssertUnwindSafe(|| self.iter.drop_here())) {
            Ok(()) => Filled::Ended,
            Err(payload) => Filled::Panicked(payload),
        }
    }

    fn run_here(mut self) -> Filled<I> {
        match self.iter.next() {
            Some(item) => Filled::Item(self.iter, item),
            None => {
                self.iter.drop_here();
                Filled::Ended
            }
        }
    }
}

/// An iterator that was awaited. If it has run on a pool, it is dropped there, since its destructor may block: that of a cursor may
/// talk to a server.
struct Kept<I: Iterator<Item: Send> + Send + 'static> {
    /// `None` once it was dropped.
    iter: Option<Box<I>>,
    /// Where its items go to. It goes with the iterator, since a clone for each fill would cost more than an item that is made here.
    maker: Maker<I::Item>,
    has_run: bool,
    /// What the drop of the handle does.
    on_drop: OnDrop,
    /// The pool of the handle, if it was bound to one. It is not kept alive here: it shall not be dropped by one of its own jobs.
    pool: Option<Weak<dyn Pool>>,
    made_at: Line,
}

impl<I> Kept<I>
where
    I: Iterator<Item: Send> + Send + 'static,
{
    fn new(iter: I, maker: Maker<I::Item>, made_at: Line) -> Self {
        Kept {
            iter: Some(Box::new(iter)),
            maker,
            has_run: false,
            on_drop: OnDrop::TELLS,
            pool: None,
            made_at,
        }
    }

    /// Notes what the handle does that this thread is resolving, and its pool.
    fn with_scope(mut self) -> Self {
        self.on_drop = on_drop::current();
        self.pool = select::bound().map(|pool| Arc::downgrade(&pool));
        self
    }

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        self.iter.as_mut()?.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.iter {
            Some(iter) => iter.size_hint(),
            None => (0, Some(0)),
        }
    }

    fn drop_here(mut self) {
        drop(self.iter.take());
    }
}

impl<I> Drop for Kept<I>
where
    I: Iterator<Item: Send> + Send + 'static,
{
    fn drop(&mut self) {
        let Some(iter) = self.iter.take().filter(|_| self.has_run) else {
            return;
        };
        if self.on_drop.joins {
            return context::run_borrowing(|| drop(iter));
        }
        // A pool that refuses it drops it here.
        let send = || quietly(|| spawn_blocking(|| drop(iter), self.made_at).detach());
        match self.pool.take().and_then(|pool| pool.upgrade()) {
            Some(pool) => select::with_pool(&pool, send),
            None => send(),
        };
    }
}
