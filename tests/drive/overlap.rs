//! Parts that must overlap do overlap, whatever drives them.

use std::future::{self, Future};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::Poll;
use std::time::Duration;
use std::{hint, thread};

use async_io::Timer;
use futures::StreamExt;
use futures::channel::oneshot;
use futures::executor::LocalPool;
use futures::future::{Either, join_all, select};
use futures::stream::FuturesUnordered;
use futures::task::LocalSpawnExt;
use futures_lite::future::yield_now;
use smartcall::Dual;

use crate::common::limit;

/// A sync part that ends when as many have begun as the barrier is for.
fn meet(barrier: &Arc<Barrier>) -> impl Future<Output = u32> + Send + 'static {
    let barrier = Arc::clone(barrier);
    Dual::blocking(move || {
        barrier.wait();
        5
    })
}

/// Two sync parts of a join wait for each other.
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

/// A part that asks for a thread while another one may run on the driver's thread: they still
/// overlap.
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

/// A part waits for its sibling, which is woken already and holds no waker.
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

/// A part waits for its sibling, which another thread wakes while the driver decides.
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

/// A timeout ends the wait for a sync part that runs on.
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

/// Eight sync parts in a `FuturesUnordered`, whose wakers are its own.
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

/// A `LocalPool` that runs in a driven future, and in a sync part of one.
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

/// A get in such a `LocalPool`, where it is not detected.
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

/// Parts that are awaited in a task overlap as they do under a get.
#[cfg(feature = "executor")]
#[test]
fn parts_in_a_task_meet() {
    limit(|| {
        let ex = crate::common::one_thread();
        let barrier = Arc::new(Barrier::new(8));
        let parts: FuturesUnordered<_> = (0..8).map(|_| meet(&barrier)).collect();
        assert_eq!(ex.block_on(ex.spawn(parts.collect::<Vec<_>>())), [5; 8]);
    });
}
