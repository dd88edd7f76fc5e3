//! `produce`: sync code that hands out items, on a pool for both callers.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use smartcall::offload::{self, Limited};
use smartcall::stream::{Closed, Out};
use smartcall::{Dual, DualStream};

use super::support::{Counting, all, all_in_for, by_each, id};
use crate::common::{limit, wait_until};

/// The code uses what is not `Send`, and makes items that borrow from its locals.
#[test]
fn code_that_can_not_be_an_iterator() {
    limit(|| {
        let make = || {
            DualStream::produce(4, |out| {
                let table = Rc::new(Cell::new(0));
                let rows = ["a", "b", "c"].map(String::from);
                let borrows = rows.iter().map(|row| (row.as_str(), Rc::clone(&table)));
                for (row, table) in borrows.cycle().take(30) {
                    table.set(table.get() + 1);
                    out.send(format!("{row}{}", table.get()))?;
                }
                Ok(())
            })
        };
        let got = by_each(make);
        assert_eq!(got.len(), 30);
        assert_eq!(got[..4], ["a1", "b2", "c3", "a4"]);
    });
}

/// Code that is called back hands out items.
#[test]
fn callbacks() {
    fn visit(n: u32, callback: &mut dyn FnMut(u32) -> bool) {
        let _ = (0..n).all(callback);
    }

    limit(|| {
        let make = || {
            DualStream::produce(2, |out: &mut Out<u32>| {
                visit(50, &mut |n| out.send(n).is_ok());
            })
        };
        assert_eq!(by_each(make), Vec::from_iter(0..50));
        assert_eq!(make().iter().take(3).collect::<Vec<_>>(), [0, 1, 2]);
    });
}

/// It runs on a pool, for both callers.
#[test]
fn runs_on_a_pool() {
    limit(|| {
        let ids = || DualStream::produce(1, |out| (0..10).try_for_each(|_| out.send(id())));
        for made_on in all_in_for(ids()) {
            assert_ne!(made_on, id());
        }
        for made_on in pollster::block_on(all(ids())) {
            assert_ne!(made_on, id());
        }
        for made_on in Dual::future(all(ids())).get() {
            assert_ne!(made_on, id());
        }
        let pool = Counting::new();
        assert_eq!(all_in_for(ids().on(&pool)).len(), 10);
        assert_eq!(pool.jobs(), 1);
    });
}

/// No more items are made ahead than were asked for.
#[test]
fn made_ahead_is_bounded() {
    limit(|| {
        for ahead in [1, 2, 3, 10, 64] {
            let sent = Arc::new(AtomicUsize::new(0));
            let counts = Arc::clone(&sent);
            let mut stream = DualStream::produce(ahead, move |out| {
                for n in 0..200 {
                    counts.fetch_add(1, Ordering::SeqCst);
                    out.send(n)?;
                }
                Ok(())
            });
            for n in 0..200 {
                assert_eq!(stream.next().get(), Some(n));
                let made_ahead = sent.load(Ordering::SeqCst) - (n + 1);
                assert!(made_ahead <= ahead, "{made_ahead} made, {ahead} allowed");
            }
            assert_eq!(stream.next().get(), None);
        }
    });
}

/// When the stream is dropped, a `send` that waits ends, and so does each later one.
#[test]
fn dropped_while_it_waits() {
    limit(|| {
        let (told, tells) = mpsc::channel();
        let sent = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&sent);
        let mut stream = DualStream::produce(4, move |out| {
            let closed = loop {
                counts.fetch_add(1, Ordering::SeqCst);
                if let Err(closed) = out.send(()) {
                    break closed;
                }
            };
            let again = out.send(());
            // The queue is closed first.
            wait_until(offload::is_cancelled);
            told.send((closed, again)).expect("it waits");
        });
        assert_eq!(stream.next().get(), Some(()));
        wait_until(|| sent.load(Ordering::SeqCst) >= 3);
        drop(stream);
        let (closed, again) = tells.recv().expect("it ends");
        assert_eq!(again, Err(closed));
        assert!(closed.to_string().contains("dropped"));
    });
}

/// When the stream is dropped while the code does something else, the next `send` says so, and its item is dropped.
#[test]
fn dropped_while_it_works() {
    limit(|| {
        let (told, tells) = mpsc::channel();
        let mut stream = DualStream::produce(4, move |out| {
            let item = Arc::new(());
            out.send(Arc::clone(&item)).expect("there is room");
            wait_until(offload::is_cancelled);
            let closed: Result<(), Closed> = out.send(Arc::clone(&item));
            told.send((closed, Arc::strong_count(&item)))
                .expect("it waits");
        });
        assert!(stream.next().get().is_some());
        drop(stream);
        let (closed, count) = tells.recv().expect("it ends");
        assert!(closed.is_err());
        assert_eq!(count, 1, "the item is dropped");
    });
}

/// While a `send` waits, its place in the pool goes to another job.
#[test]
fn gives_its_place_to_other_jobs() {
    limit(|| {
        let pool = Limited::new(1.try_into().expect("not 0"));
        let numbers = || DualStream::produce(1, |out| (0..50).try_for_each(|n| out.send(n)));
        let mut streams: Vec<_> = (0..4).map(|_| numbers().on(&pool)).collect();
        for n in 0..50 {
            for stream in &mut streams {
                assert_eq!(stream.next().get(), Some(n));
            }
            assert_eq!(Dual::blocking(|| 5).on(&pool).get(), 5);
        }
        for mut stream in streams {
            assert_eq!(stream.next().get(), None);
        }
    });
}

/// The code may wait by a `get` of its own.
#[test]
fn code_that_waits() {
    limit(|| {
        let make = || {
            DualStream::produce(2, |out| {
                for n in 0..10 {
                    let (send, receive) = futures::channel::oneshot::channel();
                    std::thread::spawn(move || send.send(n));
                    let n = Dual::future(async { receive.await.expect("it sends") }).get();
                    out.send(n)?;
                    for n in DualStream::blocking([100 + n]) {
                        out.send(n)?;
                    }
                }
                Ok(())
            })
        };
        let expected = (0..10).flat_map(|n| [n, 100 + n]);
        assert_eq!(by_each(make), Vec::from_iter(expected));
    });
}
