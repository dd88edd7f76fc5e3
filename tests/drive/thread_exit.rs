//! Handles that are resolved while a thread's locals are destroyed.

use std::future::Future;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use futures::channel::oneshot;
use futures::future::join_all;
use futures_lite::future::yield_now;
use smartcall::{Dual, context};

use super::support::SOON;
use crate::common::{AtExit, limit};

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
        AtExit::set(move || {
            let _ = sender.send(code());
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

/// A get of a ready future while a thread's locals are destroyed.
#[test]
fn ready_get_at_thread_exit() {
    limit(|| {
        for order in ORDERS {
            let ready = || Dual::future(async { Dual::future(async { 5 }).get() }).get();
            assert_eq!(at_exit(order, ready), 5);
            let sync = || Dual::future(async { Dual::blocking(|| 5).await }).get();
            assert_eq!(at_exit(order, sync), 5);
        }
    });
}

/// Gets that another thread wakes, nested ones too.
#[test]
fn pending_get_at_thread_exit() {
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

/// Sync parts that overlap, on the pool.
#[test]
fn overlapping_get_at_thread_exit() {
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

/// `try_get` is refused inside an executor as long as the thread lives.
#[test]
fn try_get_at_thread_exit() {
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

/// A sync part that ends when as many have begun as the barrier is for.
fn meet(barrier: &Arc<Barrier>) -> impl Future<Output = u32> + Send + 'static {
    let barrier = Arc::clone(barrier);
    Dual::blocking(move || {
        barrier.wait();
        5
    })
}

/// A get of a task of an executor.
#[cfg(feature = "executor")]
#[test]
fn get_of_a_task_at_thread_exit() {
    limit(|| {
        for order in ORDERS {
            let ex = crate::common::one_thread();
            let gets = move || ex.spawn(Dual::blocking(|| 5)).get();
            assert_eq!(at_exit(order, gets), 5);
        }
    });
}
