//! Which extension traits are in scope does not matter: `next` and a `for` mean the same.

use futures::Stream;
use futures::future::{Either, select};
use futures::{FutureExt as _, pin_mut};
use futures_lite::future::yield_now;
use smartcall::{Dual, DualStream};

use crate::common::limit;

/// Takes an item in each way that has the same name with and without the traits.
macro_rules! takes {
    () => {
        use smartcall::DualStream;

        pub(super) fn takes() {
            let mut s = DualStream::blocking(0..8);
            assert_eq!(s.next().get(), Some(0));
            assert_eq!(pollster::block_on(async { s.next().await }), Some(1));
            for x in &mut s {
                assert_eq!(x, 2);
                break;
            }
            let by_ref = &mut s;
            assert_eq!(by_ref.next().get(), Some(3));
            assert_eq!(pollster::block_on(async { by_ref.next().await }), Some(4));
            let mut boxed: DualStream<u32> = s.boxed();
            assert_eq!(boxed.next().get(), Some(5));
            assert_eq!(boxed.iter().next(), Some(6));
            let mut last = boxed.map(|n| n + 1).filter(|n| *n > 0).take(5);
            assert_eq!(last.next().get(), Some(8));
            assert_eq!(last.next().try_get().ok(), Some(None));

            let mut results = DualStream::blocking([Ok(1), Ok(2), Err("end")]);
            assert_eq!(results.try_next().get(), Ok(Some(1)));
            let awaited = pollster::block_on(async { results.try_next().await });
            assert_eq!(awaited, Ok(Some(2)));
            assert_eq!(results.try_next().get(), Err("end"));
            assert_eq!(results.try_next().get(), Ok(None));
        }
    };
}

mod nothing {
    takes!();
}

#[allow(unused_imports, reason = "that they may be there is what is tested")]
mod of_futures {
    use futures::{FutureExt, StreamExt, TryStreamExt};
    takes!();
}

#[allow(unused_imports, reason = "that they may be there is what is tested")]
mod of_futures_lite {
    use futures_lite::{FutureExt, StreamExt};
    takes!();
}

#[allow(unused_imports, reason = "that they may be there is what is tested")]
mod both {
    use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
    use futures_lite::{FutureExt as _, StreamExt as _};
    takes!();
}

#[test]
fn with_each_import() {
    limit(|| {
        nothing::takes();
        of_futures::takes();
        of_futures_lite::takes();
        both::takes();
    });
}

/// Code over any stream uses `StreamExt`'s methods.
#[test]
fn generic_code() {
    use futures::StreamExt;

    async fn first<S: Stream + Unpin>(mut stream: S) -> Option<S::Item> {
        stream.next().await
    }

    limit(|| {
        assert_eq!(
            pollster::block_on(first(DualStream::blocking(0..2))),
            Some(0)
        );
        assert_eq!(Dual::future(first(DualStream::ready(0..2))).get(), Some(0));
    });
}

/// A stream that waits once before each item.
fn slow() -> impl Stream<Item = u32> {
    futures::stream::unfold(0, async |n| {
        yield_now().await;
        Some((n, n + 1))
    })
}

/// What loses a `select` leaves its item in the stream.
#[test]
fn select_loses_nothing() {
    limit(|| {
        let mut fast = DualStream::ready(0..100);
        let mut slow = DualStream::stream(slow());
        let (mut from_fast, mut from_slow) = (0, 0);
        pollster::block_on(async {
            while from_fast < 50 {
                match select(slow.next(), fast.next()).await {
                    Either::Left((item, _)) => {
                        assert_eq!(item, Some(from_slow));
                        from_slow += 1;
                    }
                    Either::Right((item, _)) => {
                        assert_eq!(item, Some(from_fast));
                        from_fast += 1;
                    }
                }
            }
        });
        assert!(from_slow > 0);
        assert_eq!(slow.next().get(), Some(from_slow));
        assert_eq!(fast.next().get(), Some(from_fast));
    });
}

/// `futures::select!` takes a `next`, and what has ended is not taken any more.
#[test]
fn select_of_futures() {
    use futures::StreamExt;

    limit(|| {
        let mut one = DualStream::blocking(0..50);
        let mut two = DualStream::stream(slow()).take(50);
        let mut got = Vec::new();
        pollster::block_on(async {
            loop {
                futures::select! {
                    n = one.select_next_some() => got.push(n),
                    n = two.next() => if let Some(n) = n { got.push(n) },
                    complete => break,
                }
            }
        });
        got.sort_unstable();
        assert_eq!(got, Vec::from_iter((0..50).flat_map(|n| [n, n])));
    });
}

/// `tokio::select!` likewise, by reference to the stream.
#[test]
fn select_of_tokio() {
    limit(|| {
        let mut one = DualStream::blocking(0..50);
        let mut two = DualStream::stream(slow()).take(50);
        let mut got = Vec::new();
        super::support::current_thread().block_on(async {
            loop {
                tokio::select! {
                    Some(n) = one.next() => got.push(n),
                    Some(n) = two.next() => got.push(n),
                    else => break,
                }
            }
            // So do the other ones.
            let mut three = DualStream::ready([1]);
            let limit = std::time::Duration::from_secs(60);
            let timed = tokio::time::timeout(limit, three.next()).await;
            assert_eq!(timed.expect("it is there"), Some(1));
            let mut four = DualStream::ready([1]);
            assert_eq!(tokio::join!(three.next(), four.next()), (None, Some(1)));
        });
        got.sort_unstable();
        assert_eq!(got, Vec::from_iter((0..50).flat_map(|n| [n, n])));
    });
}

/// A `next` is `Unpin`, and is a fused future.
#[test]
fn next_is_a_future_like_others() {
    use futures::future::FusedFuture;

    fn check<F: Future + Unpin + FusedFuture>(future: F) -> F {
        future
    }

    limit(|| {
        let mut stream = DualStream::ready([1]);
        assert!(!check(stream.next()).is_terminated());
        let fused = stream.next().fuse();
        pin_mut!(fused);
        assert_eq!(pollster::block_on(fused), Some(1));
        assert_eq!(stream.next().get(), None);
        assert!(check(stream.next()).is_terminated());
        let mut results = DualStream::ready([Ok::<u32, ()>(1)]);
        assert!(!check(results.try_next()).is_terminated());
    });
}
