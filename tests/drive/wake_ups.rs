//! No wake-up is lost when code in a poll parks the thread.

#![allow(
    clippy::redundant_async_block,
    reason = "handles are made in one place and resolved in another"
)]

use std::future::{self, Future};
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread::{self};

use futures::channel::oneshot;
use futures_lite::future::yield_now;
use smartcall::Dual;

use super::support::SOON;
use crate::common::{limit, park_loop};

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

/// A nested get in a poll takes no wake-up from the level above it.
#[test]
fn nested_get_in_a_poll() {
    limit(|| assert_eq!(Dual::future(woken_while_blocked(by_get())).get(), 5));
}

/// `mpsc::recv` in a poll, which parks the thread.
#[test]
fn channel_in_a_poll() {
    limit(|| assert_eq!(Dual::future(woken_while_blocked(by_channel())).get(), 5));
}

/// `thread::scope` in a poll, which parks the thread.
#[test]
fn scope_in_a_poll() {
    limit(|| assert_eq!(Dual::future(woken_while_blocked(by_scope())).get(), 5));
}

/// A `Barrier` in a poll.
#[test]
fn barrier_in_a_poll() {
    limit(|| assert_eq!(Dual::future(woken_while_blocked(by_barrier())).get(), 5));
}

/// `thread::park` in a poll.
#[test]
fn park_in_a_poll() {
    limit(|| assert_eq!(Dual::future(woken_while_blocked(by_park())).get(), 5));
}

/// Code that parks the thread on a nested level, and in sync code that runs on the driver's thread.
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

/// Three levels wait at once, and are woken from the outermost inwards, or from the innermost
/// outwards.
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

/// A park token that is left over does not count as a wake-up: the future is not polled for it.
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

/// A get below pollster, which parks by the thread's token and checks a flag of its own.
#[test]
fn get_below_pollster() {
    limit(|| assert_eq!(pollster::block_on(woken_while_blocked(by_get())), 5));
}

/// A get below the `block_on` of futures-lite.
#[test]
fn get_below_futures_lite() {
    limit(|| {
        assert_eq!(
            futures_lite::future::block_on(woken_while_blocked(by_get())),
            5
        )
    });
}

/// A get below the `block_on` of futures, where it is not detected.
#[cfg(not(feature = "futures-executor"))]
#[test]
fn get_below_futures_executor() {
    limit(|| {
        assert_eq!(
            futures::executor::block_on(woken_while_blocked(by_get())),
            5
        );
        let mut pool = futures::executor::LocalPool::new();
        assert_eq!(pool.run_until(woken_while_blocked(by_get())), 5);
    });
}

/// A get below the `block_on` of async-io.
#[test]
fn get_below_async_io() {
    limit(|| assert_eq!(async_io::block_on(woken_while_blocked(by_get())), 5));
}

/// A get below a loop that has nothing but `thread::park`.
#[test]
fn get_below_a_park_loop() {
    limit(|| assert_eq!(park_loop(woken_while_blocked(by_get())), 5));
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
        assert_eq!(park_loop(woken_while_blocked((Box::new(gets), release))), 5);
    });
}

fn fails() -> u32 {
    panic!("on purpose")
}

/// A get on a plain thread, of tasks that other threads complete meanwhile.
#[cfg(feature = "executor")]
#[test]
fn wake_ups_by_tasks() {
    limit(|| {
        let ex = crate::common::one_thread();
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
