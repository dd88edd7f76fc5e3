//! Subjects of the bench `wake`.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;
use smartcall::Dual;

/// A bell that one thread rings and another thread waits for.
#[derive(Default)]
struct Bell {
    rung: AtomicBool,
    waker: AtomicWaker,
}

impl Bell {
    fn ring(&self) {
        self.rung.store(true, Ordering::Release);
        self.waker.wake();
    }

    fn take(&self) -> bool {
        self.rung.swap(false, Ordering::AcqRel)
    }
}

/// Ready once the bell was rung.
pub(crate) struct Rung<'a>(&'a Bell);

impl Future for Rung<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.take() {
            return Poll::Ready(());
        }
        self.0.waker.register(cx.waker());
        // It may have been rung before the waker was registered.
        if self.0.take() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// Two threads that wake each other in turn: a round trip is two wakes.
fn ping_pong(trips: u64, wait: impl Fn(Rung<'_>) + Sync) -> Duration {
    let (ping, pong) = (Bell::default(), Bell::default());
    thread::scope(|scope| {
        let echo = || {
            for _ in 0..=trips {
                wait(Rung(&ping));
                pong.ring();
            }
        };
        scope.spawn(echo);
        let trip = || {
            ping.ring();
            wait(Rung(&pong));
        };
        // The first trip waits for the thread to start.
        trip();
        let start = Instant::now();
        (0..trips).for_each(|_| trip());
        start.elapsed()
    })
}

pub(crate) fn get(trips: u64) -> Duration {
    ping_pong(trips, |rung| Dual::future(rung).get())
}

pub(crate) fn pollster(trips: u64) -> Duration {
    ping_pong(trips, |rung| pollster::block_on(rung))
}

pub(crate) fn futures_lite(trips: u64) -> Duration {
    ping_pong(trips, |rung| futures_lite::future::block_on(rung))
}

pub(crate) fn futures_executor(trips: u64) -> Duration {
    ping_pong(trips, |rung| futures::executor::block_on(rung))
}

pub(crate) fn async_io(trips: u64) -> Duration {
    ping_pong(trips, |rung| async_io::block_on(rung))
}

/// The lower bound: the same ping-pong with only a flag and `thread::park`.
pub(crate) fn park(trips: u64) -> Duration {
    let (ping, pong) = (AtomicBool::new(false), AtomicBool::new(false));
    let ring = |bell: &AtomicBool, thread: &Thread| {
        bell.store(true, Ordering::Release);
        thread.unpark();
    };
    let wait = |bell: &AtomicBool| {
        while !bell.swap(false, Ordering::AcqRel) {
            thread::park();
        }
    };
    let here = thread::current();
    thread::scope(|scope| {
        let echo = scope.spawn(|| {
            for _ in 0..=trips {
                wait(&ping);
                ring(&pong, &here);
            }
        });
        let trip = || {
            ring(&ping, echo.thread());
            wait(&pong);
        };
        trip();
        let start = Instant::now();
        (0..trips).for_each(|_| trip());
        start.elapsed()
    })
}
