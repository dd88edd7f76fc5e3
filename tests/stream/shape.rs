//! The size of a stream, its auto traits, its end, and what it says of its length.

use std::cell::Cell;
use std::fmt::Debug;
use std::iter::{self, FusedIterator};
use std::rc::Rc;

use futures::Stream;
use futures::stream::FusedStream;
use futures_lite::future::yield_now;
use smartcall::stream::{
    Async, Blocking, Boxed, IntoIter, Iter, LocalBoxed, Next, Out, Ready, TryNext,
};
use smartcall::{Dual, DualStream, DualStreamOf, Emit, Source};

use super::support::{Counting, all, all_in_for, by_each, multi_thread, numbers};
use crate::common::{has, has_not, limit};

const WORD: usize = size_of::<usize>();

/// The sizes of the sources, and of a handle: a source and a word.
#[test]
fn sizes() {
    #[track_caller]
    fn check<T, S: Source<Item = T>>(words: usize, _: &DualStream<T, S>) {
        assert_eq!(
            size_of::<S>(),
            words * WORD,
            "{}",
            std::any::type_name::<S>()
        );
        assert_eq!(size_of::<DualStream<T, S>>(), (words + 1) * WORD);
    }

    let iter = || iter::once(5_usize);
    let of_iter = size_of_val(&iter()) / WORD;
    check(of_iter, &DualStream::ready(iter()));
    check(of_iter + 2, &DualStream::blocking(iter()));
    check(1, &DualStream::stream(futures::stream::iter(iter())));
    check(
        of_iter + 2,
        &DualStream::pair(iter(), futures::stream::iter(iter())),
    );
    check(15, &DualStream::generate(async |_: Emit<u32>| ()));
    check(
        15,
        &DualStream::try_generate(async |_: Emit<u32>| Ok::<(), usize>(())),
    );
    check(2, &DualStream::ready(iter()).boxed());
    check(2, &DualStream::ready(iter()).boxed_local());
    assert_eq!(size_of::<DualStream<u32>>(), 3 * WORD);
    assert_eq!(size_of::<DualStream<[u8; 4_096]>>(), 3 * WORD);
    assert_eq!(size_of::<Emit<u32>>(), 6 * WORD);
    assert_eq!(size_of::<Iter<'_, u32, Boxed<'_, u32>>>(), 2 * WORD);

    let mut stream = DualStream::ready(iter());
    assert_eq!(size_of_val(&stream.next()), 2 * WORD);
    let mut results = DualStream::ready([Ok::<u32, ()>(5)]);
    assert_eq!(size_of_val(&results.try_next()), 2 * WORD);
}

/// An iterator that is not `Unpin`, and a stream that is not.
type Items = std::vec::IntoIter<Cell<u32>>;
type Pinned = futures::stream::Once<std::future::Pending<std::marker::PhantomPinned>>;

// A stream is `Send` if its source is. `Sync` is not needed. It is always `Unpin`.
has! {
    DualStream<u32>: Send, Unpin, Stream, FusedStream, Source, Debug, IntoIterator;
    DualStream<Cell<u32>>: Send, Unpin;
    DualStream<Rc<u32>>: Send, Unpin;
    DualStream<u32, LocalBoxed<'static, u32>>: Unpin, Debug;
    DualStream<Cell<u32>, Ready<Items>>: Send, Unpin;
    DualStream<Cell<u32>, Blocking<Items>>: Send, Unpin;
    DualStreamOf<Async<Pinned>>: Send, Unpin, Debug;
    Next<'static, u32, Boxed<'static, u32>>: Send, Unpin, Debug;
    TryNext<'static, u32, u32, Boxed<'static, Result<u32, u32>>>: Send, Unpin, Debug;
    IntoIter<u32, Boxed<'static, u32>>: Send, Iterator, FusedIterator, Debug;
    Iter<'static, u32, Boxed<'static, u32>>: Send, Iterator, FusedIterator, Debug;
    Emit<Cell<u32>>: Send, Sync, Clone, Unpin, Debug;
    Out<Cell<u32>>: Send, Debug;
    dyn Source<Item = u32>: Stream;
}
has_not! {
    DualStream<u32>: Iterator, Sync;
    DualStream<u32, LocalBoxed<'static, u32>>: Send, Sync;
    DualStream<Rc<u32>, Ready<std::vec::IntoIter<Rc<u32>>>>: Send;
}

/// What takes items, and what makes other items of them, is `Send` though the source and the items are not `Sync`.
#[test]
fn work_needs_no_sync() {
    fn send<T: Send>(_: T) {}

    fn all<S: Source<Item = Cell<u32>> + Send + 'static>(
        make: impl Fn() -> DualStream<Cell<u32>, S>,
    ) {
        send(make().next());
        send(make().collect::<Vec<_>>());
        send(make().map(Ok::<_, ()>).try_collect::<Vec<_>>());
        send(make().for_each(async |_| ()));
        send(make().map(Ok).try_for_each(async |_| Ok::<_, ()>(())));
        send(make().fold(0, |sum, n| sum + n.get()));
        send(
            make()
                .filter(|_| true)
                .filter_map(Some)
                .take(2)
                .take_while(|_| true)
                .chunks(2),
        );
        send(make().chain(make()).flat_map(|n| DualStream::ready([n])));
        send(make().map(Dual::ready).buffered(2).collect::<Vec<_>>());
        send(
            make()
                .map(Dual::ready)
                .buffer_unordered(2)
                .collect::<Vec<_>>(),
        );
        send(make().then(async |n| n).collect::<Vec<_>>());
        #[cfg(feature = "executor")]
        send(make().start(2).collect::<Vec<_>>());
        send(make().boxed());
    }
    all(|| DualStream::ready([Cell::new(1)]));
    all(|| DualStream::blocking([Cell::new(1)]));
    all(|| DualStream::produce(1, |out| out.send(Cell::new(1))));
    all(|| DualStream::stream(futures::stream::iter([Cell::new(1)])));
    all(|| DualStream::flatten(Dual::blocking(|| DualStream::ready([Cell::new(1)]))));
    all(|| {
        DualStream::generate(async |mut out: Emit<Cell<u32>>| {
            out.emit(Cell::new(1)).await;
        })
    });
}

/// A library's function, as its callers see it.
fn library(n: u32) -> DualStreamOf<impl Source<Item = u32> + Send> {
    DualStream::generate(async move |mut out: Emit<u32>| {
        for i in 0..n {
            out.emit(Dual::blocking(move || i).await).await;
        }
    })
}

struct Client {
    names: Vec<String>,
}

impl Client {
    /// A method that borrows.
    fn names(&self) -> DualStreamOf<impl Source<Item = &str> + Send> {
        DualStream::generate(async |mut out: Emit<&str>| {
            for name in &self.names {
                yield_now().await;
                out.emit(name).await;
            }
        })
    }

    /// The type can be named.
    fn boxed(&self) -> DualStream<&str, Boxed<'_, &str>> {
        DualStream::ready(self.names.iter().map(String::as_str)).boxed()
    }
}

trait Lists {
    fn list(&self) -> DualStreamOf<impl Source<Item = u32> + Send>;
}

trait DynLists {
    fn list(&self) -> DualStream<u32>;
}

impl Lists for u32 {
    fn list(&self) -> DualStreamOf<impl Source<Item = u32> + Send> {
        DualStream::ready(0..*self)
    }
}

impl DynLists for u32 {
    fn list(&self) -> DualStream<u32> {
        DualStream::blocking(0..*self).boxed()
    }
}

/// What other functions return can be spawned, borrowed from, and named, also in traits.
#[test]
fn in_signatures() {
    limit(|| {
        assert_eq!(by_each(|| library(5)), [0, 1, 2, 3, 4]);
        let runtime = multi_thread(1);
        let spawned = runtime.spawn(async { library(3).collect::<Vec<_>>().await });
        assert_eq!(runtime.block_on(spawned).expect("no panic"), [0, 1, 2]);

        let client = Client {
            names: vec!["a".into(), "b".into()],
        };
        assert_eq!(all_in_for(client.names()), ["a", "b"]);
        assert_eq!(pollster::block_on(all(client.names())), ["a", "b"]);
        assert_eq!(all_in_for(client.boxed()), ["a", "b"]);
        assert_eq!(pollster::block_on(all(client.boxed())), ["a", "b"]);

        assert_eq!(all_in_for(Lists::list(&3)), [0, 1, 2]);
        let lists: &dyn DynLists = &3;
        assert_eq!(all_in_for(lists.list()), [0, 1, 2]);
        let stored = [lists.list(), library(3).boxed()];
        for stream in stored {
            assert_eq!(pollster::block_on(all(stream)), [0, 1, 2]);
        }
    });
}

/// An iterator that goes on after its end.
fn comes_back() -> impl Iterator<Item = u32> + Send + 'static {
    let mut n = 0;
    iter::from_fn(move || {
        n += 1;
        (n % 3 != 0).then_some(n)
    })
}

/// After the end there is no item, whatever the source would do.
#[test]
fn fused() {
    #[track_caller]
    fn check<S: Source<Item = u32>>(make: impl Fn() -> DualStream<u32, S>) {
        let mut stream = make();
        assert_eq!(Vec::from_iter(stream.iter()), [1, 2]);
        for _ in 0..5 {
            assert!(stream.is_terminated());
            assert_eq!(stream.next().get(), None);
            assert_eq!(pollster::block_on(stream.next()), None);
        }
        let mut stream = make();
        assert!(!stream.is_terminated());
        pollster::block_on(async {
            assert_eq!(stream.next().await, Some(1));
            assert_eq!(stream.next().await, Some(2));
            for _ in 0..5 {
                assert_eq!(stream.next().await, None);
            }
        });
        assert!(all_in_for(stream).is_empty());
    }

    limit(|| {
        check(|| DualStream::ready(comes_back()));
        check(|| DualStream::blocking(comes_back()));
        check(|| DualStream::stream(futures::stream::iter(comes_back())));
        check(|| DualStream::pair(comes_back(), futures::stream::iter(comes_back())));
        check(|| DualStream::blocking(comes_back()).map(|n| n).boxed());
        check(|| DualStream::blocking(comes_back()).on(&Counting::new()));
        check(|| DualStream::ready(1..10).take_while(|n| *n < 3));
        check(|| DualStream::ready(1..10).take(2));
    });
}

/// The length is what is left of the source.
#[test]
fn size_hint() {
    limit(|| {
        let exact = |n| (n, Some(n));
        let mut ready = DualStream::ready(0..10);
        assert_eq!(ready.size_hint(), exact(10));
        assert_eq!(ready.next().get(), Some(0));
        assert_eq!(ready.size_hint(), exact(9));
        assert_eq!(ready.iter().size_hint(), exact(9));
        assert_eq!(ready.into_iter().size_hint(), exact(9));

        let pool = Counting::new();
        let mut blocking = DualStream::blocking(0..100).on(&pool);
        assert_eq!(blocking.size_hint(), exact(100));
        for n in 0..10 {
            assert_eq!(pollster::block_on(blocking.next()), Some(n));
            let (least, most) = blocking.size_hint();
            let left = 99 - n as usize;
            assert!(least <= left && most.is_none_or(|most| most >= left));
        }
        let mut here = DualStream::blocking(0..100);
        for n in 0..10 {
            assert_eq!(here.next().get(), Some(n));
            assert_eq!(here.size_hint(), exact(99 - n as usize));
        }
        assert_eq!(here.boxed().size_hint(), exact(90));

        // What changes items knows what it does to their number.
        let ten = || DualStream::ready(0..10);
        assert_eq!(ten().map(|n| n).size_hint(), exact(10));
        assert_eq!(ten().take(3).size_hint(), exact(3));
        assert_eq!(ten().take(30).size_hint(), exact(10));
        assert_eq!(ten().chain(ten()).size_hint(), exact(20));
        assert_eq!(ten().chunks(3).size_hint(), exact(4));
        assert_eq!(ten().then(|n| n).size_hint(), exact(10));
        assert_eq!(ten().filter(|_| true).size_hint(), (0, Some(10)));
        assert_eq!(ten().filter_map(Some).size_hint(), (0, Some(10)));
        let stream = DualStream::stream(futures::stream::iter(0..10));
        assert_eq!(stream.size_hint(), exact(10));
        let mut ended = DualStream::stream(futures::stream::iter(0..1));
        assert_eq!(ended.iter().count(), 1);
        assert_eq!(ended.size_hint(), exact(0));

        // Without an end, and with an end that nobody knows.
        let (numbers, _watch) = numbers();
        assert_eq!(DualStream::blocking(numbers).size_hint(), (0, None));
        let endless = DualStream::ready(0_u64..);
        assert_eq!(endless.size_hint(), (usize::MAX, None));
        assert_eq!(
            endless.chain(DualStream::ready([1])).size_hint(),
            (usize::MAX, None)
        );
        assert_eq!(
            DualStream::generate(async |_: Emit<u32>| ()).size_hint(),
            (0, None)
        );
    });
}
