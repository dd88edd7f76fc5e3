//! Blocking code that is all that a driver waits for runs on the driver's thread.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::{future, panic};

use futures::StreamExt;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;
use smartcall::{Dual, SmartCall, SmartFn};

use super::support::SOON;
use crate::common::{in_child, limit, retry, threads};

fn fails() -> u32 {
    panic!("on purpose")
}

/// The thread that this is called on, as a callable that wants an output.
fn id() -> ThreadId {
    thread::current().id()
}

/// Sync parts that follow each other run on the calling thread, and no thread is started.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn sequence_runs_on_the_drivers_thread() {
    in_child(|| {
        let (here, before) = (id(), threads());
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
        assert_eq!(threads(), before);
    });
}

/// `retry` of a sync operation runs on the calling thread, and no thread is started.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn retry_runs_on_the_drivers_thread() {
    in_child(|| {
        let (here, before) = (id(), threads());
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
        assert_eq!(threads(), before);
    });
}

/// A pair takes its sync path where it is alone, and its async path where it is not.
#[test]
fn pair_takes_its_sync_path_if_alone() {
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

/// A waker that is kept from an earlier get does not make the part of a later get wait for company.
#[test]
fn kept_waker_does_not_count() {
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

/// A part that is dropped after it asked for the turn leaves the turn to the next part.
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

/// A nested get may wait for a part that may run here, so the part goes to the pool before. The nested get has a turn of
/// its own.
#[test]
fn turn_is_given_up_for_a_nested_get() {
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
        assert_ne!(Dual::future(nests).get(), id());
    });
}

/// A part on a nested level is alone there, whatever runs on the levels above.
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
