//! Blocking code that has asked where to run, and whose part is not polled again: it begins all the same.

use std::cell::Cell;
use std::future::{self, Future};
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Instant;

use futures::StreamExt;
use futures::channel::{mpsc as channel, oneshot};
use futures::executor::LocalPool;
use futures::future::{FutureExt, select_all};
use futures::stream::FuturesUnordered;
use smartcall::offload::{self, Job, Pool, SingleThread};
use smartcall::{Dual, DualOf, Work};

use crate::common::{Counted, Drops, assert_contains, in_child, limit, panic_of, wait_until};

/// Blocking code that tells that it has begun, and what resolves when it has.
fn job() -> (
    DualOf<impl Work<Output = u32> + Send + 'static>,
    oneshot::Receiver<()>,
) {
    let (begins, begun) = oneshot::channel();
    let job = Dual::blocking(move || {
        let _ = begins.send(());
        5
    });
    (job, begun)
}

/// Polls once.
async fn poll_once<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Option<F::Output> {
    future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// A loop over a job and messages, of which one is ready. Its handler waits until the job has begun.
async fn select_loop() -> u32 {
    let (job, begun) = job();
    let mut job = pin!(job.fuse());
    let (messages, mut inbox) = channel::unbounded();
    messages.unbounded_send(begun).expect("it is open");
    loop {
        futures::select_biased! {
            value = job => return value,
            message = inbox.next() => message.expect("it is open").await.expect("the job begins"),
        }
    }
}

/// The job is polled once, and then only its effect is awaited.
async fn polled_once() -> u32 {
    let (job, begun) = job();
    let mut job = pin!(job);
    if let Some(value) = poll_once(job.as_mut()).await {
        // It went to a pool, which was fast.
        return value;
    }
    begun.await.expect("the job begins");
    job.await
}

/// `select_all` whose other part is ready.
async fn selected_from_all() -> u32 {
    let (job, begun) = job();
    let ready = future::ready(0);
    let parts: [Pin<Box<dyn Future<Output = u32> + Send>>; 2] = [Box::pin(job), Box::pin(ready)];
    let (first, _, mut others) = select_all(parts).await;
    if first == 5 {
        // It went to a pool, which was fast.
        return first;
    }
    begun.await.expect("the job begins");
    others.remove(0).await
}

/// A part of a `race` is polled once, and then only its effect is awaited.
async fn raced() -> u32 {
    let never = Dual::future(future::pending());
    smartcall::race((Dual::future(polled_once()), never)).await
}

/// A part of a `FuturesUnordered`, which has wakers of its own.
async fn unordered() -> u32 {
    let (job, begun) = job();
    let mut parts = FuturesUnordered::from_iter([job]);
    if let Some(value) = poll_once(pin!(parts.next())).await {
        return value.expect("there is one part");
    }
    begun.await.expect("the job begins");
    parts.next().await.expect("there is one part")
}

/// One of two parts is left, and the other one is polled on.
async fn one_of_two() -> u32 {
    let ((left, left_begun), (kept, kept_begun)) = (job(), job());
    let (mut left, mut kept) = (pin!(left), pin!(kept));
    let mut value = None;
    let mut polled = false;
    let kept_value = future::poll_fn(|cx| {
        if !polled {
            polled = true;
            if let Poll::Ready(ready) = left.as_mut().poll(cx) {
                value = Some(ready);
            }
        }
        kept.as_mut().poll(cx)
    });
    assert_eq!(kept_value.await, 5);
    left_begun.await.expect("the job begins");
    kept_begun.await.expect("the job has begun");
    match value {
        Some(value) => value,
        None => left.await,
    }
}

/// In the poll that decides, the thread waits in a nested get.
async fn nested_get() -> u32 {
    let (job, begun) = job();
    let mut job = pin!(job);
    assert_eq!(poll_once(job.as_mut()).await, None);
    Dual::future(begun).get().expect("the job begins");
    job.await
}

/// In the poll that decides, sync code of a handle waits on this thread.
async fn nested_sync_code() -> u32 {
    let mut sum = 0;
    for wait in [
        |begun| Dual::blocking(|| LocalPool::new().run_until(begun)).get(),
        |begun| Dual::in_place(|| LocalPool::new().run_until(begun)).get(),
        |begun| Dual::borrowing(|| LocalPool::new().run_until(begun)).get(),
        |begun| {
            Dual::pair(
                (),
                |()| LocalPool::new().run_until(begun),
                async |()| Ok(()),
            )
            .get()
        },
    ] as [fn(oneshot::Receiver<()>) -> Result<(), oneshot::Canceled>; 4]
    {
        let (job, begun) = job();
        let mut job = pin!(job);
        assert_eq!(poll_once(job.as_mut()).await, None);
        wait(begun).expect("the job begins");
        sum += job.await;
    }
    sum / 4
}

/// All of these, one after the other.
async fn all() {
    assert_eq!(select_loop().await, 5);
    assert_eq!(polled_once().await, 5);
    assert_eq!(selected_from_all().await, 5);
    assert_eq!(raced().await, 5);
    assert_eq!(unordered().await, 5);
    assert_eq!(one_of_two().await, 5);
}

/// A `select!` goes on with a message, and the handler waits until the job has begun.
#[test]
fn handler_of_a_select_waits_for_the_job() {
    limit(|| assert_eq!(Dual::future(select_loop()).get(), 5));
}

/// A part is polled once, and then its effect is awaited.
#[test]
fn part_that_is_polled_once() {
    limit(|| assert_eq!(Dual::future(polled_once()).get(), 5));
}

/// The same under other combinators.
#[test]
fn part_of_a_combinator_that_is_left() {
    limit(|| {
        assert_eq!(Dual::future(selected_from_all()).get(), 5);
        assert_eq!(Dual::future(raced()).get(), 5);
        assert_eq!(Dual::future(unordered()).get(), 5);
        assert_eq!(Dual::future(one_of_two()).get(), 5);
    });
}

/// The same on a nested level, and in a `LocalPool` inside a driven future.
#[test]
fn left_on_a_nested_level() {
    limit(|| {
        Dual::future(async { Dual::future(all()).get() }).get();
        Dual::future(async { LocalPool::new().run_until(all()) }).get();
    });
}

/// The same without a driver of this crate.
#[test]
fn left_under_other_callers() {
    limit(|| {
        pollster::block_on(all());
        LocalPool::new().run_until(all());
    });
}

/// The same in tasks, awaited and by a get.
#[cfg(feature = "executor")]
#[test]
fn left_in_a_task() {
    limit(|| {
        let ex = crate::common::one_thread();
        ex.block_on(ex.spawn(all()));
        ex.block_on(ex.spawn(async { Dual::future(all()).get() }));
        ex.block_on(async { Dual::future(all()).get() });
        let ex = smartcall::LocalExecutor::new();
        ex.block_on(ex.spawn(all()));
    });
}

/// The same in tokio.
#[cfg(feature = "tokio")]
#[test]
fn left_in_tokio() {
    limit(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(1).build().expect("a runtime");
        runtime.block_on(all());
        runtime
            .block_on(async { tokio::spawn(all()).await })
            .expect("no panic");
        let gets = async { tokio::spawn(async { Dual::future(all()).get() }).await };
        runtime.block_on(gets).expect("no panic");
    });
}

/// The poll that decides waits for the part that has asked, by other handles on the same thread.
#[test]
fn thread_waits_in_the_poll() {
    limit(|| {
        assert_eq!(Dual::future(nested_get()).get(), 5);
        assert_eq!(Dual::future(nested_sync_code()).get(), 5);
    });
}

/// Code that must not run, a count of its drops, and whether it has run.
fn never_runs() -> (
    DualOf<impl Work<Output = ()> + Send + 'static>,
    Drops,
    Arc<AtomicBool>,
) {
    let (owned, drops) = Counted::new();
    let ran = Arc::new(AtomicBool::new(false));
    let runs = Arc::clone(&ran);
    let code = Dual::blocking(move || {
        runs.store(true, Ordering::SeqCst);
        drop(owned);
    });
    (code, drops, ran)
}

/// Code whose handle is dropped after it has asked never runs, and is dropped once.
#[test]
fn dropped_after_it_asked() {
    limit(|| {
        let (code, drops, ran) = never_runs();
        let mut code = Box::pin(code);
        let drops_it = async {
            assert_eq!(poll_once(code.as_mut()).await, None);
            drop(code);
            drops.count()
        };
        assert_eq!(Dual::future(drops_it).get(), 1);
        drops.wait_for_one();
        assert!(!ran.load(Ordering::SeqCst));
    });
}

/// A driven future sends a handle that has asked to another thread, in the same poll, and waits for it.
fn on_another_thread<W, R>(mut dual: Pin<Box<W>>, f: impl FnOnce(Pin<Box<W>>) -> R + Send) -> R
where
    W: Work + Send + 'static,
    R: Send + 'static,
{
    thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        let (done, ended) = oneshot::channel();
        scope.spawn(move || {
            let dual = receive.recv().expect("it is sent");
            let _ = done.send(f(dual));
        });
        let asks = async move {
            assert!(poll_once(dual.as_mut()).await.is_none());
            send.send(dual).expect("it is received");
            ended.await.expect("no panic")
        };
        Dual::future(asks).get()
    })
}

/// A handle that has asked is resolved on another thread, perhaps before its code is sent.
#[test]
fn resolved_on_another_thread() {
    limit(|| {
        for _ in 0..100 {
            let (job, begun) = job();
            let value = on_another_thread(Box::pin(job), |job| Dual::new(job).get());
            assert_eq!(value, 5);
            Dual::future(begun).get().expect("the job has begun");
        }
    });
}

/// A handle that has asked is dropped on another thread, before its code is sent: the code does not run.
#[test]
fn dropped_on_another_thread_before_it_is_sent() {
    limit(|| {
        let (code, drops, ran) = never_runs();
        let mut code = Some(Box::pin(code));
        let asks = future::poll_fn(|cx| {
            if let Some(mut code) = code.take() {
                assert!(code.as_mut().poll(cx).is_pending());
                // The poll that has asked does not end before the handle is dropped.
                thread::scope(|scope| scope.spawn(move || drop(code)).join()).expect("no panic");
            }
            Poll::Ready(())
        });
        Dual::future(asks).get();
        drops.wait_for_one();
        assert!(!ran.load(Ordering::SeqCst));
    });
}

/// Runs a closure on another thread, in the same poll.
fn elsewhere<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(f).join()).expect("no panic")
}

/// A waker that tells that it was used.
struct Tells(mpsc::Sender<()>);

impl Wake for Tells {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

/// What a part does that has asked, and was polled on another thread before its code is sent.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// It is dropped on that thread.
    DroppedThere,
    /// It is dropped on the thread where it has asked.
    DroppedHere,
    /// It is left, and resolved on that thread.
    Left,
    /// It is polled again where it has asked, in the poll that decides.
    PolledHere,
}

/// A handle that has asked is polled on another thread before its code is sent.
#[test]
fn polled_elsewhere_before_it_is_sent() {
    fn check(then: Then) {
        let (owned, drops) = Counted::new();
        let ran = Arc::new(AtomicBool::new(false));
        let runs = Arc::clone(&ran);
        let code = Dual::blocking(move || {
            let _owned = owned;
            runs.store(true, Ordering::SeqCst);
            thread::current().id()
        });
        let mut part = Some(Box::pin(code));
        let (tell, told) = mpsc::channel();
        let waker = Waker::from(Arc::new(Tells(tell)));
        let mut there = Context::from_waker(&waker);
        let mut polls = 0;
        let moves = future::poll_fn(|cx| {
            polls += 1;
            if polls == 1 {
                let mut moved = part.take().expect("it is the first poll");
                assert!(moved.as_mut().poll(cx).is_pending());
                part = elsewhere(|| {
                    assert!(
                        moved
                            .as_mut()
                            .poll(&mut Context::from_waker(&waker))
                            .is_pending()
                    );
                    (then != Then::DroppedThere).then_some(moved)
                });
                if then == Then::DroppedHere {
                    part = None;
                }
                return match then {
                    Then::PolledHere => Poll::Pending,
                    _ => Poll::Ready(None),
                };
            }
            let part = part.as_mut().expect("it was not dropped");
            part.as_mut().poll(cx).map(Some)
        });
        let here = Dual::future(moves).get();
        match then {
            Then::DroppedThere | Then::DroppedHere => {}
            Then::PolledHere => assert_eq!(here, Some(thread::current().id())),
            Then::Left => {
                told.recv().expect("it is told that the code was sent");
                let mut part = part.expect("it was left");
                let poll = part.as_mut().poll(&mut there);
                let id = match poll {
                    Poll::Ready(id) => id,
                    Poll::Pending => Dual::new(part).get(),
                };
                assert_ne!(id, thread::current().id());
            }
        }
        drops.wait_for_one();
        let is_kept = matches!(then, Then::Left | Then::PolledHere);
        assert_eq!(ran.load(Ordering::SeqCst), is_kept);
    }

    limit(|| {
        check(Then::DroppedThere);
        check(Then::DroppedHere);
        check(Then::Left);
        check(Then::PolledHere);
    });
}

/// The handle outlives the get in whose first poll it has asked: `get_timeout` returns it, or the future is ready, or panics.
#[test]
fn handle_that_outlives_its_get() {
    limit(|| {
        let (job, begun) = job();
        let waits = async {
            assert_eq!(job.await, 5);
            future::pending::<()>().await;
        };
        // The deadline is over in the first poll.
        let later = Dual::future(waits).get_deadline(Instant::now());
        let later = later.expect_err("it waits for ever");
        Dual::future(begun).get().expect("the job begins");
        drop(later);

        let (job, begun) = self::job();
        let mut job = Box::pin(job);
        assert_eq!(Dual::future(poll_once(job.as_mut())).get(), None);
        Dual::future(begun).get().expect("the job begins");
        let job = Dual::new(job);
        wait_until(|| job.is_ready());
        assert_eq!(job.get(), 5);

        let (job, begun) = self::job();
        let mut job = Box::pin(job);
        let panics = async {
            assert_eq!(poll_once(job.as_mut()).await, None);
            panic!("on purpose");
        };
        let unwound = panic::catch_unwind(AssertUnwindSafe(|| Dual::future(panics).get()));
        assert!(unwound.is_err());
        Dual::future(begun).get().expect("the job begins");
        assert_eq!(pollster::block_on(job), 5);
    });
}

/// Code that was sent, and whose handle is dropped then, is cancelled.
#[test]
fn dropped_after_it_was_sent() {
    limit(|| {
        let (begins, begun) = mpsc::channel();
        let (ends, ended) = mpsc::channel();
        let mut job = Box::pin(Dual::blocking(move || {
            begins.send(()).expect("it is waited for");
            wait_until(offload::is_cancelled);
            ends.send(()).expect("it is waited for");
        }));
        assert_eq!(Dual::future(poll_once(job.as_mut())).get(), None);
        begun.recv().expect("the job begins");
        drop(job);
        ended.recv().expect("the job is cancelled");
    });
}

/// A left part of a handle that is joined on drop is waited for. One beside it is not.
#[test]
fn left_part_is_joined_on_drop() {
    limit(|| {
        let held = Arc::new(());
        let (begins, begun) = mpsc::channel();
        let code = {
            let held = Arc::clone(&held);
            move || {
                begins.send(()).expect("it is waited for");
                wait_until(offload::is_cancelled);
                drop(held);
            }
        };
        let mut joined = Box::pin(offload::join_on_drop(Dual::blocking(code)));
        assert_eq!(Dual::future(poll_once(joined.as_mut())).get(), None);
        begun.recv().expect("the job begins");
        drop(joined);
        assert_eq!(Arc::strong_count(&held), 1);

        // It is sent by a nested level that is in a joined handle, and is not joined itself.
        let (begins, begun) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel::<()>();
        let mut part = Box::pin(Dual::blocking(move || {
            let _ = begins.send(());
            told.recv()
        }));
        let nests = async {
            assert_eq!(poll_once(part.as_mut()).await, None);
            offload::join_on_drop(Dual::future(async {})).get();
        };
        Dual::future(nests).get();
        begun.recv().expect("the job begins");
        // This does not wait: the code waits for what comes after it.
        drop(part);
        drop(tell);
    });
}

/// A left part does not go to the pool of a handle that is resolved when it is sent.
#[test]
fn left_part_is_not_bound() {
    limit(|| {
        let pool = SingleThread::named("bound", || ()).expect("a thread");
        let name = || thread::current().name().map(String::from);
        let mut part = Box::pin(Dual::blocking(name));
        let nests = async {
            assert_eq!(poll_once(part.as_mut()).await, None);
            Dual::blocking(name).on(&pool).get()
        };
        assert_eq!(Dual::future(nests).get().as_deref(), Some("bound"));
        assert_ne!(Dual::new(part).get().as_deref(), Some("bound"));
    });
}

/// A left part has the thread-locals of the place where it has asked.
#[test]
fn left_part_has_what_follows() {
    thread_local! {
        static REQUEST: Cell<u32> = const { Cell::new(0) };
    }

    in_child(|| {
        smartcall::context::carry(|| {
            let request = REQUEST.get();
            move |body: &mut dyn FnMut()| {
                let previous = REQUEST.replace(request);
                body();
                REQUEST.set(previous);
            }
        });
        let mut part = Box::pin(Dual::blocking(|| REQUEST.get()));
        let asks = future::poll_fn(|cx| {
            REQUEST.set(7);
            assert!(part.as_mut().poll(cx).is_pending());
            REQUEST.set(0);
            Poll::Ready(())
        });
        Dual::future(asks).get();
        assert_eq!(Dual::new(part).get(), 7);
    });
}

/// A pool that panics is told to what awaits the left part, and to nothing else.
#[test]
fn pool_that_panics() {
    struct Panics;

    impl Pool for Panics {
        fn offload(&self, _: Job) -> Result<(), Job> {
            panic!("on purpose")
        }
    }

    in_child(|| {
        offload::set_pool(&Arc::new(Panics)).expect("it is the first one");
        let mut part = Box::pin(Dual::blocking(|| 5));
        let asks = async {
            assert_eq!(poll_once(part.as_mut()).await, None);
            6
        };
        assert_eq!(Dual::future(asks).get(), 6);
        let text = panic_of(|| Dual::new(part).get());
        assert_contains(&text, "the pool refused this job, or dropped it");
    });
}

/// Many parts that ask in one poll, of which some are left, are all run once.
#[test]
fn many_parts_of_which_some_are_left() {
    const PARTS: usize = 100;

    limit(|| {
        let runs = Arc::new(AtomicUsize::new(0));
        let mut parts: Vec<_> = (0..PARTS)
            .map(|n| {
                let runs = Arc::clone(&runs);
                Some(Box::pin(Dual::blocking(move || {
                    runs.fetch_add(1, Ordering::Relaxed);
                    n
                })))
            })
            .collect();
        let mut polls = 0;
        let polls_some = future::poll_fn(|cx| {
            polls += 1;
            let mut waits = false;
            for (n, slot) in parts.iter_mut().enumerate() {
                if polls > 1 && n % 3 == 0 {
                    continue;
                }
                let Some(part) = slot else { continue };
                match part.as_mut().poll(cx) {
                    Poll::Ready(value) => {
                        assert_eq!(value, n);
                        *slot = None;
                    }
                    Poll::Pending if polls > 1 && n % 3 == 1 => *slot = None,
                    Poll::Pending => waits = true,
                }
            }
            if waits {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        });
        Dual::future(polls_some).get();
        for (n, part) in parts.into_iter().enumerate() {
            if let Some(part) = part {
                assert_eq!(n % 3, 0);
                assert_eq!(Dual::new(part).get(), n);
            }
        }
        // A part that is dropped may have run before.
        let kept = (0..PARTS).filter(|n| n % 3 != 1).count();
        assert!((kept..=PARTS).contains(&runs.load(Ordering::Relaxed)));
    });
}
