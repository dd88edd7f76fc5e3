//! `join_at_most` and `try_join_at_most`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Waker};
use std::{future, panic};

use futures::channel::oneshot;
use futures_lite::future::yield_now;
use smartcall::{Dual, join_at_most, try_join_at_most};

use super::support::by_each;
use crate::common::{Gauge, in_child, limit};

/// `join_at_most` runs so many async bodies at once and no more, by each caller. The values are in
/// order.
#[test]
fn joined_at_most() {
    limit(|| {
        for n in [1, 3, 20, 100] {
            let gauge = Arc::new(Gauge::default());
            let values = by_each(|| {
                let gauge = Arc::clone(&gauge);
                let body = move |i| {
                    let gauge = Arc::clone(&gauge);
                    Dual::future(async move {
                        gauge.enter();
                        // The later ones are done sooner.
                        for _ in i..20 {
                            yield_now().await;
                        }
                        gauge.leave();
                        i
                    })
                };
                join_at_most(n, (0..20).map(body))
            });
            assert!(values.into_iter().eq(0..20));
            assert_eq!(gauge.most(), n.min(20));
        }
    });
}

/// So do sync ones: as many meet as there may be, and no others are there.
#[test]
fn join_at_most_of_sync_parts() {
    limit(|| {
        for n in [1, 4] {
            let gauge = Arc::new(Gauge::default());
            let values = by_each(|| {
                let gauge = Arc::clone(&gauge);
                let barrier = Arc::new(Barrier::new(n));
                let body = move |i| {
                    let (gauge, barrier) = (Arc::clone(&gauge), Arc::clone(&barrier));
                    Dual::blocking(move || {
                        gauge.enter();
                        barrier.wait();
                        gauge.leave();
                        i
                    })
                };
                join_at_most(n, (0..20).map(body))
            });
            assert!(values.into_iter().eq(0..20));
            assert!(gauge.most() <= n, "{} at once", gauge.most());
        }
    });
}

/// The handles are taken as there is room, so there may be no end of them.
#[test]
fn join_at_most_takes_lazily() {
    let (taken, ends) = (Cell::new(0), RefCell::new(VecDeque::new()));
    let handles = (0_usize..).map(|_| {
        taken.set(taken.get() + 1);
        let (end, ended) = oneshot::channel::<()>();
        ends.borrow_mut().push_back(end);
        Dual::future(ended)
    });
    {
        let mut joined = pin!(join_at_most(2, handles));
        assert_eq!(taken.get(), 0);
        for done in 0..5 {
            let poll = joined
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(poll.is_pending());
            assert_eq!(taken.get(), 2 + done);
            let first = ends.borrow_mut().pop_front().expect("it was taken");
            first.send(()).expect("it waits");
        }
    }
    // Nor is any other taken when it is dropped, which drops those that have begun.
    assert_eq!(taken.get(), 6);
    assert!(ends.into_inner().iter().all(oneshot::Sender::is_canceled));
}

#[test]
fn join_at_most_of_none() {
    assert_eq!(join_at_most(3, Vec::<Dual<u32>>::new()).get(), []);
    let none = Vec::<Dual<Result<u32, u32>>>::new();
    assert_eq!(try_join_at_most(3, none).get(), Ok(vec![]));
}

/// `join_at_most(0)` panics where it is called.
#[test]
fn join_at_most_zero() {
    in_child(|| {
        let at = Arc::new(Mutex::new(Vec::new()));
        panic::set_hook(Box::new({
            let at = Arc::clone(&at);
            move |info| {
                let place = info.location().expect("a panic has one");
                let place = (place.file().to_owned(), place.line());
                at.lock().expect("no panic").push(place);
            }
        }));
        let refused = |code: fn()| {
            let payload = panic::catch_unwind(code).expect_err("it is refused");
            let text = payload.downcast_ref::<&str>().expect("a literal");
            assert!(
                text.starts_with("cannot resolve at most 0 handles at once"),
                "{text}"
            );
            at.lock().expect("no panic").pop().expect("it panicked")
        };
        let here = (file!().to_owned(), line!() + 1);
        assert_eq!(refused(|| drop(join_at_most(0, [Dual::ready(5)]))), here);
        let here = (file!().to_owned(), line!() + 2);
        let fails = || {
            drop(try_join_at_most(0, [Dual::ready(Ok::<_, ()>(5))]));
        };
        assert_eq!(refused(fails), here);
    });
}

/// The first error ends it: no other handle is taken, and those that have begun are dropped.
#[test]
fn try_join_at_most_ends_at_an_error() {
    limit(|| {
        let taken = Arc::new(AtomicUsize::new(0));
        let fails = || {
            taken.store(0, Ordering::SeqCst);
            let taken = Arc::clone(&taken);
            let handles = (0_u32..).map(move |i| {
                taken.fetch_add(1, Ordering::SeqCst);
                Dual::future(async move {
                    match i {
                        4 => future::pending().await,
                        3 => Err(i),
                        _ => Ok(i),
                    }
                })
            });
            try_join_at_most(2, handles)
        };
        assert_eq!(by_each(fails), Err(3));
        // The one that failed was there with one other.
        assert!(taken.load(Ordering::SeqCst) <= 5);

        let sync = |i: u32| Dual::blocking(move || if i == 3 { Err(i) } else { Ok(i) });
        assert_eq!(by_each(|| try_join_at_most(2, (0..).map(sync))), Err(3));
        let values = by_each(|| try_join_at_most(2, (0..3).map(sync)));
        assert_eq!(values, Ok(vec![0, 1, 2]));
    });
}
