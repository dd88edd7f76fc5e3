//! Iterators that block: on which threads they run, how far they read ahead, and what becomes of them.

use std::cell::Cell;
use std::collections::HashSet;
use std::iter;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use futures::channel::oneshot;
use smartcall::offload::{self, Job, Limited, Pool};
use smartcall::{Dual, DualStream, context};

use super::support::{Counting, all, all_in_for, id, in_each_executor, numbers};
#[cfg(target_os = "linux")]
use crate::common::{in_child, threads};
use crate::common::{limit, panic_of, wait_until};

/// A sync caller's items are made on its thread, and no thread is started.
#[cfg(target_os = "linux")]
#[test]
fn for_runs_on_its_thread() {
    in_child(|| {
        let (here, before) = (id(), threads());
        let ids = || DualStream::blocking(iter::repeat_with(id).take(1_000));
        assert_eq!(all_in_for(ids()), [here; 1_000]);
        assert_eq!(ids().collect::<Vec<_>>().get(), [here; 1_000]);
        assert_eq!(ids().boxed().next().get(), Some(here));
        assert_eq!(ids().map(|id| id).take(2).iter().last(), Some(here));
        assert_eq!(threads(), before);
    });
}

/// Awaited by a future that a `get` drives and that waits for nothing else, they are made on the driver's thread.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn alone_in_a_driven_future() {
    in_child(|| {
        let (here, before) = (id(), threads());
        let ids = || DualStream::blocking(iter::repeat_with(id).take(100));
        assert_eq!(Dual::future(all(ids())).get(), [here; 100]);
        assert_eq!(Dual::future(all(ids().boxed().take(5))).get(), [here; 5]);
        let collected = Dual::future(async { ids().collect::<Vec<_>>().await });
        assert_eq!(collected.get(), [here; 100]);
        assert_eq!(threads(), before);
    });
}

/// Alone, no item is made ahead.
#[test]
fn alone_nothing_is_made_ahead() {
    limit(|| {
        let (numbers, watch) = numbers();
        let mut stream = DualStream::blocking(numbers);
        Dual::future(async {
            for n in 0..20 {
                assert_eq!(stream.next().await, Some(n));
                assert_eq!(watch.made(), n as usize + 1);
            }
        })
        .get();
        for n in 20..40 {
            assert_eq!(stream.next().get(), Some(n));
            assert_eq!(watch.made(), n as usize + 1);
        }
        drop(stream);
        assert_eq!(watch.dropped_on(), id(), "it was never on a pool");
    });
}

/// Awaited, they are never made on the thread that polls.
#[test]
fn awaited_runs_elsewhere() {
    limit(|| {
        in_each_executor(|| async {
            let mut ids = DualStream::blocking(iter::repeat_with(id).take(500));
            let mut n = 0;
            while let Some(made_on) = ids.next().await {
                assert_ne!(made_on, id());
                n += 1;
            }
            assert_eq!(n, 500);
        });
    });
}

/// While an item is made, other futures of the same thread go on: the item waits for them.
#[test]
fn others_go_on() {
    limit(|| {
        in_each_executor(|| async {
            let (send, receive) = mpsc::channel();
            let (tell, told) = oneshot::channel();
            let mut tell = Some(tell);
            let mut stream = DualStream::blocking(iter::from_fn(move || {
                if let Some(tell) = tell.take() {
                    tell.send(()).expect("it waits");
                }
                receive.recv().ok()
            }));
            let other = async move {
                told.await.expect("it begins");
                send.send(5).expect("it waits");
            };
            assert_eq!(futures::join!(stream.next(), other), (Some(5), ()));
            assert_eq!(stream.next().await, None);
        });
    });
}

/// Many items take few jobs.
#[test]
fn few_jobs_for_many_items() {
    const ITEMS: u32 = 100_000;

    limit(|| {
        in_each_executor(|| async {
            let pool = Counting::new();
            let mut stream = DualStream::blocking(0..ITEMS).on(&pool);
            for n in 0..ITEMS {
                assert_eq!(stream.next().await, Some(n));
            }
            assert_eq!(stream.next().await, None);
            assert!(pool.jobs() < 1_000, "{} jobs", pool.jobs());
        });
    });
}

/// An item is there before the next one is asked for, which may not come for long.
#[test]
fn items_do_not_wait_for_the_next_one() {
    limit(|| {
        in_each_executor(|| async {
            let (send, receive) = mpsc::channel();
            let mut stream = DualStream::blocking(receive);
            for n in 0..20 {
                // The iterator waits for this one, and nothing comes after it.
                send.send(n).expect("it is alive");
                assert_eq!(stream.next().await, Some(n));
            }
            for n in 0..3 {
                send.send(n).expect("it is alive");
            }
            for n in 0..3 {
                assert_eq!(stream.next().await, Some(n));
            }
            drop(send);
            assert_eq!(stream.next().await, None);
        });
    });
}

/// No more items are made ahead than were asked for, and not fewer than half of them in the end.
#[test]
fn read_ahead_is_bounded() {
    limit(|| {
        // What would make too many is a race, so a few rounds are made.
        for ahead in [1, 2, 3, 7, 8, 9, 16, 100].repeat(4) {
            let pool = Counting::new();
            let (numbers, watch) = numbers();
            let mut stream = DualStream::blocking(numbers).ahead(ahead).on(&pool);
            let mut most = 0;
            pollster::block_on(async {
                for taken in 1..2_000 {
                    assert_eq!(stream.next().await, Some(taken - 1));
                    let made_ahead = watch.made() - taken as usize;
                    assert!(made_ahead <= ahead, "{made_ahead} made, {ahead} allowed");
                    most = most.max(made_ahead);
                }
            });
            pool.wait_until_idle();
            let made_ahead = watch.made() - 1_999;
            assert!(made_ahead <= ahead, "{made_ahead} made, {ahead} allowed");
            // Few are made where a job ends later than its only item is taken.
            assert!(ahead < 7 || most.max(made_ahead) >= 1, "it reads ahead");
            assert!(watch.is_alive());
        }
    });
}

/// As long as its caller does not wait, a stream stays at few items, whatever it may be ahead.
#[test]
fn slow_callers_get_few_items_ahead() {
    limit(|| {
        let pool = Counting::new();
        let (numbers, watch) = numbers();
        let mut stream = DualStream::blocking(numbers).on(&pool);
        pollster::block_on(async {
            for n in 0..100 {
                assert_eq!(stream.next().await, Some(n));
                pool.wait_until_idle();
                assert!(
                    watch.made() <= n as usize + 1 + 2 * 16,
                    "{} made",
                    watch.made()
                );
            }
        });
    });
}

/// A stream whose items nobody takes occupies no thread, and goes on when they are taken.
#[test]
fn full_streams_free_their_thread() {
    limit(|| {
        let pool = Limited::new(1.try_into().expect("not 0"));
        let mut streams: Vec<_> = (0..8)
            .map(|i| DualStream::blocking((0..1_000).map(move |n| (i, n))).on(&pool))
            .collect();
        let taken_in_turn = async {
            for n in 0..1_000 {
                for (i, stream) in streams.iter_mut().enumerate() {
                    assert_eq!(stream.next().await, Some((i, n)));
                }
            }
            for stream in &mut streams {
                assert_eq!(stream.next().await, None);
            }
        };
        pollster::block_on(taken_in_turn);
    });
}

/// Dropped while an item is made: the drop does not wait, the code is told, and makes no other item. The iterator is dropped on
/// the pool.
#[test]
fn dropped_while_an_item_is_made() {
    limit(|| {
        in_each_executor(|| async {
            let (begun, begins) = oneshot::channel();
            let (dropped, drops) = oneshot::channel();
            let (numbers, watch) = numbers();
            let (mut begun, drops) = (Some(begun), Arc::new(std::sync::Mutex::new(drops)));
            let was_told = Arc::new(AtomicBool::new(false));
            let tells = Arc::clone(&was_told);
            let mut stream = DualStream::blocking(numbers.inspect(move |n| {
                if *n == 3 {
                    begun.take().expect("once").send(()).expect("it waits");
                    // The drop has returned by then.
                    wait_until(|| drops.lock().expect("no panic").try_recv() == Ok(Some(())));
                    wait_until(offload::is_cancelled);
                    tells.store(true, Ordering::SeqCst);
                }
            }));
            assert_eq!(stream.next().await, Some(0));
            begins.await.expect("it begins");
            drop(stream);
            dropped.send(()).expect("it waits");
            let (here, made) = (id(), watch.made());
            assert_eq!(made, 4);
            let made = {
                let watch = watch;
                let thread = watch.dropped_on();
                assert_ne!(thread, here, "it is dropped on the pool");
                was_told.load(Ordering::SeqCst)
            };
            assert!(made, "it was told");
        });
    });
}

/// Dropped while nothing of it runs: an iterator that was on a pool is dropped there.
#[test]
fn dropped_while_full() {
    limit(|| {
        in_each_executor(|| async {
            let pool = Counting::new();
            let (numbers, watch) = numbers();
            let mut stream = DualStream::blocking(numbers).on(&pool);
            assert_eq!(stream.next().await, Some(0));
            pool.wait_until_idle();
            let made = watch.made();
            drop(stream);
            assert_eq!(watch.made(), made, "nothing more is made");
            assert_ne!(watch.dropped_on(), id());
        });
    });
}

/// What has ended is dropped on the pool, without the handle being dropped.
#[test]
fn ended_on_the_pool() {
    limit(|| {
        let (numbers, watch) = numbers();
        let mut stream = DualStream::blocking(numbers.take(20));
        pollster::block_on(async { while stream.next().await.is_some() {} });
        assert_ne!(watch.dropped_on(), id());
        assert_eq!(stream.next().get(), None);
    });
}

/// An iterator that was never on a pool is dropped where its handle is.
#[test]
fn dropped_here() {
    limit(|| {
        let (never_asked, watch) = numbers();
        drop(DualStream::blocking(never_asked));
        assert_eq!(watch.dropped_on(), id());

        let (iterated, watch) = numbers();
        for n in DualStream::blocking(iterated) {
            if n == 5 {
                break;
            }
        }
        assert_eq!(watch.made(), 6);
        assert_eq!(watch.dropped_on(), id());

        let (ended, watch) = numbers();
        let mut stream = DualStream::blocking(ended.take(2));
        assert_eq!(stream.iter().count(), 2);
        assert_eq!(watch.dropped_on(), id(), "with its last item");
        assert_eq!(stream.next().get(), None);
    });
}

/// An iterator whose pool takes no more jobs is dropped here.
#[test]
fn dropped_by_a_pool_that_refuses() {
    struct Once(AtomicBool, Arc<Counting>);

    impl Pool for Once {
        fn offload(&self, job: Job) -> Result<(), Job> {
            match self.0.swap(true, Ordering::SeqCst) {
                false => self.1.offload(job),
                true => Err(job),
            }
        }
    }

    limit(|| {
        let pool = Arc::new(Once(AtomicBool::new(false), Counting::new()));
        let (numbers, watch) = numbers();
        let mut stream = DualStream::blocking(numbers).ahead(1).on(&pool);
        let said = panic_of(|| {
            for _ in 0..5 {
                pollster::block_on(stream.next());
            }
        });
        assert!(said.starts_with("the pool refused this job"), "{said}");
        assert_eq!(pollster::block_on(stream.next()), None, "it has ended");
        drop(stream);
        // It is not lost. Where it is dropped is for the pool of the process to say.
        watch.dropped_on();
    });
}

/// Two iterators in a join that a `get` drives run at the same time: they meet at each item.
#[test]
fn overlap_in_a_join() {
    limit(|| {
        let barrier = Arc::new(Barrier::new(2));
        let meets = || {
            let barrier = Arc::clone(&barrier);
            DualStream::blocking((0..50).inspect(move |_| {
                barrier.wait();
            }))
        };
        let both = async { futures::join!(all(meets()), all(meets())) };
        let expected = Vec::from_iter(0..50);
        assert_eq!(
            Dual::future(both).get(),
            (expected.clone(), expected.clone())
        );
        let both = smartcall::join((meets().collect::<Vec<_>>(), meets().collect::<Vec<_>>()));
        assert_eq!(both.get(), (expected.clone(), expected));
    });
}

/// An iterator in a join may wait for what its sibling does.
#[test]
fn waits_for_its_sibling() {
    limit(|| {
        let (send, receive) = mpsc::channel();
        let sibling = async move {
            for n in 0..10 {
                futures_lite::future::yield_now().await;
                send.send(n).expect("it is alive");
            }
        };
        let both = async { futures::join!(all(DualStream::blocking(receive)), sibling) };
        assert_eq!(Dual::future(both).get().0, Vec::from_iter(0..10));
    });
}

/// An iterator may be on another thread for each batch, and is on one at a time.
#[test]
fn one_thread_at_a_time() {
    limit(|| {
        let (inside, pool) = (Arc::new(AtomicUsize::new(0)), Counting::new());
        let mut stream = DualStream::blocking(iter::repeat_with({
            let inside = Arc::clone(&inside);
            move || {
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                thread::yield_now();
                inside.fetch_sub(1, Ordering::SeqCst);
                id()
            }
        }))
        .ahead(4)
        .on(&pool);
        let mut seen = HashSet::new();
        pollster::block_on(async {
            for _ in 0..200 {
                seen.extend(stream.next().await);
                pool.wait_until_idle();
            }
        });
        assert!(seen.len() > 1);
    });
}

/// What follows work to other threads is captured for each batch: where the item is awaited before which it is made.
#[test]
fn carried_thread_locals() {
    thread_local! {
        static REQUEST: Cell<u32> = const { Cell::new(0) };
    }

    in_child(|| {
        context::carry(|| {
            let request = REQUEST.get();
            move |body: &mut dyn FnMut()| {
                let before = REQUEST.replace(request);
                body();
                REQUEST.set(before);
            }
        });
        REQUEST.set(1);
        let mut requests = DualStream::blocking(iter::repeat_with(|| REQUEST.get())).ahead(1);
        assert_eq!(requests.next().get(), Some(1));
        REQUEST.set(2);
        assert_eq!(requests.next().get(), Some(2), "no thread is changed");
        pollster::block_on(async {
            REQUEST.set(3);
            assert_eq!(requests.next().await, Some(3));
            // One may have been made ahead.
            REQUEST.set(4);
            assert!(matches!(requests.next().await, Some(3 | 4)));
            assert_eq!(requests.next().await, Some(4));
        });
        assert_eq!(REQUEST.get(), 4);
    });
}
