//! Scenarios of a queue and of a mouth, explored for each order in which the threads can run, and each value that they may read.
//!
//! The thread of the model takes the items. It waits until something wakes it, so a lost wake-up is a deadlock.

use std::future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool as Flag, AtomicUsize as Count};
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::atomic::AtomicUsize as Data;
use loom::thread::{JoinHandle, spawn};
use smartcall_models::loom_explore::{Held, explore, join, wait_for};

use crate::stream::caller::{Polls, Supply};
use crate::stream::emit::{Emit, Emitted};
use crate::stream::fed::Fed;
use crate::stream::generate::Generate;
use crate::stream::handle::DualStream;
use crate::stream::queue::{self, IsClosed, Maker};
use crate::sync::{self, Mutex, MutexGuard, Ordering};

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    wait_for(|cx| future.as_mut().poll(cx))
}

/// Polls once, under a waker that wakes nothing.
fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Something that happens once, and that a future waits for: the end of a job, or a message.
#[derive(Clone)]
struct Event(Arc<Mutex<State>>);

struct State {
    has_happened: bool,
    waker: Option<Waker>,
}

impl Event {
    fn new() -> Self {
        Event(Arc::new(Mutex::new(State {
            has_happened: false,
            waker: None,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::ignore_poison(self.0.lock())
    }

    fn happen(&self) {
        let mut state = self.lock();
        state.has_happened = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.has_happened {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    async fn wait(&self) {
        future::poll_fn(|cx| self.poll(cx)).await;
    }
}

/// What a queue is fed by.
struct Feeder(Event);

impl Future for Feeder {
    type Output = std::thread::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map(Ok)
    }
}

/// When a maker waits for room.
#[derive(Clone, Copy, PartialEq)]
enum Waits {
    /// After an item, as the `Out` of `produce`.
    After,
    /// Before an item, as a started stream.
    Before,
}

/// An item of a queue. The model counts those that there are.
struct Item {
    number: usize,
    _counted: Arc<()>,
}

/// What takes items that a maker makes.
type Items = Held<Fed<Item, Feeder>>;

/// What a maker does, on a thread of its own.
#[derive(Clone)]
struct Making {
    waits: Waits,
    room: usize,
    /// It makes at most so many items.
    most: usize,
    /// So many may be made and not handed over.
    ahead: usize,
    items: Arc<()>,
    /// How many items were handed over.
    handed_over: Arc<Count>,
}

impl Making {
    fn new(waits: Waits, room: usize, most: usize) -> Self {
        Making {
            waits,
            room,
            most,
            // As many as there is room for are in the queue, and as many the taker may have.
            ahead: 2 * room,
            items: Arc::new(()),
            handed_over: Arc::new(Count::new(0)),
        }
    }

    fn item(&self, number: usize) -> Item {
        let ahead = number + 1 - self.handed_over.load(Ordering::Relaxed);
        assert!(ahead <= self.ahead, "made too many ahead");
        Item {
            number,
            _counted: Arc::clone(&self.items),
        }
    }

    fn run(&self, maker: &Maker<Item>) -> Result<(), IsClosed> {
        let wait = || wait_for(|cx| maker.poll_room(self.room, cx));
        for number in 0..self.most {
            if self.waits == Waits::Before {
                wait()?;
            }
            match maker.push(self.item(number), self.room) {
                Ok(has_room) => {
                    if self.waits == Waits::After && !has_room {
                        wait()?;
                    }
                }
                Err(item) => {
                    assert_eq!(item.number, number, "another item came back");
                    return Err(IsClosed);
                }
            }
        }
        Ok(())
    }

    /// Starts a maker. Returns what takes its items.
    fn start(&self) -> (Items, JoinHandle<Result<(), IsClosed>>) {
        let (maker, items) = queue::queue();
        let (making, end) = (self.clone(), Event::new());
        let fed = Fed::new(items, Feeder(end.clone()));
        let thread = spawn(move || {
            let made = making.run(&maker);
            // The end of a job is no reason to drop the queue.
            end.happen();
            made
        });
        (Held::new(fed), thread)
    }

    /// Takes an item, and returns its number.
    fn take(&self, fed: &mut Items) -> Option<usize> {
        let item = wait_for(|cx| fed.get_mut().poll_item(cx))?;
        self.handed_over.fetch_add(1, Ordering::Relaxed);
        Some(item.number)
    }
}

pub(crate) fn each_item_once() {
    for waits in [Waits::After, Waits::Before] {
        for room in [1, 2] {
            explore(3, move || {
                let making = Making::new(waits, room, 3);
                let (mut fed, thread) = making.start();
                for number in 0..3 {
                    assert_eq!(making.take(&mut fed), Some(number), "an item is lost");
                }
                assert_eq!(making.take(&mut fed), None);
                assert_eq!(join(thread), Ok(()));
            });
        }
    }
}

pub(crate) fn taker_is_dropped() {
    for waits in [Waits::Before, Waits::After] {
        for taken in [0, 1] {
            explore(5, move || {
                // There is no room after its last item, or before it.
                let most = match waits {
                    Waits::After => taken + 1,
                    Waits::Before => taken + 2,
                };
                let mut making = Making::new(waits, 1, most);
                // One is in the queue, and the taker has at most one.
                making.ahead = 1 + taken;
                let (mut fed, thread) = making.start();
                for number in 0..taken {
                    assert_eq!(making.take(&mut fed), Some(number), "an item is lost");
                }
                drop(fed);
                assert_eq!(join(thread), Err(IsClosed), "it was not told");
            });
        }
    }
}

pub(crate) fn maker_ends() {
    for made in [0, 1] {
        explore(5, move || {
            let making = Making::new(Waits::Before, 1, made);
            let (mut fed, thread) = making.start();
            for number in 0..made {
                assert_eq!(making.take(&mut fed), Some(number), "an item is lost");
            }
            assert_eq!(making.take(&mut fed), None);
            assert_eq!(join(thread), Ok(()));
        });
    }
}

pub(crate) fn push_into_a_closed_queue() {
    explore(5, || {
        let counted = Arc::new(());
        let (maker, taker) = queue::queue();
        let (mut taker, item) = (Held::new(taker), Arc::clone(&counted));
        let thread = spawn(move || {
            let is_back = maker.push(item, 1).is_err();
            (maker, is_back)
        });
        let is_taken = taker.get_mut().pop().is_some();
        drop(taker);
        let (_maker, is_back) = join(thread);
        assert!(!(is_taken && is_back), "it was taken, and came back");
        // The queue is still there.
        assert_eq!(Arc::strong_count(&counted), 1, "nobody can take it");
    });
}

/// A stream whose body emits.
struct Stream<F: Future<Output = ()>> {
    source: Held<Generate<usize, F>>,
    /// What was taken.
    taken: Vec<usize>,
}

impl<F: Future<Output = ()>> Stream<F> {
    /// Makes a stream, and an emitter for another task.
    fn new(body: impl FnOnce(Emit<usize>) -> F) -> (Self, Emit<usize>) {
        let mut emit = None;
        let stream = DualStream::generate(|out| {
            emit = Some(out.clone());
            body(out)
        });
        let stream = Stream {
            source: Held::new(stream.source),
            taken: Vec::new(),
        };
        (stream, emit.expect("the body was made"))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<usize>> {
        match self.source.get_mut().next(&mut Polls(cx)) {
            Ok(item) => Poll::Ready(item),
            Err(_) => Poll::Pending,
        }
    }

    /// Takes an item. Returns whether there is one.
    fn take(&mut self) -> bool {
        let item = wait_for(|cx| self.poll(cx));
        self.taken.extend(item);
        item.is_some()
    }

    fn take_all(&mut self) {
        while self.take() {}
    }

    /// Fails unless all that was taken was taken once and in order, for items of one emitter.
    fn assert_in_order(&self, is_of: impl Fn(usize) -> bool) {
        let of_one = self.taken.iter().copied().filter(|item| is_of(*item));
        assert!(of_one.is_sorted_by(|a, b| a < b), "not in order");
    }

    /// Fails unless an emitter was told what became of its item.
    fn assert_told(&self, item: usize, told: Emitted) {
        match told {
            Emitted::Taken => assert!(self.taken.contains(&item), "not taken, and said to be"),
            Emitted::Closed => assert!(!self.taken.contains(&item), "taken, and said not to be"),
        }
    }
}

/// Emits from another task. Returns what became of each item.
fn emit_each(mut emit: Emit<usize>, items: &'static [usize]) -> JoinHandle<Vec<(usize, Emitted)>> {
    spawn(move || {
        let mut told = Vec::new();
        for item in items {
            told.push((*item, block_on(emit.emit(*item))));
        }
        told
    })
}

/// Emits an item from another task, and then lets the body end.
fn emit_and_end(mut emit: Emit<usize>, item: usize, end: Event) -> JoinHandle<Emitted> {
    spawn(move || {
        let told = block_on(emit.emit(item));
        end.happen();
        told
    })
}

pub(crate) fn body_and_another_task() {
    explore(4, || {
        let (mut stream, emit) = Stream::new(async |mut out: Emit<usize>| {
            for item in [0, 1] {
                assert_eq!(out.emit(item).await, Emitted::Taken);
            }
        });
        let thread = emit_each(emit, &[10, 11]);
        stream.take_all();
        // The stream is still there.
        for (item, told) in join(thread) {
            stream.assert_told(item, told);
        }
        stream.assert_in_order(|item| item < 10);
        stream.assert_in_order(|item| item >= 10);
        for item in [0, 1] {
            assert!(stream.taken.contains(&item), "an item is lost");
        }
    });
}

pub(crate) fn stream_waits_for_another_task() {
    explore(3, || {
        let end = Event::new();
        let ends = end.clone();
        let (mut stream, mut emit) = Stream::new(async move |_| ends.wait().await);
        let thread = spawn(move || {
            let told = [10, 11].map(|item| block_on(emit.emit(item)));
            end.happen();
            told
        });
        stream.take_all();
        assert_eq!(stream.taken, [10, 11], "an item is lost");
        assert_eq!(join(thread), [Emitted::Taken; 2]);
    });
}

pub(crate) fn two_other_tasks() {
    explore(1, || {
        let ends = [Event::new(), Event::new()];
        let body = ends.clone();
        let (mut stream, emit) = Stream::new(async move |_| {
            for end in body {
                end.wait().await;
            }
        });
        let [first, second] = ends;
        let threads = [
            emit_and_end(emit.clone(), 10, first),
            emit_and_end(emit, 20, second),
        ];
        stream.take_all();
        stream.taken.sort_unstable();
        assert_eq!(stream.taken, [10, 20], "an item is lost");
        for thread in threads {
            assert_eq!(join(thread), Emitted::Taken);
        }
    });
}

pub(crate) fn stream_is_dropped() {
    for taken in [0, 1] {
        explore(5, move || {
            let (mut stream, emit) = Stream::new(|_| future::pending());
            let thread = emit_each(emit, &[10, 11]);
            for _ in 0..taken {
                assert!(stream.take());
            }
            stream.source.drop_now();
            for (item, told) in join(thread) {
                stream.assert_told(item, told);
            }
        });
    }
}

pub(crate) fn stream_is_dropped_amid_a_batch() {
    for taken in [1, 2] {
        explore(5, move || {
            let (mut stream, mut emit) = Stream::new(|_| future::pending());
            let thread = spawn(move || block_on(emit.emit_all([10, 11])));
            for _ in 0..taken {
                assert!(stream.take());
            }
            stream.source.drop_now();
            // It is told of the last one.
            stream.assert_told(11, join(thread));
        });
    }
}

pub(crate) fn body_ends_before_the_item_is_taken() {
    explore(5, || {
        let (mut stream, mut emit) = Stream::new(|_| future::ready(()));
        let thread = spawn(move || {
            let mut emission = emit.emit(10);
            match poll_once(&mut emission) {
                Poll::Ready(told) => told,
                Poll::Pending => block_on(emission),
            }
        });
        stream.take_all();
        // The stream is still there.
        stream.assert_told(10, join(thread));
    });
}

pub(crate) fn slot_after_the_queue() {
    explore(1, || {
        let (mut stream, _) = Stream::new(async |mut out: Emit<usize>| {
            let mut clone = out.clone();
            // Only the second one may use the slot.
            let (mut first, mut second) = (clone.emit(0), out.emit(1));
            future::poll_fn(|cx| {
                let is_first_taken = Pin::new(&mut first).poll(cx).is_ready();
                let is_second_taken = Pin::new(&mut second).poll(cx).is_ready();
                match is_first_taken && is_second_taken {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                }
            })
            .await;
        });
        stream.take_all();
        assert!(stream.taken == [0, 1], "not in order");
    });
}

pub(crate) fn emission_is_dropped() {
    explore(3, || {
        let end = Event::new();
        let ends = end.clone();
        let (mut stream, mut emit) = Stream::new(async move |_| ends.wait().await);
        let thread = spawn(move || {
            assert!(poll_once(&mut emit.emit(10)).is_pending());
            let told = block_on(emit.emit(11));
            end.happen();
            told
        });
        stream.take_all();
        assert_eq!(stream.taken, [10, 11], "an item is lost");
        assert_eq!(join(thread), Emitted::Taken);
    });
}

pub(crate) fn under_another_waker() {
    explore(4, || {
        let end = Event::new();
        let ends = end.clone();
        let (mut stream, mut emit) = Stream::new(async move |_| ends.wait().await);
        let thread = spawn(move || {
            let mut emission = emit.emit(10);
            assert!(poll_once(&mut emission).is_pending());
            let told = block_on(emission);
            end.happen();
            told
        });
        stream.take_all();
        assert_eq!(stream.taken, [10], "an item is lost");
        assert_eq!(join(thread), Emitted::Taken);
    });
}

pub(crate) fn from_the_body_to_another_task() {
    explore(5, || {
        let (mut stream, _) = Stream::new(async |mut out: Emit<usize>| {
            let mut emission = Box::pin(async move { out.emit(10).await });
            // The waker is that of the stream.
            let first = future::poll_fn(|cx| Poll::Ready(emission.as_mut().poll(cx)));
            assert!(first.await.is_pending());
            let end = Event::new();
            let ends = end.clone();
            spawn(move || {
                assert_eq!(block_on(emission), Emitted::Taken);
                end.happen();
            });
            ends.wait().await;
        });
        stream.take_all();
        assert_eq!(stream.taken, [10], "an item is lost");
    });
}

/// Notes that a part was woken, and wakes what polls it.
struct Part {
    is_woken: Flag,
    outer: Waker,
}

impl Wake for Part {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Relaxed);
        self.outer.wake_by_ref();
    }
}

pub(crate) fn part_with_its_own_waker() {
    explore(1, || {
        let (mut stream, _) = Stream::new(async |mut out: Emit<usize>| {
            let mut emits = pin!(async {
                for item in [0, 1] {
                    assert_eq!(out.emit(item).await, Emitted::Taken);
                }
            });
            let mut part = None;
            future::poll_fn(|cx| {
                // The stream has one waker.
                let part = part.get_or_insert_with(|| {
                    Arc::new(Part {
                        is_woken: Flag::new(true),
                        outer: cx.waker().clone(),
                    })
                });
                if !part.is_woken.swap(false, Ordering::Relaxed) {
                    return Poll::Pending;
                }
                let waker = Waker::from(Arc::clone(part));
                emits.as_mut().poll(&mut Context::from_waker(&waker))
            })
            .await;
        });
        stream.take_all();
        assert_eq!(stream.taken, [0, 1], "an item is lost");
    });
}

pub(crate) fn emitters_in_turn() {
    explore(1, || {
        let (mut stream, emit) = Stream::new(|_| future::pending());
        let mut parts = Vec::new();
        for item in 0..3 {
            let mut emit = emit.clone();
            let part = Arc::new(Part {
                is_woken: Flag::new(false),
                outer: Waker::noop().clone(),
            });
            let waker = Waker::from(Arc::clone(&part));
            let mut cx = Context::from_waker(&waker);
            assert!(pin!(emit.emit(item)).poll(&mut cx).is_pending());
            parts.push(part);
        }
        for part in parts {
            assert!(!part.is_woken.load(Ordering::Relaxed), "woken too early");
            assert!(stream.take());
            assert!(part.is_woken.load(Ordering::Relaxed), "not woken");
        }
    });
}

pub(crate) fn body_goes_on_though_others_emit() {
    explore(1, || {
        let polls = Arc::new(Count::new(0));
        let counted = Arc::clone(&polls);
        let body = future::poll_fn(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Poll::Pending
        });
        let (mut stream, mut emit) = Stream::new(|_| body);
        let mut emit = |item| assert!(poll_once(&mut emit.emit(item)).is_pending());
        emit(0);
        // There is always another item.
        for item in 1..20 {
            emit(item);
            assert!(stream.take());
        }
        assert!(polls.load(Ordering::Relaxed) >= 9, "seldom polled");
    });
}

pub(crate) fn done_before_it_was_taken() {
    explore(5, || {
        // The accesses are relaxed, so only what the emitter is told makes `done` visible. loom does not try all orders of a store with
        // another thread's load if the storing thread has loaded the value before, as the stream does. `after` lets it try them.
        let [done, after] = [(); 2].map(|()| Arc::new(Data::new(0)));
        let (mut stream, mut emit) = Stream::new(|_| future::pending());
        let theirs = [&done, &after].map(Arc::clone);
        let thread = spawn(move || {
            let [done, after] = theirs;
            let mut emission = emit.emit(10);
            assert!(poll_once(&mut emission).is_pending());
            if after.load(Ordering::Relaxed) == 1 && poll_once(&mut emission).is_ready() {
                assert_eq!(done.load(Ordering::Relaxed), 1, "not seen");
                return;
            }
            assert_eq!(block_on(emission), Emitted::Taken);
        });
        done.store(1, Ordering::Relaxed);
        assert!(stream.take());
        after.store(1, Ordering::Relaxed);
        join(thread);
    });
}
