//! Millions of handles leave no memory behind.

use std::future::{self, Future};
use std::panic;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use futures::future::join_all;
use futures_lite::future::yield_now;
use smartcall::{Dual, SmartCall, SmartFn, context, offload};

use crate::ALLOCATOR;
use crate::common::in_child;

/// How many handles to make where no other thread is needed.
const MILLION: usize = 1_000_000;

/// How many to make where a thread is.
const THOUSANDS: usize = 20_000;

/// The bytes that are allocated now.
fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// Runs code for so many handles, twice, and shows that what the second round leaves behind is
/// less than a byte a handle. What the first one leaves is there to be used again: drivers,
/// threads, the capacity of a queue.
#[track_caller]
fn assert_no_growth(handles: usize, code: impl Fn()) {
    code();
    let before = settled();
    code();
    let after = settled();
    let most = before + handles;
    assert!(
        after < most,
        "{} bytes for {handles} handles",
        after - before
    );
}

/// The bytes that are allocated once other threads are done with what they were given.
fn settled() -> usize {
    let mut last = live();
    let mut looks = 0;
    while looks < 10 {
        thread::sleep(Duration::from_millis(1));
        let now = live();
        looks = if now == last { looks + 1 } else { 0 };
        last = now;
    }
    last
}

/// Something on the heap, for a handle to hold.
fn held() -> Box<u64> {
    Box::new(5)
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Waits until a pool of one thread is done with all jobs before this one.
fn pass_through_the_pool() {
    pollster::block_on(Dual::blocking(|| ()));
}

/// Handles that are dropped unused.
#[test]
fn dropped_unused() {
    in_child(|| {
        assert_no_growth(MILLION, || {
            for _ in 0..MILLION / 5 {
                let [one, two, three, four, five] = [held(), held(), held(), held(), held()];
                drop(Dual::future(async move { one }));
                drop(Dual::blocking(move || two));
                drop(Dual::pair(three, |held| held, async |held| held).boxed());
                drop(Dual::ready(four).boxed_local());
                drop(Dual::in_place(move || five));
            }
        });
    });
}

/// What other executors wait for is kept nowhere: they would never say that they wait no longer.
#[test]
fn awaited_by_other_executors() {
    const MOST: usize = 4_000;

    in_child(|| {
        let wait = || (0..THOUSANDS / 10).for_each(|_| pass_through_the_pool());
        pass_through_the_pool();
        let before = settled();
        wait();
        let after = settled();
        assert!(after < before + MOST, "{} bytes more", after - before);
    });
}

/// Handles that are dropped after a poll.
#[test]
fn dropped_after_a_poll() {
    in_child(|| {
        assert_no_growth(MILLION, || {
            for _ in 0..MILLION / 2 {
                let [one, two] = [held(), held()];
                let pends = Dual::future(async move {
                    yield_now().await;
                    one
                });
                assert!(poll_once(pends).is_pending());
                let pends = Dual::pair(
                    two,
                    |held| held,
                    async |held| {
                        yield_now().await;
                        held
                    },
                );
                assert!(poll_once(pends.boxed()).is_pending());
            }
        });
        // Sync parts that have asked for their turn.
        assert_no_growth(MILLION, || {
            let asks = async {
                for _ in 0..MILLION {
                    let held = held();
                    let mut part = pin!(Dual::blocking(move || held));
                    assert!(futures::poll!(&mut part).is_pending());
                }
            };
            Dual::future(asks).get();
        });
    });
}

/// Handles that are resolved, in each way.
#[test]
fn resolved() {
    in_child(|| {
        let erased = SmartFn::new(held);
        assert_no_growth(MILLION, || {
            for _ in 0..MILLION / 5 {
                assert_eq!(*Dual::future(async { held() }).get(), 5);
                assert_eq!(**Dual::blocking(held).boxed(), 5);
                let dual = Dual::future(async { held() }).boxed();
                assert_eq!(**dual, 5);
                assert_eq!(*dual.get(), 5);
                assert!(poll_once(Dual::ready(held()).boxed()).is_ready());
                assert_eq!(*erased.invoke().get(), 5);
            }
        });
        // By drivers that poll more than once, and that are nested.
        assert_no_growth(MILLION, || {
            for _ in 0..MILLION / 2 {
                let nested = Dual::future(async {
                    yield_now().await;
                    Dual::future(async { Dual::blocking(held).await }).get()
                });
                assert_eq!(*nested.get(), 5);
            }
        });
    });
}

/// Handles that are refused, and then dropped or resolved.
#[test]
fn refused() {
    in_child(|| {
        assert_no_growth(MILLION, || {
            for _ in 0..MILLION / 2 {
                context::inside_executor(|| {
                    let held = held();
                    drop(Dual::future(async { held }).try_get());
                });
                let back = context::inside_executor(|| Dual::blocking(held).try_get());
                let back = back.expect_err("it is refused").into_handle();
                assert_eq!(*back.get(), 5);
            }
        });
    });
}

/// Handles whose bodies panic.
#[test]
fn panicked() {
    in_child(|| {
        panic::set_hook(Box::new(|_| ()));
        assert_no_growth(THOUSANDS, || {
            for _ in 0..THOUSANDS / 2 {
                let [one, two] = [held(), held()];
                let fails = Dual::future(async move {
                    yield_now().await;
                    assert_eq!(*one, 6);
                });
                assert!(panic::catch_unwind(panic::AssertUnwindSafe(|| fails.get())).is_err());
                let fails = Dual::blocking(move || assert_eq!(*two, 6)).boxed();
                assert!(panic::catch_unwind(panic::AssertUnwindSafe(|| *fails)).is_err());
            }
        });
        drop(panic::take_hook());
    });
}

/// Gets whose wakers are kept for a while after them.
#[test]
fn wakers_kept() {
    in_child(|| {
        assert_no_growth(MILLION, || {
            let mut kept = None;
            for _ in 0..MILLION {
                let keeps = future::poll_fn(|cx| {
                    kept = Some(cx.waker().clone());
                    Poll::Ready(())
                });
                Dual::future(keeps).get();
            }
        });
    });
}

/// Sync parts that run on the pool.
#[test]
fn on_the_pool() {
    in_child(|| {
        assert_no_growth(THOUSANDS, || {
            for _ in 0..THOUSANDS {
                assert_eq!(*pollster::block_on(Dual::blocking(held)), 5);
            }
        });
        // Behind one another.
        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        assert_no_growth(THOUSANDS, || {
            let (tell, told) = mpsc::channel::<()>();
            let mut first = Box::pin(Dual::blocking(move || told.recv()));
            assert!(poll_once(&mut first).is_pending());
            let parts = (0..THOUSANDS).map(|_| Dual::blocking(held));
            let mut parts = join_all(parts);
            assert!(poll_once(&mut parts).is_pending());
            drop(tell);
            assert_eq!(pollster::block_on(parts).len(), THOUSANDS);
            assert!(pollster::block_on(first).is_err());
        });
    });
}

/// Sync parts that are dropped while they are queued and while they run.
#[test]
fn dropped_on_the_pool() {
    in_child(|| {
        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        assert_no_growth(THOUSANDS, || {
            let (tell, told) = mpsc::channel::<()>();
            let mut first = Box::pin(Dual::blocking(move || told.recv()));
            assert!(poll_once(&mut first).is_pending());
            for _ in 0..THOUSANDS {
                let held = held();
                assert!(poll_once(Dual::blocking(move || held)).is_pending());
            }
            drop(tell);
            assert!(pollster::block_on(first).is_err());
            pass_through_the_pool();
        });
        assert_no_growth(THOUSANDS, || {
            for _ in 0..THOUSANDS {
                let part = Arc::new(held());
                let holds = Arc::clone(&part);
                drop(poll_once(Dual::blocking(move || holds)));
            }
            pass_through_the_pool();
        });
    });
}

/// Sync parts that are given up in a queue keep nothing of what they captured, long before it is their turn: what is left is
/// the empty jobs, on a pool of each kind.
#[test]
fn given_up_in_a_queue() {
    /// How many jobs, and how much each of them captures.
    const JOBS: usize = 100_000;
    const CAPTURED: usize = 1_200;

    in_child(|| {
        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        let single = offload::SingleThread::new(|| ());
        for on_single in [false, true] {
            let part = |code: Dual<usize>| {
                if on_single {
                    code.on(&single).boxed()
                } else {
                    code
                }
            };
            let (tell, told) = mpsc::channel::<()>();
            let mut first = Box::pin(part(Dual::blocking(move || told.iter().count()).boxed()));
            assert!(poll_once(&mut first).is_pending());
            let before = live();
            for _ in 0..JOBS {
                let (inline, boxed) = ([0_u8; CAPTURED], vec![0_u8; CAPTURED]);
                let code = Dual::blocking(move || inline.len() + boxed.len());
                assert!(poll_once(part(code.boxed())).is_pending());
            }
            let each = (live() - before) / JOBS;
            assert!(each < CAPTURED / 4, "{each} bytes for each job");
            drop(tell);
            assert_eq!(pollster::block_on(first), 0);
        }
    });
}

/// Tasks that are awaited, cancelled, detached, or dropped with their executor.
#[cfg(feature = "executor")]
#[test]
fn tasks() {
    use smartcall::Executor;

    in_child(|| {
        let ex = Executor::builder().threads(1).build();
        assert_no_growth(THOUSANDS, || {
            for _ in 0..THOUSANDS / 4 {
                assert_eq!(*ex.block_on(ex.spawn(async { held() })), 5);
                let [one, two] = [held(), held()];
                let pends = async move {
                    future::pending::<()>().await;
                    one
                };
                drop(ex.spawn(pends));
                ex.spawn(async { two }).detach();
                let _ = ex.block_on(ex.spawn(async { held() }).cancel());
            }
        });
        assert_no_growth(THOUSANDS, || {
            let ex = Executor::builder().threads(1).build();
            for _ in 0..THOUSANDS {
                let held = held();
                let pends = async move {
                    future::pending::<()>().await;
                    held
                };
                ex.spawn(pends).detach();
            }
        });
        assert_no_growth(2_000, || {
            for _ in 0..500 {
                let ex = Executor::builder().threads(1).build();
                ex.spawn(future::pending::<()>()).detach();
            }
        });
    });
}

/// Gets that park, each on a thread that parks once, and many on one thread.
#[test]
fn parked_gets() {
    in_child(|| {
        assert_no_growth(THOUSANDS, || {
            for _ in 0..THOUSANDS {
                let mut polls = 0;
                let woken_later = future::poll_fn(|cx| {
                    polls += 1;
                    if polls == 2 {
                        return Poll::Ready(());
                    }
                    let waker = cx.waker().clone();
                    offload_wake(waker);
                    Poll::Pending
                });
                Dual::future(woken_later).get();
            }
        });
        assert_no_growth(1000, || {
            for _ in 0..1000 {
                let gets = || smartcall::sleep(Duration::from_micros(10)).get();
                thread::spawn(gets).join().expect("it ends");
            }
        });
    });
}

/// Wakes from a thread of the pool.
fn offload_wake(waker: Waker) {
    let wakes = Dual::blocking(move || waker.wake()).now_or_later();
    // It has begun, or is on its way: it must not be dropped before that.
    if let Err(later) = wakes {
        later.get();
    }
}
