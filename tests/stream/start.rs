//! `start`: items that are made in the background.

use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use smartcall::context::{self, Place};
use smartcall::{Dual, DualStream, Emit};

use super::support::{by_each, id, numbers};
use crate::common::{Counted, here, limit, panicked_at, wait_until};

#[test]
fn smoke() {
    limit(|| {
        for ahead in [1, 2, 3, 100] {
            let got = by_each(|| DualStream::blocking(0..50).start(ahead));
            assert_eq!(got, Vec::from_iter(0..50));
        }
        assert!(by_each(|| DualStream::ready([0; 0]).start(1)).is_empty());
        let started = DualStream::ready(0..5).start(1).map(|n| n + 1).start(2);
        assert_eq!(Vec::from_iter(started), [1, 2, 3, 4, 5]);
    });
}

/// Three started streams overlap for a sync caller: they meet at each item.
#[test]
fn started_streams_overlap() {
    limit(|| {
        let barrier = Arc::new(Barrier::new(3));
        let mut streams = [0, 1, 2].map(|i| {
            let barrier = Arc::clone(&barrier);
            let meets = (0..20).inspect(move |_| {
                barrier.wait();
            });
            DualStream::blocking(meets.map(move |n| (i, n))).start(1)
        });
        for n in 0..20 {
            for (i, stream) in streams.iter_mut().enumerate() {
                assert_eq!(stream.next().get(), Some((i, n)));
            }
        }
    });
}

/// They begin before an item is asked for, and run up to their limit.
#[test]
fn made_ahead_is_bounded() {
    limit(|| {
        for ahead in [1, 2, 3, 8, 50] {
            let made = Arc::new(AtomicUsize::new(0));
            let counts = Arc::clone(&made);
            let source = iter::from_fn(move || Some(counts.fetch_add(1, Ordering::SeqCst)));
            let mut stream = DualStream::ready(source).start(ahead);
            wait_until(|| made.load(Ordering::SeqCst) > 0);
            for n in 0..200 {
                assert!(made.load(Ordering::SeqCst) <= n + ahead + 2);
                assert_eq!(stream.next().get(), Some(n));
            }
            // It reads ahead while nobody asks.
            wait_until(|| made.load(Ordering::SeqCst) > 200);
        }
    });
}

/// A generator becomes a task of an executor, and an iterator goes to the pool.
#[test]
fn where_they_run() {
    limit(|| {
        let places = DualStream::generate(async |mut out: Emit<Place>| {
            out.emit(context::current()).await;
        });
        assert_eq!(places.start(1).next().get(), Some(Place::Inside));
        let mut ids = DualStream::blocking(iter::repeat_with(id)).start(1);
        for made_on in ids.iter().take(3) {
            assert_ne!(made_on, id());
        }
    });
}

/// Dropping a started stream drops what makes its items.
#[test]
fn dropping_stops_them() {
    limit(|| {
        let (counted, drops) = Counted::new();
        let mut generated = DualStream::generate(async move |mut out: Emit<u32>| {
            let _counted = counted;
            for n in 0.. {
                out.emit(n).await;
            }
        })
        .start(4);
        assert_eq!(generated.next().get(), Some(0));
        assert_eq!(drops.count(), 0);
        drop(generated);
        drops.wait_for_one();

        let (numbers, watch) = numbers();
        let mut iterated = DualStream::blocking(numbers).start(4);
        assert_eq!(iterated.next().get(), Some(0));
        drop(iterated);
        watch.dropped_on();

        // Also while it waits for something that never comes.
        let (waits, dropped) = crate::common::tells_drop();
        let (began, begins) = std::sync::mpsc::channel();
        let waiting = DualStream::stream(futures::stream::once(async move {
            began.send(()).expect("it waits");
            waits.await;
        }))
        .start(1);
        begins.recv().expect("it begins by itself");
        drop(waiting);
        assert!(dropped.recv().is_ok());
    });
}

/// Zero ahead is refused at the caller's line.
#[test]
fn nothing_ahead() {
    let (line, (at, said)) = (here!(), panicked_at(|| DualStream::ready([1]).start(0)));
    assert_eq!(at, line);
    assert!(
        said.starts_with("a stream can't be 0 items ahead"),
        "{said}"
    );
}

/// A panic comes after the items before it.
#[test]
fn panic_of_a_started_stream() {
    limit(|| {
        let mut stream =
            DualStream::blocking((0..5).inspect(|n| assert!(*n < 3, "on purpose"))).start(10);
        for n in 0..3 {
            assert_eq!(stream.next().get(), Some(n));
        }
        let said = crate::common::panic_of(|| stream.next().get());
        assert!(said.starts_with("on purpose"), "{said}");
        assert_eq!(stream.next().get(), None);
        assert_eq!(Dual::future(async { stream.next().await }).get(), None);
    });
}
