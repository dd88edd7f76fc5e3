//! `generate` and `Emit`: when the body runs, and who may hand out items.

use std::cell::Cell;
use std::future::{self, Future};
use std::mem;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;

use futures::channel::oneshot;
use futures::future::{Either, join_all, select};
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use futures_lite::future::yield_now;
use smartcall::stream::Emitted;
use smartcall::{Dual, DualStream, Emit};

use super::support::{all, all_in_for, by_each};
use crate::common::{Counted, limit, wait_until};

/// The body runs up to an `emit`, and goes on when the next item is asked for.
#[test]
fn body_runs_from_item_to_item() {
    limit(|| {
        let at = Rc::new(Cell::new(0));
        let runs = Rc::clone(&at);
        let mut stream = DualStream::generate(async move |mut out: Emit<u32>| {
            for n in 1..4 {
                runs.set(n);
                out.emit(n).await;
            }
            runs.set(9);
        });
        assert_eq!(at.get(), 0, "nothing runs before the first next");
        drop(stream.next());
        assert_eq!(at.get(), 0);
        assert_eq!(stream.next().get(), Some(1));
        assert_eq!(at.get(), 1, "it does not run past the emit");
        assert_eq!(pollster::block_on(stream.next()), Some(2));
        assert_eq!(at.get(), 2);
        assert_eq!(stream.iter().next(), Some(3));
        assert_eq!(at.get(), 3);
        assert_eq!(stream.next().get(), None);
        assert_eq!(at.get(), 9);
    });
}

/// `?` ends the stream with one `Err` item.
#[test]
fn error_is_the_last_item() {
    limit(|| {
        let ran = Arc::new(AtomicUsize::new(0));
        let make = || {
            let ran = Arc::clone(&ran);
            DualStream::try_generate(async move |mut out: Emit<u32>| {
                out.emit_all([1, 2]).await;
                Err::<(), _>("error")?;
                ran.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })
        };
        assert_eq!(by_each(make), [Ok(1), Ok(2), Err("error")]);
        assert_eq!(ran.load(Ordering::SeqCst), 0);
        let mut stream = make();
        assert_eq!(stream.try_next().get(), Ok(Some(1)));
        assert_eq!(stream.try_next().get(), Ok(Some(2)));
        assert_eq!(stream.try_next().get(), Err("error"));
        for _ in 0..3 {
            assert_eq!(stream.try_next().get(), Ok(None));
        }
    });
}

/// The error comes after what other parts have handed out before.
#[test]
fn error_comes_after_all_items() {
    limit(|| {
        let make = || {
            DualStream::try_generate(async |mut out: Emit<u32>| {
                let mut other = out.clone();
                let (mut one, mut two) = (out.emit(1), other.emit(2));
                assert!((&mut one).now_or_never().is_none());
                assert!((&mut two).now_or_never().is_none());
                Err("error")
            })
        };
        assert_eq!(by_each(make), [Ok(1), Ok(2), Err("error")]);
    });
}

/// What the items of the body borrow from is in the body, and the stream borrows from its surroundings.
#[test]
fn body_borrows() {
    limit(|| {
        let text = String::from("a b c");
        let parts = DualStream::generate(async |mut out: Emit<&str>| {
            for part in text.split(' ') {
                out.emit(part).await;
            }
        });
        assert_eq!(all_in_for(parts), ["a", "b", "c"]);
    });
}

/// Dropping the stream drops the body where it waits.
#[test]
fn dropped_half_way() {
    limit(|| {
        let (counted, drops) = Counted::new();
        let mut stream = DualStream::generate(async move |mut out: Emit<u32>| {
            let _counted = counted;
            out.emit(1).await;
            out.emit(2).await;
            unreachable!("nobody takes the second item");
        });
        assert_eq!(stream.next().get(), Some(1));
        assert_eq!(drops.count(), 0);
        drop(stream);
        drops.wait_for_one();
    });
}

/// Both branches of a join hand out items, in turns, and none starves.
#[test]
fn both_branches_of_a_join() {
    limit(|| {
        let make = || {
            DualStream::generate(async |mut out: Emit<(char, u32)>| {
                let mut other = out.clone();
                let one = async {
                    for n in 0..50 {
                        assert_eq!(out.emit(('a', n)).await, Emitted::Taken);
                    }
                };
                let two = async {
                    for n in 0..50 {
                        assert_eq!(other.emit(('b', n)).await, Emitted::Taken);
                    }
                };
                futures::join!(one, two);
            })
        };
        let expected = (0..50).flat_map(|n| [('a', n), ('b', n)]);
        assert_eq!(by_each(make), Vec::from_iter(expected));
    });
}

/// Futures that are polled under other wakers hand out items.
#[test]
fn in_a_futures_unordered() {
    limit(|| {
        let make = |n: u32, joins: bool| {
            DualStream::generate(async move |out: Emit<u32>| {
                let parts = (0..n).map(|part| {
                    let mut out = out.clone();
                    async move {
                        for i in 0..20 {
                            assert_eq!(out.emit(part * 100 + i).await, Emitted::Taken);
                        }
                    }
                });
                if joins {
                    join_all(parts).await;
                } else {
                    FuturesUnordered::from_iter(parts)
                        .for_each(async |()| ())
                        .await;
                }
            })
            .collect::<Vec<_>>()
        };
        // `join_all` of many is a `FuturesUnordered`, too.
        for (n, joins) in [(2, true), (40, true), (1, false), (7, false)] {
            let mut expected =
                Vec::from_iter((0..n).flat_map(|part| (0..20).map(move |i| part * 100 + i)));
            for mut got in [make(n, joins).get(), pollster::block_on(make(n, joins))] {
                // Each part's items are in order.
                for part in 0..n {
                    assert!(got.iter().filter(|item| **item / 100 == part).is_sorted());
                }
                got.sort_unstable();
                expected.sort_unstable();
                assert_eq!(got, expected);
            }
        }
    });
}

/// Another thread hands out items, while the body waits for it, and while the body hands out its own.
#[test]
fn from_another_thread() {
    limit(|| {
        let make = |own: bool| {
            DualStream::generate(async move |mut out: Emit<u32>| {
                let mut other = out.clone();
                let (done, is_done) = oneshot::channel();
                let thread = thread::spawn(move || {
                    pollster::block_on(async {
                        for n in 0..100 {
                            assert_eq!(other.emit(n).await, Emitted::Taken);
                        }
                    });
                    drop(other);
                    done.send(()).expect("it waits");
                });
                if own {
                    for n in 100..200 {
                        assert_eq!(out.emit(n).await, Emitted::Taken);
                    }
                }
                is_done.await.expect("no panic");
                thread.join().expect("no panic");
            })
        };
        for own in [false, true] {
            let n = if own { 200 } else { 100 };
            let sorted = |mut items: Vec<u32>| {
                items.sort_unstable();
                items
            };
            assert_eq!(sorted(all_in_for(make(own))), Vec::from_iter(0..n));
            assert_eq!(
                sorted(pollster::block_on(all(make(own)))),
                Vec::from_iter(0..n)
            );
            let driven = Dual::future(all(make(own))).get();
            assert_eq!(sorted(driven), Vec::from_iter(0..n));
        }
    });
}

/// A task of the same executor hands out items.
#[cfg(feature = "executor")]
#[test]
fn from_a_spawned_task() {
    limit(|| {
        let ex = Arc::new(crate::common::one_thread());
        let make = || {
            let ex = Arc::clone(&ex);
            DualStream::generate(async move |out: Emit<u32>| {
                let tasks = (0..4).map(|part| {
                    let mut out = out.clone();
                    ex.spawn(async move {
                        for n in 0..25 {
                            assert_eq!(out.emit(part * 25 + n).await, Emitted::Taken);
                        }
                    })
                });
                join_all(tasks).await;
            })
            .boxed()
        };
        let sorted = |mut items: Vec<u32>| {
            items.sort_unstable();
            items
        };
        let expected = Vec::from_iter(0..100);
        assert_eq!(sorted(all_in_for(make())), expected);
        assert_eq!(sorted(pollster::block_on(all(make()))), expected);
        assert_eq!(sorted(ex.block_on(ex.spawn(all(make())))), expected);
        let stream = make();
        let iterates = ex.spawn(async move { all_in_for(stream) });
        assert_eq!(sorted(ex.block_on(iterates)), expected);
    });
}

/// Blocking code in the body runs as it does elsewhere.
#[test]
fn blocking_code_in_the_body() {
    limit(|| {
        let make = || {
            DualStream::generate(async |mut out: Emit<u32>| {
                let mut other = out.clone();
                for n in 0..10 {
                    out.emit(Dual::blocking(move || 2 * n).await).await;
                    let (item, ()) = futures::join!(Dual::blocking(move || 2 * n + 1), yield_now());
                    futures::join!(other.emit(item), Dual::blocking(|| ()));
                }
            })
        };
        assert_eq!(by_each(make), Vec::from_iter(0..20));
    });
}

/// A stream in the body: its items are handed on.
#[test]
fn stream_in_a_stream() {
    limit(|| {
        let inner = || {
            DualStream::generate(async |mut out: Emit<u32>| {
                for n in 0..10 {
                    out.emit(n).await;
                }
            })
        };
        let outer = || {
            DualStream::generate(async move |mut out: Emit<u32>| {
                let mut inner = inner();
                while let Some(n) = inner.next().await {
                    out.emit(n).await;
                    out.emit(n + 100).await;
                }
                // Of two bodies that are polled at once, each knows its own stream.
                let mut blocking = DualStream::blocking(200..210);
                while let Some(n) = blocking.next().await {
                    out.emit(n).await;
                }
            })
        };
        let expected = (0..10).flat_map(|n| [n, n + 100]).chain(200..210);
        assert_eq!(by_each(outer), Vec::from_iter(expected));
    });
}

/// An `Emit` that outlives its stream says so: after a drop, and after the end.
#[test]
fn emit_that_outlives_its_stream() {
    limit(|| {
        let (left, leaves) = mpsc::channel();
        let make = |ends: bool| {
            let left = left.clone();
            DualStream::generate(async move |mut out: Emit<u32>| {
                left.send(out.clone()).expect("it is open");
                out.emit(1).await;
                if !ends {
                    future::pending().await
                }
            })
        };
        for ends in [false, true] {
            let mut stream = make(ends);
            assert_eq!(stream.next().get(), Some(1));
            let mut out = leaves.recv().expect("it was left");
            if ends {
                assert_eq!(stream.next().get(), None);
                assert!(
                    pollster::block_on(out.emit(5)).is_closed(),
                    "the body has ended"
                );
                drop(stream);
            } else {
                drop(stream);
            }
            assert_eq!(pollster::block_on(out.emit(5)), Emitted::Closed);
            assert_eq!(pollster::block_on(out.emit_all([5, 6])), Emitted::Closed);
            // There was nothing to take.
            assert_eq!(pollster::block_on(out.emit_all([])), Emitted::Taken);
            assert_eq!(pollster::block_on(out.clone().emit(7)), Emitted::Closed);
        }
    });
}

/// One that waits for its item to be taken is woken by the drop.
#[test]
fn emit_that_waits_is_told_of_the_drop() {
    limit(|| {
        let (left, leaves) = mpsc::channel();
        let mut stream = DualStream::generate(async move |out: Emit<u32>| {
            left.send(out).expect("it is open");
            future::pending().await
        });
        assert!(stream.next().now_or_later().is_err());
        let mut out = leaves.recv().expect("it was left");
        let (emitted, emits) = mpsc::channel();
        let waits = thread::spawn(move || {
            pollster::block_on(async {
                let mut emitting = pin!(out.emit(1));
                future::poll_fn(|cx| {
                    let poll = emitting.as_mut().poll(cx);
                    let _ = emitted.send(());
                    poll
                })
                .await
            })
        });
        emits.recv().expect("it was emitted");
        drop(stream);
        assert_eq!(waits.join().expect("no panic"), Emitted::Closed);
    });
}

/// What waits for an item is woken by another thread that emits one, whichever comes first.
#[test]
fn emit_wakes_the_stream() {
    limit(|| {
        for _ in 0..200 {
            let (left, leaves) = mpsc::channel();
            let emits = thread::spawn(move || {
                let mut out: Emit<u32> = leaves.recv().expect("it is left");
                pollster::block_on(out.emit(5))
            });
            let mut stream = DualStream::generate(async move |out: Emit<u32>| {
                left.send(out).expect("it waits");
                future::pending().await
            });
            assert_eq!(stream.next().get(), Some(5));
            drop(stream);
            // It was taken, and then the stream was dropped.
            assert_eq!(emits.join().expect("no panic"), Emitted::Taken);
        }
    });
}

/// An `emit` that is given up after its first poll loses nothing, and one that was not polled hands out nothing.
#[test]
fn emit_that_is_given_up() {
    limit(|| {
        let make = || {
            DualStream::generate(async |mut out: Emit<u32>| {
                drop(out.emit(100));
                assert!(out.emit(0).now_or_never().is_none());
                assert!(out.emit_all([1, 2]).now_or_never().is_none());
                yield_now().await;
                out.emit(3).await;
                match select(out.clone().emit(4), future::ready(())).await {
                    Either::Left(_) => unreachable!("it was not taken yet"),
                    Either::Right(((), emitting)) => drop(emitting),
                }
                out.emit(5).await;
            })
        };
        assert_eq!(by_each(make), Vec::from_iter(0..6));
    });
}

/// `emit_all` takes its items bit by bit, and waits until the last one was taken.
#[test]
fn emit_all_is_lazy() {
    limit(|| {
        let made = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&made);
        let after = Arc::new(AtomicUsize::new(0));
        let goes_on = Arc::clone(&after);
        let mut stream = DualStream::generate(async move |mut out: Emit<usize>| {
            let items = (0..1_000).inspect(|_| {
                counts.fetch_add(1, Ordering::SeqCst);
            });
            assert_eq!(out.emit_all(items).await, Emitted::Taken);
            goes_on.fetch_add(1, Ordering::SeqCst);
        });
        for n in 0..1_000 {
            assert_eq!(stream.next().get(), Some(n));
            let made = made.load(Ordering::SeqCst);
            assert!(made > n && made <= n + 64, "{made} made at {n}");
            assert_eq!(after.load(Ordering::SeqCst), 0);
        }
        assert_eq!(stream.next().get(), None);
        assert_eq!(after.load(Ordering::SeqCst), 1);
    });
}

/// A stream that moves to another caller between two polls is woken there.
#[test]
fn moves_between_two_polls() {
    limit(|| {
        for _ in 0..100 {
            let (left, leaves) = mpsc::channel();
            let mut stream = DualStream::generate(async move |out: Emit<u32>| {
                left.send(out).expect("it is open");
                future::pending().await
            });
            assert!(stream.next().now_or_later().is_err(), "it is pending");
            let mut out = leaves.recv().expect("it was left");
            let takes = thread::spawn(move || stream.next().get());
            assert_eq!(pollster::block_on(out.emit(5)), Emitted::Taken);
            assert_eq!(takes.join().expect("no panic"), Some(5));
        }
    });
}

/// The stream keeps no waker of its caller once an item was taken.
#[test]
fn keeps_no_waker() {
    struct Wakes(AtomicUsize);

    impl std::task::Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    limit(|| {
        let (left, leaves) = mpsc::channel();
        let mut stream = DualStream::generate(async move |mut out: Emit<u32>| {
            left.send(out.clone()).expect("it is open");
            out.emit(0).await;
            future::pending().await
        });
        let wakes = Arc::new(Wakes(AtomicUsize::new(0)));
        let waker = Arc::clone(&wakes).into();
        let mut cx = std::task::Context::from_waker(&waker);
        let mut poll = |stream: &mut DualStream<u32, _>| stream.poll_next_unpin(&mut cx);
        assert_eq!(poll(&mut stream), Poll::Ready(Some(0)));
        assert_eq!(poll(&mut stream), Poll::Pending);
        let mut out = leaves.recv().expect("it was left");
        let emits = thread::spawn(move || pollster::block_on(out.emit(1)));
        wait_until(|| wakes.0.load(Ordering::SeqCst) > 0);
        assert_eq!(poll(&mut stream), Poll::Ready(Some(1)));
        assert_eq!(emits.join().expect("no panic"), Emitted::Taken);
        assert_eq!(wakes.0.load(Ordering::SeqCst), 1, "it is woken once");
        drop(waker);
        assert_eq!(Arc::strong_count(&wakes), 1);
        drop(stream);
    });
}

/// Other threads that hand out items all the time do not starve the body.
#[test]
fn other_threads_do_not_starve_the_body() {
    limit(|| {
        let emitted = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&emitted);
        let mut stream = DualStream::generate(async move |mut out: Emit<bool>| {
            for _ in 0..2 {
                let (mut out, counts) = (out.clone(), Arc::clone(&counts));
                thread::spawn(move || {
                    loop {
                        let mut emitting = pin!(out.emit(false));
                        let mut is_counted = false;
                        let counted = future::poll_fn(|cx| {
                            let poll = emitting.as_mut().poll(cx);
                            if !mem::replace(&mut is_counted, true) {
                                counts.fetch_add(1, Ordering::SeqCst);
                            }
                            poll
                        });
                        if pollster::block_on(counted).is_closed() {
                            return;
                        }
                    }
                });
            }
            loop {
                out.emit(true).await;
            }
        });
        let (mut of_body, mut of_others) = (0, 0);
        while of_body < 20 {
            match stream.next().get().expect("there is no end") {
                true => of_body += 1,
                false => of_others += 1,
            }
            assert!(of_others <= 50 * (of_body + 1), "the body starves");
            // Each of the others has an item there.
            wait_until(|| emitted.load(Ordering::SeqCst) >= of_others + 2);
        }
    });
}
