//! Arguments that make no sense, destructors that panic, and drops in strange places.

use std::cell::RefCell;
use std::iter;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use futures_lite::future::yield_now;
use smartcall::{Dual, DualStream};

#[cfg(feature = "executor")]
use super::support::all;
use super::support::{Counting, all_in_for, by_each, id, numbers};
use crate::common::{AtExit, Counted, here, limit, panic_of, panicked_at, wait_until};

/// A zero is refused at the caller's line, before anything runs.
#[test]
fn zeros() {
    limit(|| {
        let ones = || DualStream::blocking(iter::repeat(1_u32));
        let handles = || ones().map(|n| Dual::blocking(move || n));
        // The line is that of the macro's call, so each call is on one.
        macro_rules! refused {
            ($start:ident, $code:expr) => {
                let (line, (at, said)) = (here!(), panicked_at(|| drop($code)));
                assert_eq!(at, line, "{said}");
                assert!(said.starts_with($start), "{said}");
            };
        }
        const AHEAD: &str = "a stream can't be 0 items ahead";
        const CHUNK: &str = "a chunk can't have 0 items";
        const BUFFER: &str = "0 handles at once resolve none";
        refused!(AHEAD, ones().ahead(0));
        refused!(AHEAD, DualStream::produce(0, |out| out.send(5)));
        refused!(CHUNK, ones().chunks(0));
        refused!(BUFFER, handles().buffered(0));
        refused!(BUFFER, handles().buffer_unordered(0));
        #[cfg(feature = "executor")]
        {
            refused!(AHEAD, ones().start(0));
        }
        // A stream of nothing is none of them.
        assert!(all_in_for(ones().take(0)).is_empty());
    });
}

/// A cursor that stays the same makes a stream without an end, and other tasks go on.
#[test]
fn same_cursor_for_ever() {
    limit(|| {
        let mut same = DualStream::pages(|_: Option<u32>| Ok::<_, ()>(([5], Some(1))));
        for _ in 0..1_000 {
            assert_eq!(same.next().get(), Some(Ok(5)));
        }
        // Without items, the `next` never ends, but it lets the other branch run.
        let empty = || DualStream::pages(async |_: Option<u32>| Ok::<_, ()>(([0_u32; 0], Some(1))));
        let others = async {
            let mut empty = empty();
            let never = async { empty.next().await };
            let other = async {
                for _ in 0..100 {
                    yield_now().await;
                }
            };
            futures::future::select(std::pin::pin!(never), std::pin::pin!(other)).await;
        };
        pollster::block_on(others);
        let timed = empty()
            .collect::<Vec<_>>()
            .timeout(std::time::Duration::from_millis(5));
        assert!(timed.get().is_err());
        #[cfg(feature = "executor")]
        {
            let ex = smartcall::LocalExecutor::new();
            let never = ex.spawn(all(empty()));
            ex.block_on(ex.spawn(yield_now()));
            drop(never);
        }
    });
}

/// A destructor that panics.
struct PanicsInDrop(mpsc::Sender<()>);

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        let _ = self.0.send(());
        if !thread::panicking() {
            panic!("the destructor's own message");
        }
    }
}

/// An iterator whose destructor panics after its last item: the items come first.
#[test]
fn iterator_whose_drop_panics_at_its_end() {
    limit(|| {
        for n in [0, 1, 3, 20, 100] {
            let (dropped, drops) = mpsc::channel();
            let make = || {
                let panics = PanicsInDrop(dropped.clone());
                DualStream::blocking((0..n).filter(move |_| {
                    let _ = &panics;
                    true
                }))
            };
            #[track_caller]
            fn check(n: u32, mut next: impl FnMut() -> Option<u32>) {
                for i in 0..n {
                    assert_eq!(next(), Some(i));
                }
                let said = panic_of(&mut next);
                assert_eq!(said, "the destructor's own message");
                assert_eq!(next(), None);
            }
            let mut stream = make();
            check(n, || stream.next().get());
            let mut stream = make();
            check(n, || pollster::block_on(stream.next()));
            let mut stream = make();
            check(n, || Dual::future(async { stream.next().await }).get());
            drop(stream);
            assert_eq!(drops.try_iter().count(), 3, "each is dropped once");
        }
    });
}

/// An iterator whose destructor panics on the pool, after its stream was dropped: nobody sees it, and the pool goes on.
#[test]
fn iterator_whose_drop_panics_on_the_pool() {
    limit(|| {
        let pool = Counting::new();
        let (dropped, drops) = mpsc::channel();
        let panics = PanicsInDrop(dropped);
        let items = iter::repeat_with(move || {
            let _ = &panics;
            5
        });
        let mut stream = DualStream::blocking(items).on(&pool);
        assert_eq!(pollster::block_on(stream.next()), Some(5));
        pool.wait_until_idle();
        drop(stream);
        drops.recv().expect("it is dropped");
        pool.wait_until_idle();
        assert_eq!(pollster::block_on(Dual::blocking(|| 5).on(&pool)), 5);
        assert!(drops.recv().is_err());
    });
}

/// Items whose destructors panic: one panic comes out of the drop of the stream, and all items are dropped.
#[test]
fn item_whose_drop_panics() {
    struct Item(Arc<AtomicUsize>, bool);

    impl Drop for Item {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
            if self.1 {
                panic!("the destructor's own message");
            }
        }
    }

    limit(|| {
        let pool = Counting::new();
        let alive = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&alive);
        let mut n = 0;
        let (dropped, drops) = Counted::new();
        let items = iter::repeat_with(move || {
            let _ = &dropped;
            n += 1;
            counts.fetch_add(1, Ordering::SeqCst);
            Item(Arc::clone(&counts), n == 3)
        });
        let mut stream = DualStream::blocking(items).on(&pool);
        assert!(pollster::block_on(stream.next()).is_some());
        pool.wait_until_idle();
        assert!(alive.load(Ordering::SeqCst) > 4);
        assert_eq!(panic_of(|| drop(stream)), "the destructor's own message");
        assert_eq!(alive.load(Ordering::SeqCst), 0, "all are dropped");
        drops.wait_for_one();

        // An item that is made for nobody is dropped on the pool.
        let (begun, begins) = mpsc::channel();
        let (go, goes) = mpsc::channel::<()>();
        let counts = Arc::clone(&alive);
        let (dropped, drops) = Counted::new();
        let items = iter::repeat_with(move || {
            let _ = &dropped;
            begun.send(()).expect("it waits");
            let _ = goes.recv();
            counts.fetch_add(1, Ordering::SeqCst);
            Item(Arc::clone(&counts), true)
        });
        let mut stream = DualStream::blocking(items).on(&pool);
        assert!(stream.next().now_or_later().is_err());
        begins.recv().expect("it begins");
        drop(stream);
        drop(go);
        drops.wait_for_one();
        pool.wait_until_idle();
        assert_eq!(alive.load(Ordering::SeqCst), 0);
        assert_eq!(pollster::block_on(Dual::blocking(|| 5).on(&pool)), 5);
    });
}

/// Streams of each form, in the middle of their items.
fn begun() -> (Vec<DualStream<u32>>, Vec<super::support::Watch>) {
    let mut watches = Vec::new();
    let mut streams: Vec<DualStream<u32>> = Vec::new();
    let mut watched = || {
        let (numbers, watch) = numbers();
        watches.push(watch);
        numbers
    };
    streams.push(DualStream::blocking(watched()).boxed());
    streams.push(DualStream::blocking(watched()).then(|n| n).boxed());
    let mut to_produce = watched();
    let produced = DualStream::produce(4, move |out| {
        to_produce.by_ref().try_for_each(|n| out.send(n))
    });
    streams.push(produced.boxed());
    let numbers = watched();
    let generated = DualStream::generate(async move |mut out| {
        for n in numbers {
            out.emit(n).await;
        }
    });
    streams.push(generated.boxed());
    #[cfg(feature = "executor")]
    streams.push(DualStream::blocking(watched()).start(4).boxed());
    for stream in &mut streams {
        assert_eq!(pollster::block_on(stream.next()), Some(0));
    }
    (streams, watches)
}

/// Dropped while its thread unwinds.
#[test]
fn dropped_while_panicking() {
    limit(|| {
        let (streams, watches) = begun();
        let unwound = catch_unwind(AssertUnwindSafe(move || {
            let _streams = streams;
            panic::resume_unwind(Box::new(5));
        }));
        assert!(unwound.is_err());
        for watch in watches {
            watch.dropped_on();
        }
    });
}

/// Dropped, and iterated over, when its thread ends: in the destructor of a thread-local.
#[test]
fn in_the_destructor_of_a_thread_local() {
    thread_local! {
        static KEPT: RefCell<Vec<DualStream<u32>>> = const { RefCell::new(Vec::new()) };
    }

    limit(|| {
        for early in [false, true] {
            let (streams, watches) = begun();
            let (told, tells) = mpsc::channel();
            thread::spawn(move || {
                if early {
                    KEPT.set(streams);
                    return;
                }
                let mut streams = streams;
                AtExit::set(move || {
                    for stream in &mut streams {
                        told.send(stream.iter().next()).expect("it waits");
                        told.send(pollster::block_on(stream.next()))
                            .expect("it waits");
                    }
                    let fresh = DualStream::blocking(0..3);
                    told.send(Some(all_in_for(fresh).len() as u32))
                        .expect("it waits");
                    let pool = Counting::new();
                    let fresh = DualStream::blocking(0..3).on(&pool);
                    told.send(Some(all_in_for(fresh).len() as u32))
                        .expect("it waits");
                });
                // What is used first is destroyed last.
                assert_eq!(all_in_for(DualStream::blocking(0..3)).len(), 3);
            })
            .join()
            .expect("no panic");
            let said: Vec<_> = tells.iter().collect();
            if !early {
                let each = [Some(1), Some(2)];
                let n = watches.len();
                assert_eq!(said[..2 * n], each.repeat(n));
                assert_eq!(said[2 * n..], [Some(3), Some(3)]);
            }
            for watch in watches {
                watch.dropped_on();
            }
        }
    });
}

/// Taken from within its own code: a stream that another thread of the same stream waits for, and a `next` that is forgotten.
#[test]
fn forgotten_next() {
    limit(|| {
        let mut stream = DualStream::blocking(0..100);
        for n in 0..50 {
            std::mem::forget(stream.next());
            let mut later = Box::pin(stream.next());
            let item = match crate::common::poll(&mut later) {
                std::task::Poll::Ready(item) => {
                    std::mem::forget(later);
                    item
                }
                std::task::Poll::Pending => {
                    std::mem::forget(later);
                    stream.next().get()
                }
            };
            assert_eq!(item, Some(n));
        }
        let forgotten = DualStream::blocking(0..100);
        std::mem::forget(forgotten);
    });
}

/// Streams in streams: an iterator that is a stream's own.
#[test]
fn iterator_over_a_stream() {
    limit(|| {
        let inner = || DualStream::blocking((0..20).map(|n| (n, id())));
        let outer = || DualStream::blocking(inner().into_iter().map(|(n, _)| n));
        assert_eq!(by_each(outer), Vec::from_iter(0..20));
        let through = || DualStream::blocking(outer());
        assert_eq!(by_each(through), Vec::from_iter(0..20));
        wait_until(|| true);
    });
}
