//! Gets inside gets, inside foreign executors, and in places where little is left to stand on.

#![allow(
    clippy::async_yields_async,
    clippy::let_underscore_future,
    clippy::redundant_async_block,
    reason = "handles are made in one place and resolved in another"
)]

use std::cell::RefCell;
use std::future::{self, Future};
use std::hint;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread, ThreadId};
use std::time::Duration;

use async_io::Timer;
use futures::StreamExt;
use futures::channel::oneshot;
use futures::executor::LocalPool;
use futures::future::{Either, join_all, select};
use futures::stream::FuturesUnordered;
use futures::task::LocalSpawnExt;
use futures_lite::future::yield_now;
use smartcall::context::{self, Place, current};
use smartcall::{Dual, DualOf, SmartCall, SmartFn, Work};

mod common;
use common::limit;

/// How deep to nest. A level takes more of the stack without optimisation.
const LEVELS: u32 = if cfg!(debug_assertions) { 200 } else { 1_000 };

/// Long enough for a thread to park that has said it is about to. Where it isn't, a test
/// shows less, and passes all the same.
const SOON: Duration = Duration::from_millis(5);

// C1 -----------------------------------------------------------------------------------

/// Where a part was run.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    thread: ThreadId,
    on_the_pool: bool,
    place: Place,
}

impl Part {
    fn here() -> Self {
        let thread = thread::current();
        let on_the_pool = thread
            .name()
            .is_some_and(|name| name.starts_with("blocking-") || name == "smartcall-spare");
        Part {
            thread: thread.id(),
            on_the_pool,
            place: current(),
        }
    }

    fn at(self, place: Place) -> Self {
        Part { place, ..self }
    }
}

/// An async part, a sync part in it, an async part in that, and a sync part in that.
fn sandwich() -> DualOf<impl Work<Output = [Part; 4]> + Send + 'static> {
    Dual::future(async {
        let first = Part::here();
        let below = Dual::blocking(|| {
            let second = Part::here();
            let below = Dual::future(async {
                let third = Part::here();
                [third, Dual::blocking(Part::here).await]
            });
            let [third, fourth] = below.get();
            [second, third, fourth]
        });
        let [second, third, fourth] = below.await;
        [first, second, third, fourth]
    })
}

/// C1: by get, all of a sandwich is run here.
#[test]
fn sandwich_by_get() {
    limit(|| {
        let here = Part::here();
        let parts = [
            Place::Driving,
            Place::Outside,
            Place::Driving,
            Place::Outside,
        ];
        let parts = parts.map(|place| here.at(place));
        assert_eq!(sandwich().get(), parts);
        assert_eq!(Dual::future(async { sandwich().await }).get(), parts);
        assert_eq!(Dual::blocking(|| sandwich().get()).get(), parts);
    });
}

/// C1: awaited, the first sync part goes to the pool, and what is in it stays on its thread.
#[test]
fn sandwich_by_await() {
    limit(|| {
        let here = Part::here();
        let [first, second, third, fourth] = pollster::block_on(sandwich());
        assert_eq!(first, here.at(Place::Outside));
        assert!(second.on_the_pool);
        assert_eq!(second.place, Place::Outside);
        assert_eq!(third, second.at(Place::Driving));
        assert_eq!(fourth, second);
    });
}

/// C1: two at once under get overlap, so their sync parts are the pool's.
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn sandwiches_joined_by_get() {
    limit(|| {
        let here = Part::here();
        let both = async { futures::join!(sandwich(), sandwich()) };
        let (one, two) = Dual::future(both).get();
        for [first, second, third, fourth] in [one, two] {
            assert_eq!(first, here.at(Place::Driving));
            assert!(second.on_the_pool);
            assert_eq!(third, second.at(Place::Driving));
            assert_eq!(fourth, second);
        }
    });
}

/// C1: after a real wait a sync part may be run here or on the pool; its place is the same.
#[test]
fn sandwich_with_waits() {
    limit(|| {
        let wait = || Timer::after(Duration::from_micros(100));
        let waiting = || {
            Dual::future(async move {
                wait().await;
                let below = Dual::blocking(move || {
                    let below = async move {
                        wait().await;
                        let fourth = Dual::blocking(Part::here).await;
                        wait().await;
                        [Part::here(), fourth]
                    };
                    let [third, fourth] = Dual::future(below).get();
                    [Part::here(), third, fourth]
                });
                let below = below.await;
                wait().await;
                (current(), below.map(|part| part.place))
            })
        };
        let below = [Place::Outside, Place::Driving, Place::Outside];
        assert_eq!(waiting().get(), (Place::Driving, below));
        assert_eq!(pollster::block_on(waiting()), (Place::Outside, below));
    });
}

// C2 -----------------------------------------------------------------------------------

/// Runs code on a stack of 2 MiB, whatever the environment says.
fn on_a_small_stack(code: impl FnOnce() -> u32 + Send + 'static) -> u32 {
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(code);
    thread.expect("a thread").join().expect("no panic")
}

/// C2: nested gets of futures that are ready at once.
#[test]
fn nested_gets_on_one_stack() {
    fn down(level: u32) -> u32 {
        let next = async move { if level == 0 { 0 } else { down(level - 1) + 1 } };
        Dual::future(next).get()
    }
    assert_eq!(limit(|| on_a_small_stack(|| down(LEVELS))), LEVELS);
}

/// C2: nested gets, each of which has waited before.
#[test]
fn nested_gets_on_one_stack_after_a_wait() {
    fn down(level: u32) -> u32 {
        let next = async move {
            yield_now().await;
            if level == 0 { 0 } else { down(level - 1) + 1 }
        };
        Dual::future(next).get()
    }
    assert_eq!(limit(|| on_a_small_stack(|| down(LEVELS))), LEVELS);
}

/// C2: sync parts that are run in polls, and get the next level.
#[test]
fn nested_sync_parts_on_one_stack() {
    fn down(level: u32) -> u32 {
        if level == 0 {
            return 0;
        }
        let below = async move { Dual::blocking(move || down(level - 1)).await + 1 };
        Dual::future(below).get()
    }
    assert_eq!(limit(|| on_a_small_stack(|| down(LEVELS))), LEVELS);
}

// C13 ----------------------------------------------------------------------------------

/// Something that blocks a thread, and what ends that.
type BlockAndRelease = (Box<dyn FnOnce()>, Box<dyn FnOnce() + Send>);

/// A join whose first half is woken, once, while its second half blocks the thread.
fn woken_while_blocked((block, release): BlockAndRelease) -> impl Future<Output = u32> {
    let (sender, waits) = oneshot::channel();
    let (about_to_block, blocks) = mpsc::channel();
    thread::spawn(move || {
        blocks.recv().expect("the second half is polled");
        thread::sleep(SOON);
        sender.send(5).expect("the first half waits");
        thread::sleep(SOON);
        release();
    });
    async move {
        let blocks = async {
            about_to_block.send(()).expect("the other thread is there");
            block();
        };
        futures::join!(waits, blocks).0.expect("it is sent")
    }
}

fn by_get() -> BlockAndRelease {
    let (sender, receiver) = oneshot::channel::<()>();
    (
        Box::new(|| Dual::future(receiver).get().expect("it is sent")),
        Box::new(|| sender.send(()).expect("the get waits")),
    )
}

fn by_channel() -> BlockAndRelease {
    let (sender, receiver) = mpsc::channel();
    (
        Box::new(move || receiver.recv().expect("it is sent")),
        Box::new(move || sender.send(()).expect("somebody waits")),
    )
}

fn by_scope() -> BlockAndRelease {
    let (sender, receiver) = mpsc::channel();
    let wait = move || receiver.recv().expect("it is sent");
    (
        Box::new(|| thread::scope(|scope| _ = scope.spawn(wait))),
        Box::new(move || sender.send(()).expect("somebody waits")),
    )
}

fn by_barrier() -> BlockAndRelease {
    let barrier = Arc::new(Barrier::new(2));
    let other = Arc::clone(&barrier);
    (
        Box::new(move || _ = barrier.wait()),
        Box::new(move || _ = other.wait()),
    )
}

fn by_park() -> BlockAndRelease {
    let released = Arc::new(AtomicBool::new(false));
    let parks = {
        let released = Arc::clone(&released);
        move || {
            while !released.load(Ordering::Acquire) {
                thread::park();
            }
        }
    };
    let thread = thread::current();
    let release = move || {
        released.store(true, Ordering::Release);
        thread.unpark();
    };
    (Box::new(parks), Box::new(release))
}

/// C13: a nested get in a poll takes no wake-up from the level above it.
#[test]
fn nested_get_in_a_poll() {
    limit(|| assert_eq!(Dual::future(woken_while_blocked(by_get())).get(), 5));
}

/// C13: `mpsc::recv` in a poll, which parks the thread.
#[test]
fn channel_in_a_poll() {
    limit(|| assert_eq!(Dual::future(woken_while_blocked(by_channel())).get(), 5));
}

/// C13: `thread::scope` in a poll, which parks the thread.
#[test]
fn scope_in_a_poll() {
    limit(|| assert_eq!(Dual::future(woken_while_blocked(by_scope())).get(), 5));
}

/// C13: a `Barrier` in a poll.
#[test]
fn barrier_in_a_poll() {
    limit(|| assert_eq!(Dual::future(woken_while_blocked(by_barrier())).get(), 5));
}

/// C13: `thread::park` in a poll.
#[test]
fn park_in_a_poll() {
    limit(|| assert_eq!(Dual::future(woken_while_blocked(by_park())).get(), 5));
}

/// C13: the same on a nested level, and in sync code that is run here.
#[test]
fn wake_ups_on_nested_levels() {
    limit(|| {
        for each in [by_get, by_channel, by_scope, by_barrier, by_park] {
            let nested = async { Dual::future(woken_while_blocked(each())).get() };
            assert_eq!(Dual::future(nested).get(), 5);
            let here = Dual::in_place(|| Dual::future(woken_while_blocked(each())).get());
            assert_eq!(Dual::future(async { here.await }).get(), 5);
        }
    });
}

/// C13: three levels wait at once, and are woken from the outermost in, or from the inside out.
#[test]
fn three_levels_woken_in_any_order() {
    limit(|| {
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]] {
            let (senders, receivers): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel()).unzip();
            let mut senders: Vec<_> = senders.into_iter().map(Some).collect();
            let [one, two, three] = <[_; 3]>::try_from(receivers).expect("three");
            let (about_to_park, parks) = mpsc::channel();
            let wakes = thread::spawn(move || {
                parks.recv().expect("the innermost level is reached");
                for level in order {
                    thread::sleep(SOON);
                    let sender = senders[level].take().expect("each once");
                    sender.send(level).expect("the level waits");
                }
            });
            let innermost = async move {
                about_to_park.send(()).expect("the other thread is there");
                three.await
            };
            let middle = async { futures::join!(two, async { Dual::future(innermost).get() }) };
            let outer = async { futures::join!(one, async { Dual::future(middle).get() }) };
            let (one, (two, three)) = Dual::future(outer).get();
            assert_eq!([one, two, three], [Ok(0), Ok(1), Ok(2)]);
            wakes.join().expect("no panic");
        }
    });
}

/// C13: a park token that was left over is no wake-up: the future is not polled for it.
#[test]
fn leftover_park_token() {
    limit(|| {
        let polls = AtomicUsize::new(0);
        let (sender, mut receiver) = oneshot::channel();
        let counts = future::poll_fn(|cx| {
            polls.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut receiver).poll(cx)
        });
        thread::current().unpark();
        let wakes = thread::spawn(|| {
            thread::sleep(SOON);
            sender.send(5)
        });
        assert_eq!(Dual::future(counts).get(), Ok(5));
        assert!(polls.load(Ordering::Relaxed) <= 2, "polled for nothing");
        assert_eq!(wakes.join().expect("no panic"), Ok(()));
    });
}

/// C13: a get below pollster, which parks by the thread's token and looks at a flag of its own.
#[test]
fn get_below_pollster() {
    limit(|| assert_eq!(pollster::block_on(woken_while_blocked(by_get())), 5));
}

/// C13: a get below the `block_on` of futures-lite.
#[test]
fn get_below_futures_lite() {
    limit(|| {
        assert_eq!(
            futures_lite::future::block_on(woken_while_blocked(by_get())),
            5
        )
    });
}

/// C13: a get below the `block_on` of futures, where nobody recognises that.
#[cfg(not(feature = "futures-executor"))]
#[test]
fn get_below_futures_executor() {
    limit(|| {
        assert_eq!(
            futures::executor::block_on(woken_while_blocked(by_get())),
            5
        );
        let mut pool = LocalPool::new();
        assert_eq!(pool.run_until(woken_while_blocked(by_get())), 5);
    });
}

/// C13: a get below the `block_on` of async-io.
#[test]
fn get_below_async_io() {
    limit(|| assert_eq!(async_io::block_on(woken_while_blocked(by_get())), 5));
}

/// C13: a get below a loop that has nothing but `thread::park`.
#[test]
fn get_below_a_park_loop() {
    struct Unparks(Thread);

    impl Wake for Unparks {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        let waker = Waker::from(Arc::new(Unparks(thread::current())));
        let mut cx = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut cx) {
                Poll::Ready(value) => return value,
                Poll::Pending => thread::park(),
            }
        }
    }

    limit(|| assert_eq!(block_on(woken_while_blocked(by_get())), 5));
    // A get that panics after it has parked hands the token on all the same.
    limit(|| {
        let (block, release) = by_get();
        let gets = move || {
            let waits = async {
                block();
                yield_now().await;
                fails()
            };
            let gets = AssertUnwindSafe(|| Dual::future(waits).get());
            assert!(panic::catch_unwind(gets).is_err());
        };
        assert_eq!(block_on(woken_while_blocked((Box::new(gets), release))), 5);
    });
}

fn fails() -> u32 {
    panic!("on purpose")
}

// C16 ----------------------------------------------------------------------------------

/// Tries to get a handle when dropped, and sends what came of it.
struct GetsInDrop {
    dual: Option<Dual<u32>>,
    result: mpsc::Sender<Result<u32, Dual<u32>>>,
}

impl GetsInDrop {
    fn new() -> (Self, mpsc::Receiver<Result<u32, Dual<u32>>>) {
        let (result, results) = mpsc::channel();
        let dual = Dual::future(async {
            yield_now().await;
            5
        });
        let dual = Some(dual.boxed());
        (GetsInDrop { dual, result }, results)
    }
}

impl Drop for GetsInDrop {
    fn drop(&mut self) {
        let dual = self.dual.take().expect("it is dropped once");
        let result = dual.try_get().map_err(|error| error.into_handle());
        self.result.send(result).expect("somebody wants to know");
    }
}

/// The handle that came back from a refusal.
#[track_caller]
fn refused(results: &mpsc::Receiver<Result<u32, Dual<u32>>>) -> Dual<u32> {
    match results.recv().expect("it was dropped") {
        Ok(_) => panic!("it was not refused"),
        Err(dual) => dual,
    }
}

/// C16: `try_get` in a drop gives the value, or the handle back.
#[test]
fn try_get_in_a_drop() {
    limit(|| {
        let (gets, results) = GetsInDrop::new();
        drop(gets);
        assert!(matches!(results.recv(), Ok(Ok(5))));

        // In a poll of a get.
        let (gets, results) = GetsInDrop::new();
        Dual::future(async { drop(gets) }).get();
        assert!(matches!(results.recv(), Ok(Ok(5))));

        // While a panic unwinds: a second panic would abort the process.
        let (gets, results) = GetsInDrop::new();
        let unwinds = || {
            let _gets = gets;
            panic!("with something to drop");
        };
        assert!(panic::catch_unwind(AssertUnwindSafe(unwinds)).is_err());
        assert!(matches!(results.recv(), Ok(Ok(5))));

        let (gets, results) = GetsInDrop::new();
        let unwinds = || {
            let _gets = gets;
            context::inside_executor(|| panic!("with something to drop"));
        };
        assert!(panic::catch_unwind(AssertUnwindSafe(unwinds)).is_err());
        assert!(matches!(results.recv(), Ok(Ok(5))));

        let (gets, results) = GetsInDrop::new();
        let unwinds = async {
            let _gets = gets;
            panic!("with something to drop");
        };
        let unwinds = || -> u32 { pollster::block_on(context::inside(unwinds)) };
        assert!(panic::catch_unwind(AssertUnwindSafe(unwinds)).is_err());
        assert_eq!(refused(&results).get(), 5);
    });
}

/// C16: `try_get` in the drop of a future that somebody dropped mid-way.
#[test]
fn try_get_in_a_cancelled_future() {
    limit(|| {
        let (gets, results) = GetsInDrop::new();
        let holds = async {
            let _gets = gets;
            future::pending::<()>().await;
        };
        let holds = Box::pin(context::inside(holds));
        let (timeout, _) = pollster::block_on(select(yield_now(), holds)).factor_first();
        assert_eq!(timeout, ());
        assert_eq!(refused(&results).get(), 5);
    });
}

/// Runs a closure when its thread dies.
struct AtExit(RefCell<Option<Box<dyn FnOnce()>>>);

impl Drop for AtExit {
    fn drop(&mut self) {
        if let Some(code) = self.0.take() {
            code();
        }
    }
}

thread_local! {
    static AT_EXIT: AtExit = const { AtExit(RefCell::new(None)) };
}

/// What a thread uses before and after it is given something to do at its death. Locals are
/// destroyed in the opposite order of their first use.
#[derive(Clone, Copy)]
struct Order {
    /// These locals are still there at that time.
    before: fn(),
    /// These are gone.
    after: fn(),
}

/// In the first two a get at the thread's death is its first one.
const ORDERS: [Order; 6] = [
    Order {
        before: use_nothing,
        after: use_nothing,
    },
    Order {
        before: use_nothing,
        after: use_pollster,
    },
    Order {
        before: use_nothing,
        after: use_smartcall,
    },
    Order {
        before: use_nothing,
        after: use_both,
    },
    Order {
        before: use_pollster,
        after: use_smartcall,
    },
    Order {
        before: use_both,
        after: use_nothing,
    },
];

/// Runs code as a thread dies, and returns what it gave.
fn at_exit<R: Send + 'static>(order: Order, code: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, results) = mpsc::channel();
    let dies = thread::spawn(move || {
        (order.before)();
        AT_EXIT.with(|at_exit| {
            *at_exit.0.borrow_mut() = Some(Box::new(move || {
                let _ = sender.send(code());
            }));
        });
        (order.after)();
    });
    let result = results.recv().expect("the code does not panic");
    dies.join().expect("the thread dies in peace");
    result
}

fn use_nothing() {}

fn use_pollster() {
    pollster::block_on(yield_now());
}

/// Uses all locals of the crate: a driver that waits, one nested in it, and a host.
fn use_smartcall() {
    let nested = async {
        yield_now().await;
        Dual::future(yield_now()).get();
    };
    context::inside_executor(|| context::blocking_region(|| Dual::future(nested).get()));
}

fn use_both() {
    use_pollster();
    use_smartcall();
}

/// C16: gets of a ready future as a thread dies.
#[test]
fn ready_get_in_a_dying_thread() {
    limit(|| {
        for order in ORDERS {
            let ready = || Dual::future(async { Dual::future(async { 5 }).get() }).get();
            assert_eq!(at_exit(order, ready), 5);
            let sync = || Dual::future(async { Dual::blocking(|| 5).await }).get();
            assert_eq!(at_exit(order, sync), 5);
        }
    });
}

/// C16: gets that are woken by another thread as a thread dies, nested ones too.
#[test]
fn pending_get_in_a_dying_thread() {
    limit(|| {
        for order in ORDERS {
            let (about_to_park, parks) = mpsc::channel();
            let (senders, receivers): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel()).unzip();
            let [one, two, three] = <[_; 3]>::try_from(receivers).expect("three");
            let wakes = thread::spawn(move || {
                parks.recv().expect("the get is reached");
                for sender in senders {
                    thread::sleep(SOON);
                    sender.send(5).expect("the get waits");
                }
            });
            let pending = move || {
                about_to_park.send(()).expect("the other thread is there");
                let nested = async { futures::join!(two, async { Dual::future(three).get() }) };
                (Dual::future(one).get(), Dual::future(nested).get())
            };
            assert_eq!(at_exit(order, pending), (Ok(5), (Ok(5), Ok(5))));
            wakes.join().expect("no panic");
        }
    });
}

/// C16: sync parts that overlap, on the pool, as a thread dies.
#[test]
fn overlapping_get_in_a_dying_thread() {
    limit(|| {
        for order in ORDERS {
            let overlap = || {
                let barrier = Arc::new(Barrier::new(2));
                Dual::future(join_all([meet(&barrier), meet(&barrier)])).get()
            };
            assert_eq!(at_exit(order, overlap), [5, 5]);
        }
    });
}

/// C16: the refusal holds to the end.
#[test]
fn try_get_in_a_dying_thread() {
    limit(|| {
        for order in ORDERS {
            let tries = || {
                let error = context::inside_executor(|| Dual::future(async { 5 }).try_get());
                error
                    .expect_err("it is refused")
                    .into_handle()
                    .try_get()
                    .ok()
            };
            assert_eq!(at_exit(order, tries), Some(5));
        }
    });
}

// C17 ----------------------------------------------------------------------------------

/// A sync part that ends when as many have begun as the barrier is for.
fn meet(barrier: &Arc<Barrier>) -> impl Future<Output = u32> + Send + 'static {
    let barrier = Arc::clone(barrier);
    Dual::blocking(move || {
        barrier.wait();
        5
    })
}

/// C17: two sync parts of a join that meet.
#[test]
fn joined_parts_meet() {
    limit(|| {
        let barrier = Arc::new(Barrier::new(2));
        let (one, two) = (meet(&barrier), meet(&barrier));
        assert_eq!(
            Dual::future(async { futures::join!(one, two) }).get(),
            (5, 5)
        );

        // Also below a part that was run here, and on a nested level.
        let (one, two) = (meet(&barrier), meet(&barrier));
        let nested = Dual::future(async {
            assert_eq!(Dual::blocking(|| 5).await, 5);
            Dual::future(async { futures::join!(one, two) }).get()
        });
        assert_eq!(nested.get(), (5, 5));
    });
}

/// C17: a part that asks while another one may run here: they still meet.
#[test]
fn part_that_comes_later_meets_too() {
    limit(|| {
        let barrier = Arc::new(Barrier::new(2));
        let (one, two) = (meet(&barrier), meet(&barrier));
        let later = async {
            // It waits for the next poll, and for nothing else.
            let mut polled = false;
            future::poll_fn(|_| match std::mem::replace(&mut polled, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
            two.await
        };
        assert_eq!(
            Dual::future(async { futures::join!(later, one) }).get(),
            (5, 5)
        );
    });
}

/// C17: a part that needs its sibling, which was woken already and holds no waker.
#[test]
fn part_that_needs_a_sibling() {
    limit(|| {
        let (sender, receiver) = mpsc::channel();
        let part = Dual::blocking(move || receiver.recv());
        let sibling = async move {
            yield_now().await;
            sender.send(5)
        };
        let both = Dual::future(async { futures::join!(part, sibling) });
        assert_eq!(both.get(), (Ok(5), Ok(())));
    });
}

/// C17: the same, with a sibling that another thread wakes while the driver is deciding: it is
/// no company any more, and has yet to be polled.
#[test]
fn part_that_needs_a_sibling_woken_meanwhile() {
    /// The window is a few instructions wide.
    const ROUNDS: usize = 30_000;

    limit(|| {
        let polled = Arc::new(AtomicUsize::new(0));
        let (wakers, to_wake) = mpsc::channel::<oneshot::Sender<u32>>();
        let wakes = thread::spawn({
            let polled = Arc::clone(&polled);
            move || {
                for (round, wake) in (1..).zip(to_wake) {
                    let mut looks = 0;
                    while polled.load(Ordering::Acquire) < round {
                        looks += 1;
                        // Where there is one core the other thread is waiting for it.
                        match looks % 1_000 {
                            0 => thread::yield_now(),
                            _ => hint::spin_loop(),
                        }
                    }
                    for i in 0..round % 41 {
                        hint::black_box(i);
                    }
                    wake.send(5).expect("the sibling waits");
                }
            }
        });
        for round in 1..=ROUNDS {
            let (wake, woken) = oneshot::channel();
            wakers.send(wake).expect("the other thread is there");
            let (sender, receiver) = mpsc::channel();
            let part = Dual::blocking(move || receiver.recv());
            let sibling = async {
                polled.store(round, Ordering::Release);
                sender.send(woken.await)
            };
            let both = Dual::future(async { futures::join!(part, sibling) });
            assert_eq!(both.get(), (Ok(Ok(5)), Ok(())));
        }
        drop(wakers);
        wakes.join().expect("no panic");
    });
}

/// C17: a timeout over a sync part that ends only when it is told to.
#[test]
fn timeout_over_a_sync_part() {
    limit(|| {
        let (tell, told) = mpsc::channel::<()>();
        let part = Box::pin(Dual::blocking(move || told.recv()));
        let timeout = Timer::after(Duration::from_millis(100));
        let either = Dual::future(select(timeout, part)).get();
        assert!(matches!(either, Either::Left(_)), "the timeout wins");
        tell.send(()).expect("the part is still at it");
    });
}

/// C17: eight sync parts in a `FuturesUnordered`, whose wakers are its own.
#[test]
fn unordered_parts_meet() {
    limit(|| {
        let barrier = Arc::new(Barrier::new(8));
        let parts: FuturesUnordered<_> = (0..8).map(|_| meet(&barrier)).collect();
        assert_eq!(Dual::future(parts.collect::<Vec<_>>()).get(), [5; 8]);
    });
}

/// A `LocalPool` that runs a join of sync parts, and a task with one.
fn local_pool() -> u32 {
    let barrier = Arc::new(Barrier::new(3));
    let mut pool = LocalPool::new();
    let task = pool.spawner().spawn_local_with_handle(meet(&barrier));
    let task = task.expect("the pool is there");
    pool.run_until(async {
        join_all([meet(&barrier), meet(&barrier)]).await.len() as u32 + task.await
    })
}

/// C17: a `LocalPool` run inside a driven future, and in a sync part of one.
#[test]
fn local_pool_in_a_driven_future() {
    limit(|| {
        assert_eq!(Dual::future(async { local_pool() }).get(), 7);
        assert_eq!(
            Dual::future(async { Dual::blocking(local_pool).await }).get(),
            7
        );
        let both = async { futures::join!(Dual::blocking(local_pool), Dual::blocking(local_pool)) };
        assert_eq!(Dual::future(both).get(), (7, 7));
    });
}

/// C17: a get in such a `LocalPool`, where nobody recognises it.
#[cfg(not(feature = "futures-executor"))]
#[test]
fn get_in_a_local_pool_in_a_driven_future() {
    limit(|| {
        let gets = || {
            let barrier = Arc::new(Barrier::new(2));
            LocalPool::new()
                .run_until(async { Dual::future(join_all([meet(&barrier), meet(&barrier)])).get() })
        };
        assert_eq!(Dual::future(async { gets() }).get(), [5, 5]);
        assert_eq!(
            Dual::future(async { Dual::blocking(gets).await }).get(),
            [5, 5]
        );
    });
}

// Here if alone ------------------------------------------------------------------------

/// Calls until it succeeds.
fn retry<T, E, K>(
    op: impl SmartCall<Result<T, E>, K>,
    attempts: u32,
) -> DualOf<impl Work<Output = Result<T, E>>> {
    Dual::future(async move {
        let mut left = attempts;
        loop {
            match op.invoke().await {
                Err(_) if left > 1 => left -= 1,
                done => return done,
            }
        }
    })
}

/// The thread that this is called on, as a callable that wants an output.
fn id() -> ThreadId {
    thread::current().id()
}

/// C17: sync parts one after the other are run on the calling thread, and none is started.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn sequence_is_run_here() {
    common::in_child(|| {
        let (here, before) = (id(), common::threads());
        let erased = SmartFn::new(id);
        let sequence = Dual::future(async move {
            let mut ids = vec![Dual::blocking(id).await, Dual::blocking(id).await];
            ids.push(id.invoke().await);
            ids.push(erased.invoke().await);
            ids.push(Dual::blocking(id).boxed().await);
            ids.push(Dual::blocking(id).boxed_local().await);
            // In futures of their own, nested, and on a level of their own.
            ids.push(Dual::future(async { Dual::blocking(id).await }).await);
            ids.push(Dual::future(async { Dual::blocking(id).await }).get());
            ids.push(Box::pin(async { Dual::blocking(id).await }).await);
            // Beside what waits for nothing that could come.
            let never = future::pending::<()>();
            if let Either::Right((id, _)) = select(never, pin!(Dual::blocking(id))).await {
                ids.push(id);
            }
            ids
        });
        assert_eq!(sequence.get(), [here; 10]);
        assert_eq!(common::threads(), before);
    });
}

/// C17: `retry` of a sync operation is run on the calling thread, and none is started.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn retry_is_run_here() {
    common::in_child(|| {
        let (here, before) = (id(), common::threads());
        let attempts = Arc::new(Mutex::new(Vec::new()));
        let op = {
            let attempts = Arc::clone(&attempts);
            move || {
                let mut attempts = attempts.lock().expect("no panic");
                attempts.push(id());
                if attempts.len() == 3 {
                    Ok(5)
                } else {
                    Err("too early")
                }
            }
        };
        assert_eq!(retry(op, 5).get(), Ok(5));
        assert_eq!(*attempts.lock().expect("no panic"), [here; 3]);
        assert_eq!(common::threads(), before);
    });
}

/// C17: a pair takes its sync path where it is alone, its async one where it is not.
#[test]
fn pair_takes_the_path_that_fits() {
    limit(|| {
        let pair = || Dual::pair((), |()| "sync", async |()| "async");
        let alone = Dual::future(async { [pair().await, pair().await] });
        assert_eq!(alone.get(), ["sync"; 2]);
        let joined = Dual::future(async { futures::join!(pair(), pair()) });
        assert_eq!(joined.get(), ("async", "async"));
        let unordered = async { FuturesUnordered::from_iter([pair()]).next().await };
        assert_eq!(Dual::future(unordered).get(), Some("async"));
        let mixed = Dual::future(async {
            let (one, two) = futures::join!(pair(), Dual::blocking(|| 5));
            (one, two, pair().await)
        });
        assert!(matches!(mixed.get(), ("async", 5, _)));
    });
}

/// C17: a waker that somebody kept from an earlier get is no company in a later one.
#[test]
fn kept_waker_is_no_company() {
    limit(|| {
        let kept = Mutex::new(Vec::new());
        let keeps = future::poll_fn(|cx| {
            kept.lock().expect("no panic").push(cx.waker().clone());
            Poll::Ready(())
        });
        Dual::future(keeps).get();
        for _ in 0..3 {
            let part = async { Dual::blocking(id).await };
            assert_eq!(Dual::future(part).get(), id());
            for waker in kept.lock().expect("no panic").iter() {
                waker.wake_by_ref();
            }
        }
        // Nor is its late wake-up taken for one of a later get.
        let polls = AtomicUsize::new(0);
        let counts = future::poll_fn(|cx| {
            if polls.fetch_add(1, Ordering::Relaxed) == 0 {
                let late = kept.lock().expect("no panic").pop().expect("it was kept");
                late.wake();
                let waker = cx.waker().clone();
                thread::spawn(move || {
                    thread::sleep(SOON);
                    waker.wake();
                });
                return Poll::Pending;
            }
            Poll::Ready(())
        });
        Dual::future(counts).get();
        assert_eq!(polls.load(Ordering::Relaxed), 2);
    });
}

/// C17: a part that was dropped after it asked leaves the turn to the next one.
#[test]
fn part_that_was_dropped_after_it_asked() {
    limit(|| {
        let mut first = Some(Box::pin(Dual::blocking(fails)));
        let mut second = Box::pin(Dual::blocking(id));
        let instead = future::poll_fn(|cx| {
            if let Some(mut part) = first.take() {
                assert!(Pin::new(&mut part).poll(cx).is_pending());
                return Poll::Pending;
            }
            // The turn was granted to the one that is gone.
            Pin::new(&mut second).poll(cx)
        });
        assert_eq!(Dual::future(instead).get(), id());

        // In the same poll as the next one asks: then they count as two.
        let mut first = Box::pin(Dual::blocking(fails));
        let sequence = async {
            assert!(futures::poll!(&mut first).is_pending());
            drop(first);
            [Dual::blocking(|| 5).await, Dual::blocking(|| 6).await]
        };
        assert_eq!(Dual::future(sequence).get(), [5, 6]);
    });
}

/// C17: a turn that was granted is kept while a nested get, which comes first, grants its own.
#[test]
fn turn_is_kept_over_a_nested_get() {
    limit(|| {
        let mut part = Box::pin(Dual::blocking(id));
        let mut polled = false;
        let nests = future::poll_fn(move |cx| {
            if polled {
                let nested = async { Dual::blocking(id).await };
                assert_eq!(Dual::future(nested).get(), id());
            }
            polled = true;
            Pin::new(&mut part).poll(cx)
        });
        assert_eq!(Dual::future(nests).get(), id());
    });
}

/// C17: a part on a nested level is alone there, whatever goes on above.
#[test]
fn alone_on_a_nested_level() {
    limit(|| {
        let above = Dual::blocking(|| 5);
        let nests = async {
            let nested = async { Dual::blocking(id).await };
            Dual::future(nested).get()
        };
        let both = async { futures::join!(above, nests) };
        assert_eq!(Dual::future(both).get(), (5, id()));
    });
}

// With the shim ------------------------------------------------------------------------

#[cfg(feature = "executor")]
mod shim {
    use super::*;

    use smartcall::Executor;

    fn one_thread() -> Executor {
        Executor::builder().threads(1).name("worker").build()
    }

    /// C1: awaited in a task, and in the root of `block_on`.
    #[test]
    fn sandwich_by_await() {
        limit(|| {
            let ex = one_thread();
            let worker = ex.block_on(ex.spawn(async { Part::here() }));
            let [first, second, third, fourth] = ex.block_on(ex.spawn(sandwich()));
            assert_eq!(first, worker);
            assert_eq!(first.place, Place::Inside);
            assert!(second.on_the_pool);
            assert_eq!(second.place, Place::Outside);
            assert_eq!(third, second.at(Place::Driving));
            assert_eq!(fourth, second);

            let [first, second, third, fourth] = ex.block_on(sandwich());
            assert_eq!(first, Part::here().at(Place::Inside));
            assert!(second.on_the_pool);
            assert_eq!([second.at(Place::Driving), second], [third, fourth]);
        });
    }

    /// C2: a task, a pool job that gets it, a task that awaits that job, and so on; with one
    /// worker, and places for two jobs.
    #[test]
    fn nested_gets_through_pool_hops() {
        fn down(ex: &Arc<Executor>, level: u32) -> Dual<u32> {
            let ex = Arc::clone(ex);
            let below = async move {
                if level == 0 {
                    return 0;
                }
                let get = move || ex.spawn(down(&ex, level - 1)).get();
                Dual::blocking(get).await + 1
            };
            Dual::future(below).boxed()
        }
        common::in_child(|| {
            smartcall::offload::set_max_jobs(2.try_into().expect("it is not zero"));
            let ex = Arc::new(one_thread());
            assert_eq!(ex.block_on(down(&ex, LEVELS)), LEVELS);
            assert_eq!(ex.spawn(down(&ex, 10)).get(), 10);
        });
    }

    /// C13: a get on a plain thread, of tasks that other threads complete meanwhile.
    #[test]
    fn wake_ups_by_tasks() {
        limit(|| {
            let ex = one_thread();
            for each in [by_get, by_channel, by_scope, by_barrier, by_park] {
                let task = ex.spawn(yield_now());
                let (block, release) = each();
                let release = Box::new(move || {
                    task.get();
                    release();
                });
                assert_eq!(Dual::future(woken_while_blocked((block, release))).get(), 5);
            }
        });
    }

    /// C16: `try_get` in the drop of a task: cancelled, and dropped with its executor.
    #[test]
    fn try_get_in_a_cancelled_task() {
        limit(|| {
            let holds = || {
                let (gets, results) = GetsInDrop::new();
                let (sender, begun) = mpsc::channel();
                let task = async move {
                    let _gets = gets;
                    sender.send(()).expect("somebody waits");
                    future::pending::<()>().await;
                };
                (task, begun, results)
            };
            let ex = one_thread();
            let (task, begun, results) = holds();
            let task = ex.spawn(task);
            begun.recv().expect("it begins");
            drop(task);
            // A worker drops it, and can be stood in for.
            assert!(matches!(results.recv(), Ok(Ok(5))));

            let (task, begun, results) = holds();
            ex.spawn(task).detach();
            begun.recv().expect("it begins");
            drop(ex);
            assert_eq!(refused(&results).get(), 5);

            let ex = smartcall::LocalExecutor::new();
            let (task, _begun, results) = holds();
            let task = ex.spawn(task);
            ex.block_on(yield_now());
            drop(task);
            drop(ex);
            assert_eq!(refused(&results).get(), 5);
        });
    }

    /// C16: a get of a task in a thread's last moments.
    #[test]
    fn get_of_a_task_in_a_dying_thread() {
        limit(|| {
            for order in ORDERS {
                let ex = one_thread();
                let gets = move || ex.spawn(Dual::blocking(|| 5)).get();
                assert_eq!(at_exit(order, gets), 5);
            }
        });
    }

    /// C17: the same parts awaited in a task overlap as they do under get.
    #[test]
    fn parts_in_a_task_meet() {
        limit(|| {
            let ex = one_thread();
            let barrier = Arc::new(Barrier::new(8));
            let parts: FuturesUnordered<_> = (0..8).map(|_| meet(&barrier)).collect();
            assert_eq!(ex.block_on(ex.spawn(parts.collect::<Vec<_>>())), [5; 8]);
        });
    }
}
