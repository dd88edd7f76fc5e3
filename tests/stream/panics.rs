//! A panic while an item is made: it comes after the items before it, once, and then the stream has ended.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{FutureExt as _, Stream as _};
use futures_lite::future::yield_now;
use smartcall::{Dual, DualStream, Emit, Source};

use super::support::{all_in_for, in_each_executor, numbers};
use crate::common::{limit, panic_of};

/// What the panics have as their payload.
#[derive(Debug, PartialEq)]
struct Payload(u32);

/// Panics at item `k`.
fn at(k: u32) -> impl FnMut(&u32) + Send + 'static + use<> {
    move |n| {
        if *n == k {
            panic_any(Payload(k))
        }
    }
}

/// Takes items until one panics, which is the one after `k`, and then looks that it has ended.
#[track_caller]
fn check(
    name: &str,
    k: u32,
    mut stream: DualStream<u32>,
    take: &mut dyn FnMut(&mut DualStream<u32>) -> Option<u32>,
) {
    for n in 0..k {
        assert_eq!(take(&mut stream), Some(n), "{name}");
    }
    let panicked = catch_unwind(AssertUnwindSafe(|| take(&mut stream)));
    let payload = panicked.expect_err("it panics");
    let payload = payload.downcast::<Payload>().expect("it is the payload");
    assert_eq!(*payload, Payload(k), "{name}");
    for _ in 0..3 {
        assert_eq!(take(&mut stream), None, "{name}, after the panic");
    }
    assert_eq!(stream.next().get(), None);
    assert_eq!(stream.iter().next(), None);
    assert_eq!(pollster::block_on(stream.next()), None);
    assert_eq!(stream.size_hint(), (0, Some(0)));
}

/// The same for each caller.
#[track_caller]
fn by_each<S: Source<Item = u32> + Send + 'static>(k: u32, make: impl Fn() -> DualStream<u32, S>) {
    by_each_boxed(k, &|| make().boxed());
}

#[track_caller]
fn by_each_boxed(k: u32, make: &dyn Fn() -> DualStream<u32>) {
    check("get", k, make(), &mut |s| s.next().get());
    check("for", k, make(), &mut |s| s.iter().next());
    check("awaited", k, make(), &mut |s| pollster::block_on(s.next()));
    check("driven", k, make(), &mut |s| Dual::future(s.next()).get());
    check("joined", k, make(), &mut |s| {
        let joined = async { futures::join!(s.next(), Dual::blocking(|| ())) };
        Dual::future(joined).get().0
    });
    let mut turn = 0;
    check("alternating", k, make(), &mut |s| {
        turn += 1;
        match turn % 2 {
            0 => s.next().get(),
            _ => pollster::block_on(s.next()),
        }
    });
}

#[test]
fn iterator() {
    limit(|| {
        for k in [0, 1, 7, 8, 9, 100] {
            by_each(k, || DualStream::blocking((0..1_000).inspect(at(k))));
            by_each(k, || {
                DualStream::blocking((0..1_000).inspect(at(k))).ahead(1)
            });
            by_each(k, || DualStream::ready((0..1_000).inspect(at(k))));
        }
    });
}

/// Each executor's task sees it, also if the pool is many items ahead.
#[test]
fn in_a_task() {
    limit(|| {
        in_each_executor(|| async {
            let mut stream = DualStream::blocking((0..1_000).inspect(at(500)));
            for n in 0..500 {
                assert_eq!(stream.next().await, Some(n));
            }
            let panicked = AssertUnwindSafe(stream.next()).catch_unwind().await;
            assert!(panicked.expect_err("it panics").is::<Payload>());
            assert_eq!(stream.next().await, None);
        });
    });
}

#[test]
fn other_sources() {
    limit(|| {
        for k in [0, 1, 5] {
            by_each(k, || {
                DualStream::stream(futures::stream::iter((0..10).inspect(at(k))))
            });
            by_each(k, || {
                DualStream::generate(async move |mut out: Emit<u32>| {
                    let mut at = at(k);
                    for n in 0..10 {
                        yield_now().await;
                        at(&n);
                        out.emit(n).await;
                    }
                })
            });
            by_each(k, || {
                DualStream::produce(8, move |out| {
                    let mut at = at(k);
                    for n in 0..10 {
                        at(&n);
                        out.send(n)?;
                    }
                    Ok(())
                })
            });
            by_each(k, || {
                let fetch = move |page: Option<u32>| {
                    let page = page.unwrap_or(0);
                    at(k)(&page);
                    Ok::<_, ()>(([page], Some(page + 1)))
                };
                DualStream::pages(fetch).map(|item| item.expect("no error"))
            });
            by_each(k, || {
                let mut at = at(k);
                DualStream::ready(0..10).then(move |n| {
                    at(&n);
                    n
                })
            });
            by_each(k, || {
                let mut at = at(k);
                DualStream::blocking(0..10).map(move |n| {
                    at(&n);
                    n
                })
            });
        }
        by_each(0, || {
            DualStream::flatten(Dual::blocking(|| {
                at(0)(&0);
                DualStream::ready([5])
            }))
        });
    });
}

/// The body of a generator panics after other parts of it have handed out items: these come first.
#[test]
fn after_items_that_nobody_waits_for() {
    limit(|| {
        by_each(2, || {
            DualStream::generate(async |mut out: Emit<u32>| {
                assert!(out.emit_all([0, 1]).now_or_never().is_none());
                at(2)(&2);
            })
        });
    });
}

/// After a panic, the iterator is dropped on the pool.
#[test]
fn iterator_is_dropped() {
    limit(|| {
        let (numbers, watch) = numbers();
        let mut stream = DualStream::blocking(numbers.inspect(at(3)));
        pollster::block_on(async {
            for n in 0..3 {
                assert_eq!(stream.next().await, Some(n));
            }
            let panicked = AssertUnwindSafe(stream.next()).catch_unwind().await;
            assert!(panicked.is_err());
        });
        assert_ne!(watch.dropped_on(), super::support::id());
        drop(stream);
    });
}

/// In a `for` it comes at its line as any panic of an iterator does, and the stream is what it was before.
#[test]
fn out_of_a_for() {
    limit(|| {
        let taken = AtomicUsize::new(0);
        let mut stream = DualStream::blocking((0..5).inspect(|n| assert!(*n < 3, "on purpose")));
        let said = panic_of(|| {
            for _ in &mut stream {
                taken.fetch_add(1, Ordering::SeqCst);
            }
        });
        assert!(said.starts_with("on purpose"), "{said}");
        assert_eq!(taken.into_inner(), 3);
        assert!(all_in_for(stream).is_empty());
    });
}

/// A body of a `for` that panics takes nothing with it but its item.
#[test]
fn of_the_body_of_a_for() {
    limit(|| {
        let (numbers, watch) = numbers();
        let mut stream = DualStream::blocking(numbers);
        let said = panic_of(|| {
            for n in &mut stream {
                assert!(n < 3, "on purpose");
            }
        });
        assert!(said.starts_with("on purpose"), "{said}");
        assert_eq!(stream.next().get(), Some(4));
        let moved = Arc::new(());
        let said = panic_of(move || {
            let _moved = moved;
            for n in stream {
                assert!(n < 5, "once more");
            }
        });
        assert!(said.starts_with("once more"), "{said}");
        watch.dropped_on();
    });
}
