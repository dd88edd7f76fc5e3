//! Where a `for` may block, and where it is refused.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(feature = "tokio")]
use futures::StreamExt as _;
use smartcall::context::{self, inside_executor};
use smartcall::offload::SingleThread;
use smartcall::{Dual, DualStream, Emit};

use super::support::{Counting, all_in_for};
use crate::common::{Helpful, Stubborn, assert_contains, here, limit, panicked_at};

/// Checks that a `for` was refused at a line.
#[track_caller]
fn assert_refused((at, said): (String, String), line: &str) {
    assert_eq!(at, line, "{said}");
    assert!(said.starts_with("cannot block here: "), "{said}");
    for part in [line, "next().await", "try_get", "Dual::blocking"] {
        assert_contains(&said, part);
    }
}

/// Iterates in each way, in a place where that is refused, and gives a stream back that was refused. It has not run, and has the
/// items 0 to 9.
fn refused_here() -> DualStream<u32> {
    let runs = Arc::new(AtomicUsize::new(0));
    let items = || {
        let runs = Arc::clone(&runs);
        DualStream::blocking((0..10).inspect(move |_| {
            runs.fetch_add(1, Ordering::SeqCst);
        }))
    };
    let generated = || {
        let runs = Arc::clone(&runs);
        DualStream::generate(async move |mut out: Emit<u32>| {
            runs.fetch_add(1, Ordering::SeqCst);
            out.emit_all(0..10).await;
        })
    };

    // At the line of the `for`, whatever is iterated over.
    macro_rules! refused {
        ($($stream:expr),+ $(,)?) => {$(
            let stream = $stream;
            let (line, said) = (here!(), panicked_at(|| for _ in stream {}));
            assert_refused(said, line);
            let mut stream = $stream;
            let (line, said) = (here!(), panicked_at(|| for _ in &mut stream {}));
            assert_refused(said, line);
            let (line, said) = (here!(), panicked_at(|| for _ in stream.iter() {}));
            assert_refused(said, line);
            let (line, said) = (here!(), panicked_at(|| stream.iter().next()));
            assert_refused(said, line);
        )+};
    }
    refused!(
        items(),
        items().boxed(),
        items().map(|n| n + 1),
        generated(),
        DualStream::stream(futures::stream::iter(0..10)),
        DualStream::produce(5, |out| out.send(5)),
        DualStream::pages(|_: Option<u32>| Ok::<_, ()>(([5], None))),
        DualStream::pair(iter::once(5), futures::stream::iter([5])),
        DualStream::ready(0..10).then(|n| n),
        DualStream::ready(0..10).then(async |n| n),
        DualStream::ready(0..10).filter(|_| async { true }),
        DualStream::ready(0..10).chain(DualStream::ready(0..10)),
        DualStream::flatten(Dual::future(async { DualStream::ready(0..10) })),
        items().on(&Counting::new()),
    );
    // What iterates through adapters names the line where the iteration has begun.
    let (line, iter) = (here!(), items().into_iter());
    let (_, said) = panicked_at(|| iter.map(|n| n + 1).sum::<u32>());
    assert!(said.starts_with("cannot block here: "), "{said}");
    assert_contains(&said, line);
    let mut stream = items();
    let (line, iter) = (here!(), stream.iter());
    let (_, said) = panicked_at(|| Vec::from_iter(iter.take(3)));
    assert_contains(&said, line);

    // So is what takes items by a `get`.
    macro_rules! refused_get {
        ($($get:expr),+ $(,)?) => {$(
            let (at, said) = panicked_at(|| $get);
            assert!(at.starts_with(file!()), "{at}: {said}");
            assert!(said.starts_with("cannot block here: "), "{said}");
        )+};
    }
    refused_get!(
        items().next().get(),
        generated().next().get(),
        items().collect::<Vec<_>>().get(),
        items().for_each(|_| ()).get(),
        items().fold(0, |sum, n| sum + n).get(),
    );

    // The error has the handle of one `next`, and the stream loses nothing.
    let mut stream = items();
    let error = stream.next().try_get().expect_err("it is refused");
    assert!(error.to_string().starts_with("cannot block here: "));
    assert!(error.into_handle().try_get().is_err());
    assert!(stream.next().try_get().is_err());
    assert_eq!(runs.load(Ordering::SeqCst), 0, "nothing has run");

    // Items that are there are handed over, also through what changes them in place.
    assert_eq!(all_in_for(DualStream::ready(0..3)), [0, 1, 2]);
    assert_eq!(all_in_for(DualStream::ready(0..3).boxed()), [0, 1, 2]);
    assert_eq!(DualStream::ready(0..3).next().get(), Some(0));
    assert_eq!(
        DualStream::ready([Ok::<_, ()>(0)]).try_next().get(),
        Ok(Some(0))
    );
    assert_eq!(DualStream::ready(0..3).collect::<Vec<_>>().get(), [0, 1, 2]);
    let opened = DualStream::flatten(Dual::ready(DualStream::ready(0..3)));
    assert_eq!(all_in_for(opened), [0, 1, 2]);
    let changed = DualStream::ready(0..9)
        .map(|n| n + 1)
        .filter(|n| n % 2 == 0);
    let changed = changed
        .filter_map(Some)
        .take_while(|n| *n < 8)
        .take(2)
        .chunks(5);
    assert_eq!(all_in_for(changed), [[2, 4]]);
    stream.boxed()
}

/// In each place where a `for` is refused, it is refused; and what was refused can be awaited there.
#[test]
fn refused_in_each_place() {
    async fn check() {
        let mut stream = refused_here();
        for n in 0..10 {
            assert_eq!(stream.next().await, Some(n));
            assert!(stream.next().try_get().is_err());
        }
        assert_eq!(stream.next().await, None);
    }

    limit(|| {
        pollster::block_on(context::inside(check()));
        pollster::block_on(context::hosted(&Arc::new(Stubborn), check()));
        let back = inside_executor(refused_here);
        assert_eq!(all_in_for(back), Vec::from_iter(0..10));
        #[cfg(feature = "executor")]
        {
            let ex = smartcall::LocalExecutor::new();
            ex.block_on(ex.spawn(check()));
        }
        #[cfg(feature = "tokio")]
        {
            super::support::current_thread().block_on(check());
            let local = tokio::task::LocalSet::new();
            local.block_on(&super::support::current_thread(), check());
        }
    });
}

/// A job of a `SingleThread` is refused what waits for others, and runs its own code.
#[test]
fn refused_in_a_job_of_a_single_thread() {
    limit(|| {
        let single = SingleThread::new(|| ());
        let job = Dual::blocking(|| {
            let numbers = DualStream::stream(futures::stream::iter(0..10));
            let (line, said) = (here!(), panicked_at(|| for _ in numbers {}));
            assert_refused(said, line);
            // Code that is no other thread's runs here.
            let mut numbers = DualStream::blocking(0..10);
            assert_eq!(all_in_for(numbers.map(|n| n)), Vec::from_iter(0..10));
            numbers = DualStream::blocking(0..10);
            assert_eq!(numbers.next().get(), Some(0));
            assert_eq!(numbers.collect::<Vec<_>>().get(), Vec::from_iter(1..10));
            assert_eq!(all_in_for(DualStream::ready(0..3)), [0, 1, 2]);
        });
        job.on(&single).get();
    });
}

/// Whether it is refused does not depend on what was made ahead.
#[test]
fn refusal_does_not_depend_on_what_is_there() {
    limit(|| {
        let pool = Counting::new();
        let full = || {
            let mut full = DualStream::blocking(0..1_000).on(&pool);
            assert_eq!(pollster::block_on(full.next()), Some(0));
            pool.wait_until_idle();
            full.boxed()
        };
        let empty = || DualStream::blocking(0..1_000).boxed();
        let more = || {
            let mut more = DualStream::generate(async |mut out: Emit<u32>| {
                out.emit_all(0..1_000).await;
            });
            assert_eq!(more.next().get(), Some(0));
            more.boxed()
        };
        let produced = || {
            let mut produced =
                DualStream::produce(100, |out| (0..1_000).try_for_each(|n| out.send(n)));
            assert_eq!(produced.next().get(), Some(0));
            produced.boxed()
        };
        let ended = || {
            let mut ended = DualStream::blocking(0..1);
            assert_eq!(ended.iter().count(), 1);
            ended.boxed()
        };
        let makes: [&dyn Fn() -> DualStream<u32>; 5] = [&full, &empty, &more, &produced, &ended];
        for make in makes {
            inside_executor(|| {
                let mut stream = context::blocking_region(make);
                assert!(stream.next().try_get().is_err());
                let (line, said) = (here!(), panicked_at(|| for _ in &mut stream {}));
                assert_refused(said, line);
                let next = context::blocking_region(|| stream.next().get());
                assert!(next.is_none_or(|n| n < 2), "nothing was taken");
            });
        }
        // A host is asked each time, too, and blocks only where nothing is there.
        for make in [&full as &dyn Fn() -> DualStream<u32>, &more, &produced] {
            let host = Helpful::new();
            let mut stream = make();
            pollster::block_on(context::hosted(&host, async {
                for n in 1..4 {
                    assert_eq!(stream.iter().next(), Some(n));
                    let (asked, _) = host.calls();
                    assert_eq!(asked, n as usize, "it is asked for each item");
                }
            }));
        }
    });
}

/// A task of an executor with one thread iterates over what other tasks of it send.
#[cfg(feature = "executor")]
#[test]
fn task_iterates_over_what_another_task_sends() {
    limit(|| {
        let ex = crate::common::one_thread();
        let (send, receive) = futures::channel::mpsc::channel(0);
        let sums = ex.spawn(async move {
            let mut sum = 0;
            for n in DualStream::stream(receive) {
                sum += n;
            }
            sum
        });
        let sends = ex.spawn(async move {
            let mut send = send;
            for n in 0..100 {
                futures::SinkExt::send(&mut send, n)
                    .await
                    .expect("it is open");
                futures_lite::future::yield_now().await;
            }
        });
        assert_eq!(ex.block_on(async { futures::join!(sums, sends) }).0, 4_950);
    });
}

/// An iterator that waits for another task, in a `for` of a task of the same thread.
#[cfg(feature = "executor")]
#[test]
fn task_iterates_over_an_iterator_that_waits() {
    limit(|| {
        let ex = crate::common::one_thread();
        let (send, receive) = std::sync::mpsc::channel();
        let sums = ex.spawn(async move {
            let mut sum = 0;
            for n in DualStream::blocking(receive) {
                sum += n;
            }
            sum
        });
        let sends = ex.spawn(async move {
            for n in 0..10 {
                futures_lite::future::yield_now().await;
                send.send(n).expect("it is open");
            }
        });
        assert_eq!(ex.block_on(async { futures::join!(sums, sends) }).0, 45);
    });
}

/// The same in a worker of tokio.
#[cfg(feature = "tokio")]
#[test]
fn task_of_tokio_iterates() {
    limit(|| {
        let runtime = super::support::multi_thread(1);
        let (send, mut receive) = tokio::sync::mpsc::channel(1);
        let sums = runtime.spawn(async move {
            let items = futures::stream::poll_fn(move |cx| receive.poll_recv(cx));
            let mut sum = 0;
            for n in DualStream::stream(items.map(|n: u32| n + 1)) {
                sum += n;
            }
            sum
        });
        let sends = runtime.spawn(async move {
            for n in 0..100 {
                send.send(n).await.expect("it is open");
                tokio::task::yield_now().await;
            }
        });
        let (sum, sent) = runtime.block_on(async { futures::join!(sums, sends) });
        sent.expect("no panic");
        assert_eq!(sum.expect("no panic"), 5_050);
    });
}

/// What is polled inside of a `for` is driven: blocking code in it may run on this thread.
#[test]
fn for_in_a_driven_future() {
    limit(|| {
        let driven = Dual::future(async {
            let mut sum = 0;
            for n in DualStream::blocking(0..10) {
                for m in DualStream::stream(futures::stream::iter(0..n)) {
                    sum += m;
                }
            }
            sum
        });
        assert_eq!(driven.get(), 120);
    });
}
