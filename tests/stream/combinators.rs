//! What changes streams: it takes what `StreamExt`'s method of the name takes, and gives what can be iterated over.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{self, Ready, ready};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier, mpsc};

use futures_lite::future::yield_now;
use smartcall::{Dual, DualOf, DualStream, SmartCall, SmartFn, Source, Work};

use super::support::{all, all_in_for, by_each, id, numbers};
use crate::common::limit;

/// Code that was written for `StreamExt`, over some stream `$s` of the numbers 0 to 9. `$end` makes what collects the items.
macro_rules! written_for_stream_ext {
    ($s:expr) => {{
        let is_even = |n: &u32| ready(n % 2 == 0);
        fn named(n: u32) -> Ready<u32> {
            ready(n + 1)
        }
        let (calls, log) = (Cell::new(0), Cell::new(0));
        let mut count = 0;
        let mut sum = 0;
        let stream = $s
            .map(|n| n + 1)
            .filter(|n| ready(n % 5 != 0))
            .filter(is_even)
            .filter(|n| {
                let n = *n;
                async move {
                    yield_now().await;
                    n != 100
                }
            })
            .filter_map(|n| async move { (n > 2).then_some(n) })
            .filter_map(|n| ready(Some(n)))
            .then(|n| async move { n + 1 })
            .then(named)
            .then(|n| {
                count += 1;
                calls.set(count);
                ready(n)
            })
            .take_while(|n| ready(*n < 100))
            .take(50)
            .chain(futures::stream::iter([7, 8]))
            .chunks(2)
            .flat_map(|chunk| futures::stream::iter(chunk))
            .map(|n| ready(n))
            .buffered(2)
            .map(|n| async move { n })
            .buffer_unordered(1);
        stream
            .for_each(|n| {
                log.set(log.get() + 1);
                sum += n;
                ready(())
            })
            .await;
        let folded = $s.fold(1, |sum, n| async move { sum + n }).await;
        let folded = folded + $s.fold(1, |sum, n| ready(sum + n)).await;
        let collected: Vec<u32> = $s.collect().await;
        let turbofish = $s.collect::<Vec<_>>().await;
        (calls.get(), sum, log.get(), folded, collected, turbofish)
    }};
}

mod by_stream_ext {
    use super::*;
    use futures::StreamExt;

    pub(super) async fn bare() -> (u32, u32, u32, u32, Vec<u32>, Vec<u32>) {
        written_for_stream_ext!(futures::stream::iter(0..10))
    }

    /// With the trait in scope, the handle's own methods are called.
    pub(super) async fn ours() -> (u32, u32, u32, u32, Vec<u32>, Vec<u32>) {
        written_for_stream_ext!(DualStream::blocking(0..10))
    }
}

/// Without the trait, the handle's own methods do.
async fn ours() -> (u32, u32, u32, u32, Vec<u32>, Vec<u32>) {
    written_for_stream_ext!(DualStream::blocking(0..10))
}

/// The superset rule: code for `StreamExt` means the same here.
#[test]
fn code_for_stream_ext() {
    limit(|| {
        let expected = pollster::block_on(by_stream_ext::bare());
        assert_eq!(expected.0, 3);
        assert_eq!(pollster::block_on(by_stream_ext::ours()), expected);
        assert_eq!(pollster::block_on(ours()), expected);
        assert_eq!(Dual::future(ours()).get(), expected);
    });
}

/// The same for streams of results.
#[test]
fn code_for_try_stream_ext() {
    macro_rules! written {
        ($s:expr) => {{
            let sum = Cell::new(0);
            let each = $s.try_for_each(|n| {
                sum.set(sum.get() + n);
                async move { if n < 2 { Ok(()) } else { Err("two") } }
            });
            let each = each.await;
            let immediate = $s.try_for_each(|_| ready(Ok(()))).await;
            let collected: Result<Vec<u32>, &str> = $s.try_collect().await;
            (each, immediate, sum.get(), collected)
        }};
    }
    mod by_ext {
        use super::*;
        use futures::TryStreamExt;

        type Got = (
            Result<(), &'static str>,
            Result<(), &'static str>,
            u32,
            Result<Vec<u32>, &'static str>,
        );

        pub(super) async fn bare(items: [Result<u32, &'static str>; 4]) -> Got {
            written!(futures::stream::iter(items))
        }

        pub(super) async fn ours(items: [Result<u32, &'static str>; 4]) -> Got {
            written!(DualStream::blocking(items))
        }
    }

    limit(|| {
        for items in [
            [Ok(0), Ok(1), Ok(2), Ok(3)],
            [Ok(0), Ok(1), Err("end"), Ok(3)],
            [Ok(0), Ok(0), Ok(1), Ok(1)],
        ] {
            let expected = pollster::block_on(by_ext::bare(items));
            assert_eq!(pollster::block_on(by_ext::ours(items)), expected);
            let ours = async { written!(DualStream::blocking(items)) };
            assert_eq!(Dual::future(ours).get(), expected);
        }
    });
}

/// What comes out of each can be iterated over, by each caller, and combined again.
#[test]
fn what_comes_out_is_a_handle() {
    limit(|| {
        let ten = || DualStream::blocking(0..10);
        assert_eq!(
            by_each(|| ten().map(|n| n * 2)),
            Vec::from_iter((0..20).step_by(2))
        );
        assert_eq!(by_each(|| ten().filter(|n| n % 2 == 0)), [0, 2, 4, 6, 8]);
        assert_eq!(
            by_each(|| ten().filter(|n| ready(n % 2 == 0))),
            [0, 2, 4, 6, 8]
        );
        let slowly = |n: &u32| {
            let n = *n;
            async move {
                yield_now().await;
                n > 7
            }
        };
        assert_eq!(by_each(|| ten().filter(slowly)), [8, 9]);
        assert_eq!(by_each(|| ten().take_while(|n| *n < 3)), [0, 1, 2]);
        assert_eq!(by_each(|| ten().take_while(|n| ready(*n < 3))), [0, 1, 2]);
        let small = |n: u32| (n < 3).then_some(n * 10);
        assert_eq!(by_each(|| ten().filter_map(small)), [0, 10, 20]);
        assert_eq!(
            by_each(|| ten().filter_map(move |n| async move { small(n) })),
            [0, 10, 20]
        );
        assert_eq!(by_each(|| ten().take(3)), [0, 1, 2]);
        assert!(by_each(|| ten().take(0)).is_empty());
        assert_eq!(by_each(|| ten().take(2).chain(ten().take(2))), [0, 1, 0, 1]);
        assert_eq!(
            by_each(|| ten().take(5).chunks(2)),
            [vec![0, 1], vec![2, 3], vec![4]]
        );
        assert_eq!(by_each(|| ten().take(4).chunks(2)), [[0, 1], [2, 3]]);
        let twice = |n| DualStream::blocking([n, n + 100]);
        assert_eq!(by_each(|| ten().take(2).flat_map(twice)), [0, 100, 1, 101]);
        assert_eq!(
            by_each(|| ten().take(2).map(twice).flat_map(|s| s)),
            [0, 100, 1, 101]
        );
        let handles = || ten().map(|n| Dual::blocking(move || n + 1));
        assert_eq!(by_each(|| handles().buffered(3)), Vec::from_iter(1..11));
        assert_eq!(
            by_each(|| handles().buffer_unordered(1)),
            Vec::from_iter(1..11)
        );
        let mut unordered = handles().buffer_unordered(4).collect::<Vec<_>>().get();
        unordered.sort_unstable();
        assert_eq!(unordered, Vec::from_iter(1..11));
    });
}

/// `then` takes sync, async and smart steps, each an `FnMut` without types.
#[test]
fn steps() {
    fn smart(n: u32) -> DualOf<impl Work<Output = u32> + Send> {
        Dual::blocking(move || n + 1)
    }

    limit(|| {
        let three = || DualStream::blocking(0..3);
        let counts = || {
            let mut calls = 0;
            move |n: u32| {
                calls += 1;
                n * 10 + calls
            }
        };
        let expected = [1, 12, 23];
        assert_eq!(by_each(|| three().then(counts())), expected);
        let count_async = || {
            let mut count = counts();
            three().then(move |n| {
                let n = count(n);
                async move {
                    yield_now().await;
                    n
                }
            })
        };
        assert_eq!(by_each(count_async), expected);
        let count_dual = || {
            let mut count = counts();
            three().then(move |n| {
                let n = count(n);
                Dual::blocking(move || n)
            })
        };
        assert_eq!(by_each(count_dual), expected);
        assert_eq!(by_each(|| three().then(async |n| n + 1)), [1, 2, 3]);
        assert_eq!(by_each(|| three().then(smart)), [1, 2, 3]);
        assert_eq!(by_each(|| three().then(|n| n + 1)), [1, 2, 3]);
        assert_eq!(by_each(|| three().then(|n| n.to_string())), ["0", "1", "2"]);
        let erased = SmartFn::new(|n: u32| n + 1);
        assert_eq!(
            all_in_for(three().then(move |n| erased.invoke_with((n,)))),
            [1, 2, 3]
        );
        // Steps that borrow, and are not `Send`.
        let names = [String::from("a"), String::from("b"), String::from("c")];
        let named = three().then(async |n| &names[n as usize]);
        assert_eq!(all_in_for(named), ["a", "b", "c"]);
    });
}

/// A sync step is blocking code: here for a sync caller, elsewhere if it is awaited.
#[test]
fn sync_step_is_blocking_code() {
    limit(|| {
        let ids = || DualStream::ready(0..5).then(|_| id());
        assert_eq!(all_in_for(ids()), [id(); 5]);
        assert_eq!(Dual::future(all(ids())).get(), [id(); 5]);
        for ran_on in pollster::block_on(all(ids())) {
            assert_ne!(ran_on, id());
        }
        // What changes items in place is called on the thread that takes them.
        let ids = || {
            DualStream::blocking(0..5)
                .map(|_| id())
                .filter(|ran_on| *ran_on == id())
        };
        assert_eq!(pollster::block_on(all(ids())), [id(); 5]);
    });
}

/// `for_each`, `fold` and `try_for_each` take sync, async and smart callbacks, each an `FnMut` without types.
#[test]
fn callbacks() {
    fn resolve<T>(dual: DualOf<impl Work<Output = T>>, awaits: bool) -> T {
        match awaits {
            true => pollster::block_on(dual),
            false => dual.get(),
        }
    }

    limit(|| {
        for awaits in [false, true] {
            let three = || DualStream::blocking(0..3);
            // A sync one borrows, and is called in place.
            let mut seen = Vec::new();
            resolve(three().for_each(|n| seen.push((n, id()))), awaits);
            assert_eq!(seen, [(0, id()), (1, id()), (2, id())]);
            let sum = Cell::new(0);
            resolve(
                three().for_each(async |n| {
                    yield_now().await;
                    sum.set(sum.get() + n);
                }),
                awaits,
            );
            assert_eq!(sum.take(), 3);
            let mut calls = 0;
            resolve(
                three().for_each(|n| {
                    calls += 1;
                    sum.set(sum.get() + n + calls);
                    ready(())
                }),
                awaits,
            );
            assert_eq!(sum.take(), 9);
            let shared = Arc::new(AtomicU32::new(0));
            resolve(
                three().for_each(|n| {
                    let shared = Arc::clone(&shared);
                    Dual::blocking(move || {
                        shared.fetch_add(n, Ordering::SeqCst);
                    })
                }),
                awaits,
            );
            assert_eq!(shared.load(Ordering::SeqCst), 3);

            assert_eq!(resolve(three().fold(10, |sum, n| sum + n), awaits), 13);
            assert_eq!(
                resolve(three().fold(10, async |sum, n| sum + n), awaits),
                13
            );
            assert_eq!(
                resolve(
                    three().fold(10, |sum, n| Dual::blocking(move || sum + n)),
                    awaits
                ),
                13
            );

            let results = |fails: u32| {
                DualStream::blocking((0..3).map(move |n| if n == fails { Err(n) } else { Ok(n) }))
            };
            let mut seen = Vec::new();
            let all = results(9).try_for_each(|n| {
                seen.push(n);
                Ok(())
            });
            assert_eq!(resolve(all, awaits), Ok(()));
            assert_eq!(seen, [0, 1, 2]);
            let stream_fails = results(1).try_for_each(async |_| Ok(()));
            assert_eq!(resolve(stream_fails, awaits), Err(1));
            let callback_fails = results(9).try_for_each(|n| if n < 2 { Ok(()) } else { Err(7) });
            assert_eq!(resolve(callback_fails, awaits), Err(7));
            assert_eq!(resolve(results(2).try_collect::<Vec<_>>(), awaits), Err(2));
            assert_eq!(
                resolve(results(3).try_collect::<Vec<_>>(), awaits),
                Ok(vec![0, 1, 2])
            );
        }
    });
}

/// `collect` over `iter()` does what an iterator's does, and leaves the rest.
#[test]
fn collect_of_an_iterator() {
    limit(|| {
        let mut results = DualStream::blocking([Ok(1), Err("two"), Ok(3)]);
        let collected: Result<Vec<u32>, &str> = results.iter().collect();
        assert_eq!(collected, Err("two"));
        assert_eq!(results.try_next().get(), Ok(Some(3)));
        let mut numbers = DualStream::blocking(0..10);
        assert_eq!(numbers.iter().take(3).sum::<u32>(), 3);
        assert_eq!(numbers.next().get(), Some(3));
        assert_eq!(numbers.into_iter().into_stream().next().get(), Some(4));
    });
}

/// Closures need no types, and what they take is known inside.
#[test]
fn closures_infer() {
    limit(|| {
        let texts = || DualStream::ready(["a", "bc"].map(String::from));
        assert_eq!(all_in_for(texts().map(|text| text.len())), [1, 2]);
        assert_eq!(all_in_for(texts().filter(|text| text.len() > 1)), ["bc"]);
        assert_eq!(
            all_in_for(texts().filter_map(|text| text.parse::<u32>().ok())),
            Vec::<u32>::new()
        );
        assert_eq!(
            all_in_for(texts().take_while(|text| text.is_ascii())),
            ["a", "bc"]
        );
        assert_eq!(all_in_for(texts().then(|text| text.len())), [1, 2]);
        assert_eq!(all_in_for(texts().then(async |text| text.len())), [1, 2]);
        assert_eq!(texts().fold(0, |sum, text| sum + text.len()).get(), 3);
        texts().for_each(|text| assert!(text.len() < 3)).get();
        texts().for_each(async |text| assert!(text.len() < 3)).get();
        let pages = DualStream::pages(|cursor| {
            let next = cursor.map_or(Some(1), |n| (n < 3).then_some(n + 1));
            Ok::<_, Infallible>(([cursor], next))
        });
        assert_eq!(all_in_for(pages), [None, Some(1), Some(2), Some(3)].map(Ok));
        let generated = DualStream::generate(async |mut out| {
            out.emit("a").await;
        });
        assert_eq!(all_in_for(generated), ["a"]);
        let produced = DualStream::produce(1, |out| out.send("a"));
        assert_eq!(all_in_for(produced), ["a"]);
        let local = DualStream::ready([Rc::new(5)])
            .map(|n| Rc::clone(&n))
            .boxed_local();
        assert_eq!(*all_in_for(local)[0], 5);
    });
}

/// `take` asks for no item after its last one.
#[test]
fn take_asks_for_no_more() {
    limit(|| {
        let (send, receive) = mpsc::channel();
        let mut taken = DualStream::blocking(receive).take(2);
        send.send(1).expect("it is alive");
        send.send(2).expect("it is alive");
        // The iterator would wait for ever.
        assert_eq!(taken.next().get(), Some(1));
        assert_eq!(taken.next().get(), Some(2));
        assert_eq!(taken.next().get(), None);
        drop(send);
        // What is made first is not what the other stream makes.
        let chained = DualStream::ready([1]).chain(DualStream::stream(futures::stream::pending()));
        assert_eq!(chained.take(1).collect::<Vec<_>>().get(), [1]);
    });
}

/// What `take` and `take_while` do not need is dropped with the stream.
#[test]
fn rest_is_dropped_with_the_stream() {
    limit(|| {
        let (endless, watch) = numbers();
        let mut taken = DualStream::blocking(endless).take(1);
        assert_eq!(taken.iter().count(), 1);
        assert!(watch.is_alive());
        drop(taken);
        assert_eq!(watch.dropped_on(), id());
        let (endless, watch) = numbers();
        let mut taken = DualStream::blocking(endless).take_while(|n| *n < 3);
        assert_eq!(taken.iter().count(), 3);
        assert_eq!(watch.made(), 4);
        assert!(watch.is_alive());
        drop(taken);
        watch.dropped_on();
    });
}

/// At most so many handles run at once, and as many do, also in a `for`.
#[test]
fn buffered_handles_overlap() {
    limit(|| {
        let gauge = Arc::new(crate::common::Gauge::default());
        for ordered in [true, false] {
            let barrier = Arc::new(Barrier::new(3));
            let (gauge, meets) = (Arc::clone(&gauge), Arc::clone(&barrier));
            let handles = DualStream::ready(0..9).map(move |n| {
                let (gauge, meets) = (Arc::clone(&gauge), Arc::clone(&meets));
                Dual::blocking(move || {
                    gauge.run(|| {
                        meets.wait();
                    });
                    n
                })
            });
            let mut got = match ordered {
                true => all_in_for(handles.buffered(3)),
                false => all_in_for(handles.buffer_unordered(3)),
            };
            if !ordered {
                got.sort_unstable();
            }
            assert_eq!(got, Vec::from_iter(0..9));
        }
        assert_eq!(gauge.most(), 3);
    });
}

/// Dropping the future of a `next` keeps what is decided on, or worked on.
#[test]
fn steps_go_on_after_a_dropped_next() {
    fn later<S: Source<Item = u32>>(mut stream: DualStream<u32, S>) -> Vec<u32> {
        let mut got = Vec::new();
        loop {
            // The first poll is given up.
            match stream.next().now_or_later() {
                Ok(Some(item)) => got.push(item),
                Ok(None) => return got,
                Err(_) => got.extend(stream.next().get()),
            }
        }
    }

    async fn slowly<T>(value: T) -> T {
        yield_now().await;
        value
    }

    limit(|| {
        let ten = || DualStream::ready(0..10);
        let expected = Vec::from_iter(0..10);
        assert_eq!(later(ten().then(slowly)), expected);
        assert_eq!(later(ten().then(|n| n)), expected);
        assert_eq!(later(ten().filter(|_| slowly(true))), expected);
        assert_eq!(later(ten().filter_map(|n| slowly(Some(n)))), expected);
        assert_eq!(later(ten().take_while(|_| slowly(true))), expected);
        assert_eq!(later(ten().map(slowly).buffered(2)), expected);
        assert_eq!(
            later(ten().chunks(3).flat_map(|n| DualStream::blocking(n))),
            expected
        );
        // What never comes is dropped with the stream.
        let mut never = ten().then(async |_| future::pending::<u32>().await);
        assert!(never.next().now_or_later().is_err());
    });
}
