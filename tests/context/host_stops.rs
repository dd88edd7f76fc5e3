//! A `Host` that stops while, or before, a thread waits through it: an error, and no hang.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use futures_lite::future::yield_now;
use smartcall::Dual;
use smartcall::context::{self, Host, Place, current};

use crate::common::{Helpful, assert_contains, limit, never, panic_of};

/// A host that can be stopped, and counts its parks like `Helpful`.
struct Stoppable {
    helpful: Arc<Helpful>,
    stopped: Arc<AtomicBool>,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Stoppable {
    /// A host that another thread stops, or just wakes, when a `get` parks through it.
    fn new(stops: impl Fn(usize) -> bool + Send + Sync + 'static) -> Arc<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let waker = Arc::new(Mutex::new(None::<Waker>));
        let helpful = Helpful::calling({
            let (stopped, waker) = (Arc::clone(&stopped), Arc::clone(&waker));
            move |nth| {
                if nth > 1 {
                    let stop = stops(nth);
                    let (stopped, waker) = (Arc::clone(&stopped), Arc::clone(&waker));
                    thread::spawn(move || {
                        stopped.store(stop, Ordering::Release);
                        let waker = waker.lock().expect("no panic").take();
                        waker.expect("it was asked before").wake();
                    });
                }
            }
        });
        Arc::new(Stoppable {
            helpful,
            stopped,
            waker,
        })
    }
}

impl Host for Stoppable {
    fn can_block(&self) -> bool {
        self.helpful.can_block()
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        self.helpful.block_in_place(block);
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.stopped.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        *self.waker.lock().expect("no panic") = Some(cx.waker().clone());
        Poll::Pending
    }
}

const STOPPED: &str = "the executor was dropped before this value was ready";

/// A parked get panics when its host stops, and the thread is as before.
#[test]
fn host_stopped_while_a_get_is_parked() {
    limit(|| {
        let host = Stoppable::new(|_| true);
        context::with_host(&host, || {
            let said = panic_of(|| Dual::future(never()).get());
            assert_contains(&said, STOPPED);
            assert_eq!(current(), Place::Inside);
        });
        assert_eq!(host.helpful.calls().1.len(), 2);
        assert_eq!(current(), Place::Outside);
        assert_eq!(
            Dual::future(async {
                yield_now().await;
                5
            })
            .get(),
            5
        );
    });
}

/// A nested get that is parked panics when the host stops.
#[test]
fn host_stopped_while_a_nested_get_is_parked() {
    limit(|| {
        let host = Stoppable::new(|_| true);
        context::with_host(&host, || {
            let nested = async { Dual::future(never()).get() };
            let said = panic_of(|| Dual::future(nested).get());
            assert_contains(&said, STOPPED);
        });
    });
}

/// A wake-up that is not the stop makes the get wait on. The stop comes later.
#[test]
fn host_is_asked_again_at_each_wake_up() {
    limit(|| {
        let host = Stoppable::new(|nth| nth == 4);
        context::with_host(&host, || {
            let said = panic_of(|| Dual::future(never()).get());
            assert_contains(&said, STOPPED);
        });
        assert_eq!(
            host.helpful.calls().1.len(),
            4,
            "around the get, and three parks"
        );
    });
}

/// With a host that has stopped, only a get that must wait panics.
#[test]
fn host_stopped_before_a_get() {
    limit(|| {
        let host = Stoppable::new(|_| true);
        host.stopped.store(true, Ordering::Release);
        context::with_host(&host, || {
            assert_eq!(
                Dual::future(async {
                    yield_now().await;
                    5
                })
                .get(),
                5
            );
            assert_eq!(Dual::blocking(|| 5).get(), 5);
            let said = panic_of(|| Dual::future(never()).get());
            assert_contains(&said, STOPPED);
        });
        assert_eq!(host.helpful.calls().1.len(), 3, "nothing has parked");
    });
}
