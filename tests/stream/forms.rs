//! What each constructor gives, to both callers.

use std::convert::Infallible;
use std::future;
use std::iter;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};

use futures::{Stream, StreamExt as _, stream};
use futures_lite::future::yield_now;
use smartcall::offload::Limited;
use smartcall::{Dual, DualStream, DualStreamOf, Emit, Source};

use super::support::{all, all_in_for, by_each, id};
use crate::common::limit;

#[test]
fn smoke() {
    limit(|| {
        let mut stream = DualStream::ready([1, 2, 3, 4]);
        assert_eq!(stream.next().get(), Some(1));
        assert_eq!(pollster::block_on(stream.next()), Some(2));
        assert_eq!(all_in_for(stream), [3, 4]);
    });
}

/// Items that are there: many, one, none.
#[test]
fn ready() {
    limit(|| {
        assert_eq!(
            by_each(|| DualStream::ready(0..100)),
            Vec::from_iter(0..100)
        );
        assert_eq!(by_each(|| DualStream::ready([5])), [5]);
        assert_eq!(by_each(|| DualStream::ready(Some("x"))), ["x"]);
        assert!(by_each(|| DualStream::ready([0_u32; 0])).is_empty());
    });
}

/// They are handed over on the thread that takes them, and need be neither `Send` nor `'static`.
#[test]
fn ready_stays_on_its_thread() {
    limit(|| {
        let text = String::from("a b");
        let borrowed = || DualStream::ready(text.split(' ').map(|part| (part, Rc::new(id()))));
        for (part, thread) in borrowed() {
            assert!(text.contains(part) && *thread == id());
        }
        for (_, thread) in pollster::block_on(all(borrowed())) {
            assert_eq!(*thread, id());
        }
    });
}

#[test]
fn blocking() {
    limit(|| {
        assert_eq!(
            by_each(|| DualStream::blocking(0..100)),
            Vec::from_iter(0..100)
        );
        assert_eq!(by_each(|| DualStream::blocking(vec![5])), [5]);
        assert!(by_each(|| DualStream::blocking(iter::empty::<u32>())).is_empty());
        for ahead in [1, 2, 3, 8, 9, 1024, usize::MAX] {
            let got = by_each(|| DualStream::blocking(0..100).ahead(ahead));
            assert_eq!(got, Vec::from_iter(0..100), "{ahead} ahead");
        }
    });
}

/// A stream that is not `Unpin`, and is pending before each item.
fn yields(n: u32) -> impl Stream<Item = u32> + Send {
    stream::unfold(0, move |i| async move {
        yield_now().await;
        (i < n).then_some((i, i + 1))
    })
}

#[test]
fn stream() {
    limit(|| {
        assert_eq!(
            by_each(|| DualStream::stream(yields(10))),
            Vec::from_iter(0..10)
        );
        assert_eq!(by_each(|| DualStream::stream(stream::iter([5]))), [5]);
        assert!(by_each(|| DualStream::stream(stream::empty::<u32>())).is_empty());
    });
}

/// What `StreamExt` returns is made dual again.
#[test]
fn stream_of_adapted_streams() {
    limit(|| {
        let zipped = || {
            let ones = DualStream::blocking(0..3);
            DualStream::stream(ones.zip(DualStream::stream(yields(5))))
        };
        assert_eq!(by_each(zipped), [(0, 0), (1, 1), (2, 2)]);
    });
}

/// Two sides over one source, which say who has taken an item.
fn sides(n: u32) -> DualStreamOf<impl Source<Item = (&'static str, u32)> + Send + 'static> {
    let next = Arc::new(AtomicU32::new(0));
    let polled = Arc::clone(&next);
    let item = move |next: &AtomicU32, side| {
        let item = next.fetch_add(1, Ordering::SeqCst);
        (item < n).then_some((side, item))
    };
    DualStream::pair(
        iter::from_fn(move || item(&next, "iterator")),
        stream::poll_fn(move |_| Poll::Ready(item(&polled, "stream"))),
    )
}

/// A sync caller takes from the iterator, an async one from the stream, also in turns.
#[test]
fn pair() {
    limit(|| {
        assert_eq!(all_in_for(sides(2)), [("iterator", 0), ("iterator", 1)]);
        assert_eq!(
            pollster::block_on(all(sides(2))),
            [("stream", 0), ("stream", 1)]
        );
        let mut turns = sides(4);
        assert_eq!(turns.next().get(), Some(("iterator", 0)));
        assert_eq!(pollster::block_on(turns.next()), Some(("stream", 1)));
        assert_eq!(turns.iter().next(), Some(("iterator", 2)));
        assert_eq!(pollster::block_on(turns.next()), Some(("stream", 3)));
        assert_eq!(turns.next().get(), None);
        assert_eq!(pollster::block_on(turns.next()), None);
        // Driven, its iterator is taken if it is alone.
        let alone = Dual::future(all(sides(1))).get();
        assert_eq!(alone, [("iterator", 0)]);
        let joined = async { futures::join!(all(sides(1)), all(sides(1))) };
        let side = [("stream", 0)];
        assert_eq!(Dual::future(joined).get(), (side.into(), side.into()));
        // With a pool, the stream is driven.
        let pool = Limited::new(1.try_into().expect("not 0"));
        assert_eq!(all_in_for(sides(1).on(&pool)), [("stream", 0)]);
    });
}

/// A stream of a pair that was asked for an item is not left for the iterator, which would skip that item.
#[test]
fn pair_that_was_polled_stays_with_its_stream() {
    limit(|| {
        let (items, receiver) = futures::channel::mpsc::unbounded();
        let mut both = DualStream::pair(iter::once("iterator"), receiver);
        let later = both.next().now_or_later().expect_err("it is pending");
        drop(later);
        items.unbounded_send("stream").expect("it is open");
        assert_eq!(both.next().get(), Some("stream"));
        assert_eq!(both.next().get(), Some("iterator"));
    });
}

#[test]
fn generate() {
    limit(|| {
        let numbers = || {
            DualStream::generate(async |mut out: Emit<u32>| {
                out.emit(0).await;
                yield_now().await;
                out.emit_all(1..50).await;
                out.emit_all([]).await;
                out.emit(50).await;
                yield_now().await;
            })
        };
        assert_eq!(by_each(numbers), Vec::from_iter(0..=50));
        let nothing = || DualStream::generate(async |_out: Emit<u32>| yield_now().await);
        assert!(by_each(nothing).is_empty());
    });
}

#[test]
fn try_generate() {
    limit(|| {
        let numbers = |text: &'static str| {
            DualStream::try_generate(async move |mut out: Emit<u32>| {
                for part in text.split(' ') {
                    out.emit(part.parse().map_err(|_| part)?).await;
                }
                Ok::<(), &str>(())
            })
        };
        assert_eq!(by_each(|| numbers("1 2")), [Ok(1), Ok(2)]);
        assert_eq!(by_each(|| numbers("1 two 3")), [Ok(1), Err("two")]);
    });
}

#[test]
fn pages() {
    limit(|| {
        let page = |page: Option<u32>| {
            let page = page.unwrap_or(0);
            let next = (page < 3).then_some(page + 1);
            Ok::<_, Infallible>((page * 10..page * 10 + page, next))
        };
        let expected = [10, 20, 21, 30, 31, 32].map(Ok);
        assert_eq!(by_each(|| DualStream::pages(page)), expected);
        let fetch = move |cursor: Option<u32>| async move {
            yield_now().await;
            page(cursor)
        };
        assert_eq!(Dual::future(all(DualStream::pages(fetch))).get(), expected);
        assert_eq!(all_in_for(DualStream::pages(fetch)), expected);
        assert_eq!(pollster::block_on(all(DualStream::pages(fetch))), expected);
    });
}

#[test]
fn produce() {
    limit(|| {
        let numbers = |ahead| {
            DualStream::produce(ahead, |out| {
                for n in 0..100 {
                    out.send(n)?;
                }
                Ok(())
            })
        };
        for ahead in [1, 2, 3, 64] {
            assert_eq!(by_each(|| numbers(ahead)), Vec::from_iter(0..100));
        }
    });
}

/// A handle opens a stream when its first item is asked for, as the handle that it is.
#[test]
fn flatten() {
    limit(|| {
        let blocking = || DualStream::flatten(Dual::blocking(|| DualStream::blocking(0..3)));
        assert_eq!(by_each(blocking), [0, 1, 2]);
        let asynchronous = || {
            DualStream::flatten(Dual::future(async {
                yield_now().await;
                DualStream::ready(0..3)
            }))
        };
        assert_eq!(by_each(asynchronous), [0, 1, 2]);
    });
}

/// An error of the opening is the only item.
#[test]
fn try_flatten() {
    limit(|| {
        let open = |works: bool| {
            DualStream::try_flatten(Dual::blocking(move || {
                if works {
                    Ok(DualStream::blocking([Ok(1), Err("item")]))
                } else {
                    Err("opening")
                }
            }))
        };
        assert_eq!(by_each(|| open(true)), [Ok(1), Err("item")]);
        assert_eq!(by_each(|| open(false)), [Err("opening")]);
    });
}

/// A source of the program, which says who has taken an item.
struct Own(u32);

impl Stream for Own {
    type Item = (&'static str, u32);

    fn poll_next(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.block_next().map(|(_, n)| ("polled", n)))
    }
}

impl Source for Own {
    fn block_next(&mut self) -> Option<Self::Item> {
        self.0 = self.0.checked_sub(1)?;
        Some(("blocked", self.0))
    }
}

#[test]
fn new() {
    limit(|| {
        assert_eq!(
            all_in_for(DualStream::new(Own(2))),
            [("blocked", 1), ("blocked", 0)]
        );
        let awaited = pollster::block_on(all(DualStream::new(Own(2))));
        assert_eq!(awaited, [("polled", 1), ("polled", 0)]);
        assert_eq!(
            all_in_for(DualStream::new(Own(1)).boxed_local()),
            [("blocked", 0)]
        );
    });
}

/// Nothing runs before the first item is asked for, and nothing runs if none is.
#[test]
fn nothing_runs_before_the_first_item() {
    limit(|| {
        let runs = Arc::new(AtomicUsize::new(0));
        let ran = || {
            let runs = Arc::clone(&runs);
            move || runs.fetch_add(1, Ordering::SeqCst)
        };
        macro_rules! unused {
            ($($make:expr;)+) => {$(
                let mut unused = $make;
                drop(unused.next());
                drop(unused.iter());
                drop(unused.boxed().map(|_| ()).take(5));
                assert_eq!(runs.load(Ordering::SeqCst), 0, "{}", stringify!($make));
            )+};
        }
        let (one, two, three, four, five, six, seven) =
            (ran(), ran(), ran(), ran(), ran(), ran(), ran());
        unused! {
            DualStream::ready(iter::repeat_with({ let ran = ran(); move || ran() }));
            DualStream::blocking(iter::repeat_with(one));
            DualStream::stream(stream::once(async move { two() }));
            DualStream::generate(async move |_out: Emit<u32>| { three(); });
            DualStream::try_generate(async move |_out: Emit<u32>| { four(); Ok::<(), ()>(()) });
            DualStream::produce(5, move |_out: &mut smartcall::stream::Out<u32>| { five(); });
            DualStream::flatten(Dual::blocking(move || DualStream::ready([six()])));
            DualStream::pages(move |_: Option<u32>| Ok::<_, ()>(([seven()], None)));
        }
    });
}

/// What stands before the future of a generator runs in the call of `generate`.
#[test]
fn closure_of_generate_runs_at_once() {
    let (call, calls) = mpsc::channel();
    let stream = DualStream::generate(|mut out: Emit<u32>| {
        call.send("called").expect("it is open");
        let call = call.clone();
        async move {
            call.send("ran").expect("it is open");
            out.emit(5).await;
        }
    });
    assert_eq!(calls.try_iter().collect::<Vec<_>>(), ["called"]);
    assert_eq!(all_in_for(stream), [5]);
    assert_eq!(calls.try_iter().collect::<Vec<_>>(), ["ran"]);
}

/// Formatting takes no item.
#[test]
fn debug() {
    let mut stream = DualStream::ready([1]);
    assert_eq!(format!("{stream:?}"), "DualStream { .. }");
    assert_eq!(format!("{:?}", stream.next()), "Dual { .. }");
    let ready = future::ready(());
    assert_eq!(
        pollster::block_on(async {
            ready.await;
            stream.next().await
        }),
        Some(1)
    );
}
