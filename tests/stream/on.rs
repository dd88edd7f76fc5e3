//! Streams bound to pools, and what their drop does: `on`, `join_on_drop`, `interrupt_on_drop`.

use std::future;
use std::iter;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use smartcall::offload::{self, Limited, SingleThread, interrupt_on_drop, join_on_drop};
use smartcall::{Dual, DualStream, Emit};

use super::support::{Counting, all, all_in_for, by_each, id, numbers};
use crate::common::{limit, wait_until};

fn one() -> Limited {
    Limited::new(1.try_into().expect("not 0"))
}

/// Bound to a pool, the iterator runs there for both callers.
#[test]
fn runs_on_its_pool_for_both_callers() {
    limit(|| {
        let single = SingleThread::new(|| ());
        let there = Dual::blocking(id).on(&single).get();
        let ids = || DualStream::blocking(iter::repeat_with(id).take(100)).on(&single);
        assert_eq!(by_each(ids), [there; 100]);
        let boxed = || ids().boxed().map(|made_on| made_on);
        assert_eq!(all_in_for(boxed()), [there; 100]);
        // The innermost pool wins.
        let twice = || ids().on(&one());
        assert_eq!(all_in_for(twice()), [there; 100]);
        assert_eq!(pollster::block_on(all(twice())), [there; 100]);
    });
}

/// Steps, fetches and bodies run their blocking code there, too.
#[test]
fn all_blocking_code_of_a_stream_runs_on_its_pool() {
    limit(|| {
        let single = SingleThread::new(|| ());
        let there = Dual::blocking(id).on(&single).get();
        let steps = || DualStream::ready(0..3).then(|_| id()).on(&single);
        assert_eq!(by_each(steps), [there; 3]);
        let body = || {
            DualStream::generate(async |mut out: Emit<_>| {
                for _ in 0..3 {
                    out.emit(Dual::blocking(id).await).await;
                }
            })
            .on(&single)
        };
        assert_eq!(by_each(body), [there; 3]);
        let pages =
            || DualStream::pages(|_: Option<u32>| Ok::<_, ()>(([id(); 3], None))).on(&single);
        assert_eq!(by_each(pages), [Ok(there); 3]);
        let produced = || DualStream::produce(5, |out| (0..3).try_for_each(|_| out.send(id())));
        assert_eq!(by_each(|| produced().on(&single)), [there; 3]);
        let opened = || DualStream::flatten(Dual::blocking(|| DualStream::blocking([id(); 3])));
        assert_eq!(by_each(|| opened().on(&single)), [there; 3]);
    });
}

/// For a sync caller it reads ahead, too, and frees its thread.
#[test]
fn reads_ahead_for_sync_callers() {
    limit(|| {
        let pool = Counting::new();
        let (numbers, watch) = numbers();
        let mut stream = DualStream::blocking(numbers).on(&pool);
        assert_eq!(stream.next().get(), Some(0));
        pool.wait_until_idle();
        assert!(watch.made() > 1);
        let limited = one();
        let mut streams: Vec<_> = (0..8)
            .map(|_| DualStream::blocking(0..100).on(&limited))
            .collect();
        for n in 0..100 {
            for stream in &mut streams {
                assert_eq!(stream.next().get(), Some(n));
            }
        }
    });
}

/// An iterator of a stream that is bound to a pool is dropped on that pool, whatever it does at the time.
#[test]
fn dropped_on_its_pool() {
    limit(|| {
        let single = SingleThread::new(|| ());
        let there = Dual::blocking(id).on(&single).get();
        for taken in [1, 2, 5, 50] {
            for awaits in [false, true] {
                let (numbers, watch) = numbers();
                let mut stream = DualStream::blocking(numbers).on(&single);
                for n in 0..taken {
                    let item = match awaits {
                        true => pollster::block_on(stream.next()),
                        false => stream.next().get(),
                    };
                    assert_eq!(item, Some(n));
                }
                // Until no job of it runs.
                Dual::blocking(|| ()).on(&single).get();
                drop(stream);
                assert_eq!(watch.dropped_on(), there, "{taken} taken");
            }
        }
        let (numbers, watch) = numbers();
        let ended = DualStream::blocking(numbers.take(20)).on(&single);
        assert_eq!(pollster::block_on(all(ended)).len(), 20);
        assert_eq!(watch.dropped_on(), there);
    });
}

/// A stream for an iterator that says when it makes item 1, and ends that when it was told that it is cancelled.
fn waits(begun: mpsc::Sender<()>, held: &Arc<()>) -> DualStream<u32> {
    let held = Arc::clone(held);
    let mut n = 0;
    DualStream::blocking(iter::from_fn(move || {
        let _ = &held;
        if n == 1 {
            begun.send(()).expect("it waits");
            wait_until(offload::is_cancelled);
            // The leaver has left by now, if it does.
            thread::sleep(Duration::from_millis(5));
        }
        n += 1;
        Some(n - 1)
    }))
    .boxed()
}

/// The drop of a stream that is joined waits for the code, and for the drop of its iterator.
#[test]
fn joined_while_an_item_is_made() {
    limit(|| {
        let limited = one();
        for bound in [false, true] {
            let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
            let joined = join_on_drop(waits(begun, &held));
            let mut joined = if bound {
                joined.on(&limited).boxed()
            } else {
                joined.boxed()
            };
            assert_eq!(pollster::block_on(joined.next()), Some(0));
            begins.recv().expect("it begins");
            drop(joined);
            assert_eq!(Arc::strong_count(&held), 1, "nothing of it is left");
        }
    });
}

/// If nothing of it runs, its iterator is dropped before the drop returns, too.
#[test]
fn joined_while_full() {
    limit(|| {
        let pool = Counting::new();
        let held = Arc::new(());
        let holds = Arc::clone(&held);
        let items = iter::repeat_with(move || Arc::clone(&holds));
        let mut joined = join_on_drop(DualStream::blocking(items)).on(&pool);
        assert!(joined.next().get().is_some());
        pool.wait_until_idle();
        assert!(Arc::strong_count(&held) > 2);
        drop(joined);
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

/// A `produce` that is joined ends by its `send`.
#[test]
fn joined_produce() {
    limit(|| {
        let held = Arc::new(());
        let holds = Arc::clone(&held);
        let produced =
            DualStream::produce(2, move |out| while out.send(Arc::clone(&holds)).is_ok() {});
        let mut produced = join_on_drop(produced);
        assert!(produced.next().get().is_some());
        drop(produced);
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

/// The drop of a stream that is interrupted ends the waits of its code.
#[test]
fn interrupted() {
    limit(|| {
        let (begun, begins) = mpsc::channel();
        let (held, dropped) = mpsc::channel::<()>();
        let mut n = 0;
        let waits = DualStream::blocking(iter::from_fn(move || {
            let _ = &held;
            if n == 1 {
                begun.send(()).expect("it waits");
                Dual::future(future::pending::<()>()).get();
            }
            n += 1;
            Some(n)
        }));
        let mut waits = interrupt_on_drop(waits);
        assert_eq!(pollster::block_on(waits.next()), Some(1));
        begins.recv().expect("it begins");
        drop(waits);
        assert!(dropped.recv().is_err(), "it is dropped");
    });
}

/// Both: the drop interrupts the code, and waits for its end.
#[test]
fn interrupted_and_joined() {
    limit(|| {
        for outer_joins in [false, true] {
            let held = Arc::new(());
            let holds = Arc::clone(&held);
            let (begun, begins) = mpsc::channel();
            let waits = DualStream::blocking(iter::from_fn(move || {
                let _ = &holds;
                begun.send(()).expect("it waits");
                Dual::future(future::pending::<u32>()).get();
                Some(5)
            }));
            let mut waits = if outer_joins {
                join_on_drop(interrupt_on_drop(waits)).boxed()
            } else {
                interrupt_on_drop(join_on_drop(waits)).boxed()
            };
            assert!(waits.next().now_or_later().is_err());
            begins.recv().expect("it begins");
            drop(waits);
            assert_eq!(Arc::strong_count(&held), 1);
        }
    });
}

/// Code that is not interruptible waits to its end.
#[test]
fn not_interrupted() {
    limit(|| {
        let (begun, begins) = mpsc::channel();
        let (told, tells) = mpsc::channel();
        let (send, receive) = futures::channel::oneshot::channel();
        let mut once = Some((receive, told));
        let mut waits = DualStream::blocking(iter::from_fn(move || {
            let (receive, told) = once.take()?;
            begun.send(()).expect("it waits");
            let got = Dual::future(async { receive.await.ok() }).get();
            told.send(got).expect("it waits");
            Some(5)
        }));
        assert!(waits.next().now_or_later().is_err());
        begins.recv().expect("it begins");
        drop(waits);
        send.send(7).expect("it still waits");
        assert_eq!(tells.recv(), Ok(Some(7)));
    });
}
