//! Where a thread stands, and whether it may block there.

#![allow(
    clippy::async_yields_async,
    clippy::let_underscore_future,
    clippy::redundant_async_block,
    reason = "handles are made in one place and resolved in another"
)]

use std::cell::{Cell, RefCell};
use std::future::{self, Future};
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

use futures::StreamExt;
use futures::channel::{mpsc as futures_mpsc, oneshot};
use futures::task::LocalSpawnExt;
use futures_lite::future::yield_now;
use smartcall::context::{self, Host, Place, current};
use smartcall::offload::Job;
use smartcall::{Dual, DualOf, Work};

mod common;
use common::limit;

// Helpers ------------------------------------------------------------------------------

/// This line, as a panic names it.
macro_rules! here {
    () => {
        concat!(file!(), ":", line!())
    };
}

thread_local! {
    /// Where this thread panicked last.
    static PANICKED_AT: RefCell<String> = const { RefCell::new(String::new()) };

    /// What this thread does when it dies.
    static AT_EXIT: AtExit = const { AtExit(RefCell::new(None)) };
}

/// Runs code that panics, and returns where it did and what it said.
#[track_caller]
fn panic_of<R>(code: impl FnOnce() -> R) -> (String, String) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if let Some(at) = info.location() {
                PANICKED_AT.set(format!("{}:{}", at.file(), at.line()));
            }
            before(info);
        }));
    });
    let Err(payload) = panic::catch_unwind(AssertUnwindSafe(code)) else {
        panic!("it did not panic");
    };
    let said = match payload.downcast::<String>() {
        Ok(said) => *said,
        Err(payload) => match payload.downcast::<&str>() {
            Ok(said) => said.to_string(),
            Err(_) => panic!("the payload is no string"),
        },
    };
    (PANICKED_AT.take(), said)
}

#[track_caller]
fn assert_refused((at, said): (String, String), line: &str) {
    assert_eq!(at, line, "the panic is at the caller's line");
    assert!(said.starts_with("cannot block here: "), "{said}");
    for cure in [".await", "try_get", "Dual::blocking"] {
        assert!(said.contains(cure), "no {cure} in: {said}");
    }
}

/// Shows that a deref was refused, in words of its own: there the cure is one.
#[track_caller]
fn assert_deref_refused((at, said): (String, String), line: &str) {
    assert_eq!(at, line, "the panic is at the caller's line");
    assert!(said.starts_with("cannot block here: "), "{said}");
    for part in ["Was an `.await` forgotten?", "`dual.await`", "`dual.get()`"] {
        assert!(said.contains(part), "no {part} in: {said}");
    }
}

#[track_caller]
fn assert_contains(said: &str, part: &str) {
    assert!(said.contains(part), "no \"{part}\" in: {said}");
}

/// Blocks in each way there is, in a place where it is refused, and returns a handle that was
/// refused. It has not run, and gives 5.
#[track_caller]
fn refused_here() -> Dual<u32> {
    let runs = Arc::new(AtomicUsize::new(0));
    let five = || {
        let runs = Arc::clone(&runs);
        Dual::future(async move {
            runs.fetch_add(1, Ordering::Relaxed);
            5
        })
    };
    let (line, said) = (here!(), panic_of(|| five().get()));
    assert_refused(said, line);
    let (line, said) = (here!(), panic_of(|| Dual::blocking(|| 5).get()));
    assert_refused(said, line);
    let (line, said) = (here!(), panic_of(|| five().boxed().get()));
    assert_refused(said, line);
    let pair = || Dual::pair((), |()| 5, async |()| 5);
    let (line, said) = (here!(), panic_of(|| pair().get()));
    assert_refused(said, line);

    // A deref panics likewise, and the handle stays as it was.
    let mut dual = five().boxed();
    let (line, said) = (here!(), panic_of(|| *dual));
    assert_deref_refused(said, line);
    let (line, said) = (here!(), panic_of(|| *dual += 1));
    assert_deref_refused(said, line);

    // Whoever asks is told the same.
    let reason = context::can_block().expect_err("it is refused");
    let same = Dual::blocking(|| 5).try_get().expect_err("it is refused");
    assert_eq!(same.to_string(), reason.to_string());
    assert_eq!(same.discard().to_string(), reason.to_string());

    // It comes back time and again, and the error says why.
    let error = dual.try_get().expect_err("it is refused");
    assert!(error.to_string().starts_with("cannot block here: "));
    let error = error.into_handle().try_get().expect_err("it is refused");
    assert_eq!(runs.load(Ordering::Relaxed), 0, "nothing has run");

    // What does not wait is refused nowhere.
    assert_eq!(Dual::ready(1).get(), 1);
    assert_eq!(Dual::in_place(|| 2).get(), 2);
    error.into_handle()
}

/// A handle to a future that waits for a message from another thread.
fn message() -> (oneshot::Sender<u32>, DualOf<impl Work<Output = u32>>) {
    let (sender, receiver) = oneshot::channel();
    let dual = Dual::future(async { receiver.await.expect("the sender sends") });
    (sender, dual)
}

/// A value whose drop tells where it was dropped.
struct TellsPlace(mpsc::Sender<Place>);

impl Drop for TellsPlace {
    fn drop(&mut self) {
        let _ = self.0.send(current());
    }
}

/// A future that waits for ever, and the place where it is dropped.
fn tells_drop() -> (
    impl Future<Output = ()> + Send + 'static,
    mpsc::Receiver<Place>,
) {
    let (sender, dropped) = mpsc::channel();
    let probe = TellsPlace(sender);
    let future = async move {
        let _probe = probe;
        future::pending().await
    };
    (future, dropped)
}

struct AtExit(RefCell<Option<Box<dyn FnOnce()>>>);

impl AtExit {
    fn set(code: impl FnOnce() + 'static) {
        AT_EXIT.with(|at_exit| at_exit.0.replace(Some(Box::new(code))));
    }
}

impl Drop for AtExit {
    fn drop(&mut self) {
        if let Some(code) = self.0.take() {
            code();
        }
    }
}

/// A host that can block, and counts what it is asked.
struct Helpful {
    asked: AtomicUsize,
    /// The threads on which it was called to block.
    blocks: Mutex<Vec<ThreadId>>,
    /// Called with the number of the call, before it blocks.
    before: Box<dyn Fn(usize) + Send + Sync>,
}

impl Helpful {
    fn new() -> Arc<Self> {
        Helpful::calling(|_| ())
    }

    fn calling(before: impl Fn(usize) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Helpful {
            asked: AtomicUsize::new(0),
            blocks: Mutex::default(),
            before: Box::new(before),
        })
    }

    /// A host that sends a message from another thread each time a `get` parks through it.
    /// The first call is the one around the `get`.
    fn sending(senders: impl IntoIterator<Item = oneshot::Sender<u32>>) -> Arc<Self> {
        let senders = Mutex::new(senders.into_iter().collect::<Vec<_>>().into_iter());
        Helpful::calling(move |nth| {
            let mut senders = senders.lock().unwrap_or_else(PoisonError::into_inner);
            if nth > 1 {
                let sender = senders.next().expect("no more parks than messages");
                thread::spawn(move || sender.send(7));
            }
        })
    }

    /// How often it was asked, and on which threads it was called to block.
    fn calls(&self) -> (usize, Vec<ThreadId>) {
        let blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        (self.asked.load(Ordering::Relaxed), blocks.clone())
    }
}

impl Host for Helpful {
    fn can_block(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        let nth = {
            let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
            blocks.push(thread::current().id());
            blocks.len()
        };
        (self.before)(nth);
        block();
    }
}

/// A host that cannot block.
struct Stubborn;

impl Host for Stubborn {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, _block: &mut dyn FnMut()) {
        panic!("it said that it cannot block");
    }
}

fn helpful_twice(here: ThreadId, asked: usize) -> (usize, Vec<ThreadId>) {
    (asked, vec![here; 2])
}

// The place ----------------------------------------------------------------------------

/// A8: a wrapped future is inside in each poll, and the thread is not in between.
#[test]
fn inside_in_a_hand_polled_wrapper() {
    let host = Arc::new(Stubborn);
    let places = async || {
        let first = current();
        yield_now().await;
        [first, current()]
    };
    let mut cx = Context::from_waker(Waker::noop());
    let mut inside = pin!(context::inside(places()));
    let mut hosted = pin!(context::hosted(&host, places()));
    for wrapped in
        [inside.as_mut(), hosted.as_mut()] as [std::pin::Pin<&mut dyn Future<Output = _>>; 2]
    {
        let mut wrapped = wrapped;
        assert_eq!(wrapped.as_mut().poll(&mut cx), Poll::Pending);
        assert_eq!(current(), Place::Outside);
        assert_eq!(wrapped.poll(&mut cx), Poll::Ready([Place::Inside; 2]));
        assert_eq!(current(), Place::Outside);
    }
}

/// A8: a wrapped future is dropped inside, whether it was polled or not.
#[test]
fn inside_in_the_drop_of_a_wrapped_future() {
    let host = Arc::new(Stubborn);
    let mut cx = Context::from_waker(Waker::noop());

    let (future, dropped) = tells_drop();
    drop(context::inside(future));
    assert_eq!(dropped.recv(), Ok(Place::Inside));

    let (future, dropped) = tells_drop();
    let mut wrapped = Box::pin(context::inside(future));
    assert_eq!(wrapped.as_mut().poll(&mut cx), Poll::Pending);
    drop(wrapped);
    assert_eq!(dropped.recv(), Ok(Place::Inside));

    let (future, dropped) = tells_drop();
    drop(context::hosted(&host, future));
    assert_eq!(dropped.recv(), Ok(Place::Inside));
    assert_eq!(current(), Place::Outside);
}

/// A8: the closures of the installers.
#[test]
fn each_installer_moves_the_thread() {
    let host = Arc::new(Stubborn);
    let shared: Arc<dyn Host> = Arc::new(Stubborn);
    assert_eq!(current(), Place::Outside);
    assert_eq!(context::inside_executor(current), Place::Inside);
    assert_eq!(context::with_host(&host, current), Place::Inside);
    assert_eq!(context::with_host(&shared, current), Place::Inside);
    assert_eq!(context::blocking_region(current), Place::Outside);
    assert_eq!(current(), Place::Outside);
}

/// A8: driving in each poll of a driven future, first or later.
#[test]
fn driving_in_a_driven_poll() {
    let places = Dual::future(async {
        let first = current();
        yield_now().await;
        let nested = Dual::future(async { current() }).get();
        [first, current(), nested]
    });
    assert_eq!(places.get(), [Place::Driving; 3]);
    assert_eq!(current(), Place::Outside);
}

/// A8: sync code that a driver runs here is outside, and the driver goes on after it.
#[test]
fn outside_in_sync_code_run_by_a_driver() {
    let here = thread::current().id();
    let look = move || {
        assert_eq!(thread::current().id(), here);
        current()
    };
    Dual::future(async move {
        assert_eq!(Dual::blocking(look).await, Place::Outside);
        assert_eq!(current(), Place::Driving);
        assert_eq!(Dual::in_place(look).await, Place::Outside);
        assert_eq!(current(), Place::Driving);
        let pair = Dual::pair((), |()| look(), async |()| current());
        assert_eq!(pair.await, Place::Outside);
        assert_eq!(current(), Place::Driving);
    })
    .get();
    for dual in [Dual::blocking(look).boxed(), Dual::in_place(look).boxed()] {
        assert_eq!(dual.get(), Place::Outside);
    }
}

/// A8: a pool thread is outside, whoever waits for it.
#[test]
fn outside_in_a_pool_thread() {
    limit(|| {
        let here = thread::current().id();
        let look = || (current(), thread::current().id());
        let (place, thread) = pollster::block_on(context::inside(Dual::blocking(look)));
        assert_eq!(place, Place::Outside);
        assert_ne!(thread, here);

        let both = async { futures::join!(Dual::blocking(look), Dual::blocking(look)) };
        let ((first, _), (second, _)) = Dual::future(both).get();
        assert_eq!([first, second], [Place::Outside; 2]);
    });
}

/// A8: below a get, a wrapped future is an executor's task again: its sync code is the pool's.
#[test]
fn inside_in_a_wrapper_below_a_get() {
    limit(|| {
        let look = || (current(), thread::current().id());
        let wrapped = context::inside(async move { (current(), Dual::blocking(look).await) });
        let (outer, (inner, thread)) = Dual::future(wrapped).get();
        assert_eq!([outer, inner], [Place::Inside, Place::Outside]);
        assert_ne!(thread, thread::current().id());
    });
}

/// A9: a panic in a poll puts everything back.
#[test]
fn restored_after_a_panic_in_a_poll() {
    let host = Arc::new(Stubborn);
    let mut cx = Context::from_waker(Waker::noop());
    let fails = async || -> u32 {
        yield_now().await;
        panic!("in a poll");
    };

    let mut wrapped = pin!(context::inside(fails()));
    assert!(wrapped.as_mut().poll(&mut cx).is_pending());
    assert_eq!(panic_of(|| wrapped.poll(&mut cx)).1, "in a poll");
    assert_eq!(current(), Place::Outside);

    let mut wrapped = pin!(context::hosted(&host, fails()));
    assert!(wrapped.as_mut().poll(&mut cx).is_pending());
    assert_eq!(panic_of(|| wrapped.poll(&mut cx)).1, "in a poll");
    assert_eq!(current(), Place::Outside);
    // No host is left behind either: this one would refuse.
    assert_eq!(Dual::future(async { 5 }).get(), 5);

    assert_eq!(panic_of(|| Dual::future(fails()).get()).1, "in a poll");
    assert_eq!(current(), Place::Outside);

    // On a nested level, and in sync code that is run here.
    Dual::future(async {
        assert_eq!(panic_of(|| Dual::future(fails()).get()).1, "in a poll");
        assert_eq!(current(), Place::Driving);
        let fails = Dual::in_place(|| -> u32 { panic!("in sync code") });
        assert_eq!(panic_of(|| fails.get()).1, "in sync code");
        assert_eq!(current(), Place::Driving);
    })
    .get();
    assert_eq!(current(), Place::Outside);
}

/// A9: a panic in the closure of an installer puts everything back.
#[test]
fn restored_after_a_panicking_closure() {
    let stubborn = Arc::new(Stubborn);
    let helpful = Helpful::new();
    let fails = || -> u32 { panic!("in the closure") };
    context::with_host(&helpful, || {
        panic_of(|| context::inside_executor(fails));
        assert_eq!(current(), Place::Inside);
        panic_of(|| context::with_host(&stubborn, fails));
        assert_eq!(current(), Place::Inside);
        panic_of(|| context::blocking_region(fails));
        assert_eq!(current(), Place::Inside);
        // The host is the first one again, which lets a get through.
        assert_eq!(Dual::future(async { 5 }).get(), 5);
        panic_of(|| Dual::future(async move { fails() }).get());
        assert_eq!(current(), Place::Inside);
    });
    assert_eq!(helpful.calls().0, 2);

    for _ in 0..2 {
        panic_of(|| context::inside_executor(fails));
        assert_eq!(current(), Place::Outside);
        panic_of(|| context::with_host(&stubborn, fails));
        assert_eq!(current(), Place::Outside);
        panic_of(|| context::blocking_region(fails));
        assert_eq!(current(), Place::Outside);
    }
}

/// A9: a host that panics leaves nothing behind.
#[test]
fn restored_after_a_panicking_host() {
    let host = Helpful::calling(|_| panic!("in the host"));
    context::with_host(&host, || {
        assert_eq!(
            panic_of(|| Dual::future(async { 5 }).get()).1,
            "in the host"
        );
        assert_eq!(current(), Place::Inside);
    });
    assert_eq!(current(), Place::Outside);
    assert_eq!(Dual::future(async { 5 }).get(), 5);
}

/// A9: each level of nesting comes back as it was.
#[test]
fn restored_after_nesting() {
    let may_block = || Dual::future(async { 5 }).try_get().is_ok();
    assert!(may_block());
    context::inside_executor(|| {
        assert!(!may_block());
        context::blocking_region(|| {
            assert_eq!(current(), Place::Outside);
            assert!(may_block());
            context::inside_executor(|| {
                assert_eq!(current(), Place::Inside);
                assert!(!may_block());
                context::blocking_region(|| assert!(may_block()));
                assert_eq!(current(), Place::Inside);
                assert!(!may_block());
            });
            assert_eq!(current(), Place::Outside);
            assert!(may_block());
            Dual::future(async {
                assert_eq!(
                    context::inside(async { (current(), may_block()) }).await,
                    (Place::Inside, false)
                );
                assert_eq!(current(), Place::Driving);
                assert!(may_block());
                assert_eq!(context::blocking_region(current), Place::Outside);
                assert_eq!(current(), Place::Driving);
            })
            .get();
            assert_eq!(current(), Place::Outside);
        });
        assert_eq!(current(), Place::Inside);
        assert!(!may_block());
    });
    assert_eq!(current(), Place::Outside);
    assert!(may_block());
}

/// A9: dropping a future mid-way, from any place, leaves that place as it was.
#[test]
fn restored_after_a_future_dropped_midway() {
    let mut cx = Context::from_waker(Waker::noop());
    let host = Arc::new(Stubborn);
    let mut half_done = || {
        let mut wrapped = Box::pin(context::hosted(
            &host,
            context::inside(future::pending::<()>()),
        ));
        assert!(wrapped.as_mut().poll(&mut cx).is_pending());
        wrapped
    };

    drop(half_done());
    assert_eq!(current(), Place::Outside);
    // The stubborn host went with it.
    assert_eq!(Dual::future(async { 5 }).get(), 5);

    let wrapped = half_done();
    context::inside_executor(|| {
        drop(wrapped);
        assert_eq!(current(), Place::Inside);
    });
    let wrapped = half_done();
    Dual::future(async {
        drop(wrapped);
        assert_eq!(current(), Place::Driving);
    })
    .get();
    assert_eq!(current(), Place::Outside);
}

/// A10: a new thread starts outside, whatever the place it was started from.
#[test]
fn not_inherited_by_new_threads() {
    let in_new_thread = || {
        let look = || (current(), Dual::future(async { 5 }).get());
        thread::spawn(look).join().expect("a get is fine there")
    };
    let host = Arc::new(Stubborn);
    let fine = (Place::Outside, 5);
    assert_eq!(context::inside_executor(in_new_thread), fine);
    assert_eq!(context::with_host(&host, in_new_thread), fine);
    assert_eq!(context::blocking_region(in_new_thread), fine);
    assert_eq!(Dual::future(async { in_new_thread() }).get(), fine);
}

/// A10: a dying thread is outside, and the installers work there; before and after the
/// crate's own locals are gone.
#[test]
fn right_while_a_threads_locals_are_destroyed() {
    let look = || {
        let host = Helpful::new();
        [
            current(),
            context::inside_executor(current),
            context::with_host(&host, current),
            context::blocking_region(current),
            Dual::future(async { current() }).get(),
            current(),
        ]
    };
    let expected = [
        Place::Outside,
        Place::Inside,
        Place::Inside,
        Place::Outside,
        Place::Driving,
        Place::Outside,
    ];
    for ours_first in [false, true] {
        let (sender, seen) = mpsc::channel();
        let dying = thread::spawn(move || {
            // Locals are destroyed in the opposite order of their first use.
            if ours_first {
                look();
            }
            AtExit::set(move || {
                let refused =
                    context::inside_executor(|| Dual::future(async {}).try_get().is_err());
                let _ = sender.send((look(), refused));
            });
            look();
        });
        dying.join().expect("the thread dies in peace");
        assert_eq!(seen.recv(), Ok((expected, true)));
    }
}

// Foreign executors ----------------------------------------------------------------------

/// A sync part that waits until another task has made progress, and that task.
fn part_that_needs_another() -> (
    DualOf<impl Work<Output = u32> + 'static>,
    impl Future<Output = ()> + 'static,
) {
    let (sender, receiver) = mpsc::channel();
    let part = Dual::blocking(move || receiver.recv().expect("the other task sends"));
    let other = async move {
        yield_now().await;
        sender.send(5).expect("the part waits");
    };
    (part, other)
}

/// A11: sync code awaited under pollster.
#[test]
fn sync_body_does_not_stall_pollster() {
    limit(|| {
        let (part, other) = part_that_needs_another();
        let (value, ()) = pollster::block_on(async { futures::join!(part, other) });
        assert_eq!(value, 5);
    });
}

/// A11: sync code awaited under a `LocalPool`.
#[test]
fn sync_body_does_not_stall_a_local_pool() {
    limit(|| {
        let (part, other) = part_that_needs_another();
        let mut pool = futures::executor::LocalPool::new();
        let spawner = pool.spawner();
        spawner.spawn_local(other).expect("the pool is there");
        assert_eq!(pool.run_until(part), 5);

        // And the other way round, the sync part in the spawned task.
        let (part, other) = part_that_needs_another();
        let part = spawner
            .spawn_local_with_handle(part)
            .expect("the pool is there");
        assert_eq!(pool.run_until(async { futures::join!(part, other).0 }), 5);
    });
}

/// A11: sync code awaited under smol, on one thread.
#[test]
fn sync_body_does_not_stall_smol() {
    limit(|| {
        let (part, other) = part_that_needs_another();
        let ex = smol::LocalExecutor::new();
        let part = ex.spawn(part);
        let other = ex.spawn(other);
        smol::block_on(ex.run(async {
            other.await;
            assert_eq!(part.await, 5);
        }));
    });
}

/// A11: sync code awaited under tokio, on one thread.
#[test]
fn sync_body_does_not_stall_tokio() {
    limit(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let tasks = tokio::task::LocalSet::new();
        let (part, other) = part_that_needs_another();
        let part = tasks.spawn_local(part);
        let other = tasks.spawn_local(other);
        tasks.block_on(&runtime, async {
            other.await.expect("no panic");
            assert_eq!(part.await.expect("no panic"), 5);
        });
    });
}

// Refused --------------------------------------------------------------------------------

/// A12: refused in a future that says where it is; the handle works by await, and elsewhere.
#[test]
fn refused_in_a_wrapped_future() {
    limit(|| {
        let elsewhere = pollster::block_on(context::inside(async {
            assert_eq!(refused_here().await, 5);
            yield_now().await;
            refused_here()
        }));
        assert_eq!(elsewhere.get(), 5);
    });
}

/// A12: refused on a thread that is an executor's.
#[test]
fn refused_in_an_executors_closure() {
    let mut dual = context::inside_executor(refused_here);
    // It has become an ordinary handle again.
    *dual += 1;
    assert_eq!(dual.get(), 6);
}

/// A12: refused by a host that cannot block; the handle works by await, and elsewhere.
#[test]
fn refused_by_a_host_that_cannot_block() {
    limit(|| {
        let host = Arc::new(Stubborn);
        assert_eq!(context::with_host(&host, refused_here).get(), 5);
        let elsewhere = pollster::block_on(context::hosted(&host, async {
            assert_eq!(refused_here().await, 5);
            refused_here()
        }));
        let elsewhere = thread::spawn(move || elsewhere.get());
        assert_eq!(elsewhere.join().expect("no panic"), 5);
    });
}

/// A12: `inside` asks no host, though the thread may have one.
#[test]
fn inside_hides_a_host() {
    let host = Helpful::new();
    context::with_host(&host, || {
        assert_eq!(context::inside_executor(refused_here).get(), 5);
    });
    assert_eq!(host.calls().0, 1, "for the get out here");
}

// Helped ---------------------------------------------------------------------------------

/// A12: a get that does not wait goes through its host once, and is outside there.
#[test]
fn host_is_told_of_a_get() {
    let here = thread::current().id();
    let host = Helpful::new();
    context::with_host(&host, || {
        assert_eq!(Dual::future(async { 5 }).get(), 5);
        assert_eq!(host.calls(), (1, vec![here]));
        assert_eq!(Dual::blocking(current).get(), Place::Outside);
        assert_eq!(host.calls(), (2, vec![here; 2]));
        assert_eq!(Dual::future(async { 5 }).try_get().ok(), Some(5));
        assert_eq!(host.calls(), (3, vec![here; 3]));

        // In-place code is watched, and stays inside.
        assert_eq!(Dual::in_place(current).get(), Place::Inside);
        assert_eq!(host.calls(), (4, vec![here; 4]));

        // What is there already is no business of the host's.
        assert_eq!(Dual::ready(5).get(), 5);
        assert_eq!(host.calls(), (4, vec![here; 4]));
        assert_eq!(current(), Place::Inside);
    });
}

/// A12: a get that waits goes through its host once, and once for each park.
#[test]
fn host_is_told_of_each_park() {
    limit(|| {
        let here = thread::current().id();
        let (sender, mut receiver) = futures_mpsc::unbounded();
        let host = Helpful::calling(move |nth| {
            let sender = sender.clone();
            if nth > 1 {
                thread::spawn(move || sender.unbounded_send(nth));
            }
        });
        let parks = context::with_host(&host, || {
            let three = async {
                [
                    receiver.next().await,
                    receiver.next().await,
                    receiver.next().await,
                ]
            };
            Dual::future(three).get()
        });
        assert_eq!(parks, [Some(2), Some(3), Some(4)]);
        assert_eq!(host.calls(), (1, vec![here; 4]));
    });
}

/// A12: a deref asks no host: in async code it is refused, whoever could help. The handle is as it was.
#[test]
fn deref_asks_no_host() {
    limit(|| {
        let here = thread::current().id();
        let (sender, dual) = message();
        let dual = dual.boxed_local();
        let host = Helpful::sending([sender]);
        context::with_host(&host, || {
            let (line, said) = (here!(), panic_of(|| *dual));
            assert_deref_refused(said, line);
            assert_eq!(host.calls(), (0, vec![]));
            assert_eq!(dual.get(), 7);
            assert_eq!(host.calls(), helpful_twice(here, 1));
        });
    });
}

/// A12: `try_get` goes through a host as `get` does.
#[test]
fn each_way_to_resolve_parks_through_the_host() {
    limit(|| {
        let here = thread::current().id();

        let (sender, dual) = message();
        let host = Helpful::sending([sender]);
        assert_eq!(context::with_host(&host, || dual.try_get()).ok(), Some(7));
        assert_eq!(host.calls(), helpful_twice(here, 1));

        // In a future on an executor that knows nothing of it.
        let (sender, dual) = message();
        let host = Helpful::sending([sender]);
        assert_eq!(
            pollster::block_on(context::hosted(&host, async { dual.get() })),
            7
        );
        assert_eq!(host.calls(), helpful_twice(here, 1));
    });
}

/// A12: a nested get parks its thread as well, and so goes through the host of that thread.
#[test]
fn nested_get_parks_through_the_host() {
    limit(|| {
        let here = thread::current().id();

        let (sender, nested) = message();
        let host = Helpful::sending([sender]);
        let value = context::with_host(&host, || Dual::future(async { nested.get() }).get());
        assert_eq!(value, 7);
        assert_eq!(host.calls(), helpful_twice(here, 1));

        // In sync code that is run here, by a get and in a driven poll.
        let (sender, nested) = message();
        let host = Helpful::sending([sender]);
        let nested = Dual::blocking(move || nested.get());
        assert_eq!(context::with_host(&host, || nested.get()), 7);
        assert_eq!(host.calls(), helpful_twice(here, 1));

        let (sender, nested) = message();
        let host = Helpful::sending([sender]);
        let nested = Dual::blocking(move || nested.get());
        let value = context::with_host(&host, || Dual::future(async { nested.await }).get());
        assert_eq!(value, 7);
        assert_eq!(host.calls(), helpful_twice(here, 1));
    });
}

/// A12: a host that does not call what it is given is told so, at the caller's line.
#[test]
fn host_that_never_calls_its_closure() {
    struct Forgetful;

    impl Host for Forgetful {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, _block: &mut dyn FnMut()) {}
    }

    let five = || Dual::future(async { 5 });
    context::with_host(&Arc::new(Forgetful), || {
        let must = "`Host::block_in_place` must call the closure";
        let (line, (at, said)) = (here!(), panic_of(|| five().get()));
        assert_eq!(at, line);
        assert_contains(&said, must);
        let (line, (at, said)) = (here!(), panic_of(|| five().try_get().ok()));
        assert_eq!(at, line);
        assert_contains(&said, must);
    });
}

/// B2: a host that calls what it is given twice runs the body once.
#[test]
fn host_that_calls_its_closure_twice() {
    struct Eager;

    impl Host for Eager {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            block();
            block();
        }
    }

    let runs = Cell::new(0);
    let counts = async {
        runs.set(runs.get() + 1);
        runs.get()
    };
    assert_eq!(
        context::with_host(&Arc::new(Eager), || Dual::future(counts).get()),
        1
    );
    assert_eq!(runs.get(), 1);
}

// A host that stops ----------------------------------------------------------------------

/// A host that can be stopped, and counts its parks like `Helpful`.
struct Stoppable {
    helpful: Arc<Helpful>,
    stopped: Arc<AtomicBool>,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Stoppable {
    /// A host that another thread stops, or just wakes, when a `get` parks through it.
    fn new(stops: impl Fn(usize) -> bool + Send + Sync + 'static) -> Arc<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let waker = Arc::new(Mutex::new(None::<Waker>));
        let helpful = Helpful::calling({
            let (stopped, waker) = (Arc::clone(&stopped), Arc::clone(&waker));
            move |nth| {
                if nth > 1 {
                    let stop = stops(nth);
                    let (stopped, waker) = (Arc::clone(&stopped), Arc::clone(&waker));
                    thread::spawn(move || {
                        stopped.store(stop, Ordering::Release);
                        let waker = waker.lock().expect("no panic").take();
                        waker.expect("it was asked before").wake();
                    });
                }
            }
        });
        Arc::new(Stoppable {
            helpful,
            stopped,
            waker,
        })
    }
}

impl Host for Stoppable {
    fn can_block(&self) -> bool {
        self.helpful.can_block()
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        self.helpful.block_in_place(block);
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.stopped.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        *self.waker.lock().expect("no panic") = Some(cx.waker().clone());
        Poll::Pending
    }
}

const STOPPED: &str = "the executor was dropped before this value was ready";

/// C10: a parked get ends when its host is stopped, and the thread is as before.
#[test]
fn host_stopped_while_a_get_is_parked() {
    limit(|| {
        let host = Stoppable::new(|_| true);
        context::with_host(&host, || {
            let (_, said) = panic_of(|| Dual::future(future::pending::<()>()).get());
            assert_contains(&said, STOPPED);
            assert_eq!(current(), Place::Inside);
        });
        assert_eq!(host.helpful.calls().1.len(), 2);
        assert_eq!(current(), Place::Outside);
        assert_eq!(
            Dual::future(async {
                yield_now().await;
                5
            })
            .get(),
            5
        );
    });
}

/// C10: a get parked on a nested level ends likewise.
#[test]
fn host_stopped_while_a_nested_get_is_parked() {
    limit(|| {
        let host = Stoppable::new(|_| true);
        context::with_host(&host, || {
            let nested = async { Dual::future(future::pending::<()>()).get() };
            let (_, said) = panic_of(|| Dual::future(nested).get());
            assert_contains(&said, STOPPED);
        });
    });
}

/// C10: a wake-up of the host's that is no stop is one to wait on from; the stop comes later.
#[test]
fn host_is_asked_again_at_each_wake_up() {
    limit(|| {
        let host = Stoppable::new(|nth| nth == 4);
        context::with_host(&host, || {
            let (_, said) = panic_of(|| Dual::future(future::pending::<()>()).get());
            assert_contains(&said, STOPPED);
        });
        assert_eq!(
            host.helpful.calls().1.len(),
            4,
            "around the get, and three parks"
        );
    });
}

/// C10: with a host that has stopped, only what would wait ends with an error.
#[test]
fn host_stopped_before_a_get() {
    limit(|| {
        let host = Stoppable::new(|_| true);
        host.stopped.store(true, Ordering::Release);
        context::with_host(&host, || {
            assert_eq!(
                Dual::future(async {
                    yield_now().await;
                    5
                })
                .get(),
                5
            );
            assert_eq!(Dual::blocking(|| 5).get(), 5);
            let (_, said) = panic_of(|| Dual::future(future::pending::<()>()).get());
            assert_contains(&said, STOPPED);
        });
        assert_eq!(host.helpful.calls().1.len(), 3, "nothing has parked");
    });
}

/// A host that shows each job, and leaves it to the pool.
struct ShowsJobs(Mutex<String>);

impl Host for ShowsJobs {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        *self.0.lock().expect("not poisoned") = format!("{job:?}");
        Err(job)
    }
}

/// What wraps a future or runs it is shown by its name, and shows nothing of the user's.
#[test]
fn debug_names_the_type() {
    let host = Arc::new(ShowsJobs(Mutex::default()));
    pollster::block_on(context::hosted(&host, Dual::blocking(|| ())));
    assert_eq!(*host.0.lock().expect("not poisoned"), "Job { .. }");
    let wrapper = context::inside(async {});
    assert_eq!(format!("{wrapper:?}"), "Inside { hosted: false, .. }");
    #[cfg(feature = "executor")]
    {
        let ex = smartcall::Executor::builder().threads(1).build();
        assert_eq!(
            format!("{ex:?}"),
            "Executor { tasks: Tasks { waiting: 0 }, .. }"
        );
        let adopted = smartcall::Executor::from(Arc::new(async_executor::Executor::new()));
        assert!(format!("{adopted:?}").starts_with("Executor { tasks: Executor"));
        let local = smartcall::LocalExecutor::new();
        assert!(format!("{local:?}").starts_with("LocalExecutor { tasks: LocalExecutor"));
    }
}

// blocking_region ------------------------------------------------------------------------

/// A12: a blocking region lifts the refusal, for nested gets as well, and asks no host.
#[test]
fn region_lets_a_get_through() {
    limit(|| {
        let (sender, pending) = message();
        thread::spawn(move || sender.send(7));
        let nested = async { Dual::future(async { pending.get() }).get() };
        let value = context::inside_executor(|| {
            context::blocking_region(|| Dual::blocking(|| Dual::future(nested).get()).get())
        });
        assert_eq!(value, 7);

        let host = Helpful::new();
        let (sender, pending) = message();
        thread::spawn(move || sender.send(7));
        let value = context::with_host(&host, || context::blocking_region(|| pending.get()));
        assert_eq!(value, 7);
        assert_eq!(host.calls(), (0, Vec::new()));
    });
}

/// A12: a region ends where the next executor begins.
#[test]
fn region_does_not_reach_into_an_executor() {
    context::blocking_region(|| {
        assert_eq!(context::inside_executor(refused_here).get(), 5);
        let inside = Dual::future(context::inside(async { refused_here() }));
        assert_eq!(inside.get().get(), 5);
    });
}

// A host's pool ----------------------------------------------------------------------------

/// A host with a pool: each job is handed to a function.
struct WithPool<F>(F);

impl<F: Fn(Job) -> Result<(), Job> + Send + Sync + 'static> Host for WithPool<F> {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        (self.0)(job)
    }
}

/// The name of this thread.
fn name() -> Option<String> {
    thread::current().name().map(String::from)
}

/// C5: a host's pool is the one used, once a call.
#[test]
fn hosts_pool_is_used_once_a_call() {
    limit(|| {
        let jobs = Arc::new(AtomicUsize::new(0));
        let host = Arc::new(WithPool({
            let jobs = Arc::clone(&jobs);
            move |job: Job| {
                jobs.fetch_add(1, Ordering::Relaxed);
                let thread = thread::Builder::new().name("custom".into());
                thread.spawn(move || job.run()).expect("a thread");
                Ok(())
            }
        }));
        let custom = Some(String::from("custom"));

        for calls in 1..=3 {
            let part = context::hosted(&host, Dual::blocking(name));
            assert_eq!(pollster::block_on(part), custom);
            assert_eq!(jobs.load(Ordering::Relaxed), calls);
        }

        // Under a get through the host, sync parts that overlap go there, one alone does not.
        let both = async { futures::join!(Dual::blocking(name), Dual::blocking(name)) };
        let both = context::with_host(&host, || Dual::future(both).get());
        assert_eq!(both, (custom.clone(), custom));
        assert_eq!(jobs.load(Ordering::Relaxed), 5);
        let alone = async { Dual::blocking(name).await };
        assert_eq!(
            context::with_host(&host, || Dual::future(alone).get()),
            name()
        );
        assert_eq!(jobs.load(Ordering::Relaxed), 5);
    });
}

/// C5: a pool that refuses leaves the job to the default pool, and a panic finds its way too.
#[test]
fn hosts_pool_that_refuses() {
    limit(|| {
        let refusals = Arc::new(AtomicUsize::new(0));
        let host = Arc::new(WithPool({
            let refusals = Arc::clone(&refusals);
            move |job| {
                refusals.fetch_add(1, Ordering::Relaxed);
                Err(job)
            }
        }));
        let here = thread::current().id();
        let part = Dual::blocking(|| (current(), thread::current().id()));
        let (place, thread) = pollster::block_on(context::hosted(&host, part));
        assert_eq!(place, Place::Outside);
        assert_ne!(thread, here);
        assert_eq!(refusals.load(Ordering::Relaxed), 1);

        let fails = context::hosted(&host, Dual::blocking(|| panic!("in the part")));
        assert_eq!(panic_of(|| pollster::block_on(fails)).1, "in the part");
        assert_eq!(refusals.load(Ordering::Relaxed), 2);
    });
}

/// C5: a host that says nothing of a pool uses the default one.
#[test]
fn host_without_a_pool() {
    limit(|| {
        let here = thread::current().id();
        let part = Dual::blocking(|| thread::current().id());
        assert_ne!(
            pollster::block_on(context::hosted(&Helpful::new(), part)),
            here
        );
    });
}

/// C5: whoever waits for a job that its host lost panics, in words.
#[test]
fn hosts_pool_that_drops_the_job() {
    limit(|| {
        let ran = Arc::new(AtomicBool::new(false));
        let part = Dual::blocking({
            let ran = Arc::clone(&ran);
            move || ran.store(true, Ordering::Relaxed)
        });
        let host = Arc::new(WithPool(|job| {
            drop(job);
            Ok(())
        }));
        let (_, said) = panic_of(|| pollster::block_on(context::hosted(&host, part)));
        assert_contains(
            &said,
            "the pool refused this job, or dropped it before it ran",
        );
        assert!(!ran.load(Ordering::Relaxed));
        assert_eq!(
            Arc::strong_count(&ran),
            1,
            "the code is dropped with the job"
        );

        // Also when it is lost only later, while somebody waits.
        let host = Arc::new(WithPool(|job| {
            thread::spawn(move || drop(job));
            Ok(())
        }));
        let part = context::hosted(&host, Dual::blocking(|| 5));
        let (_, said) = panic_of(|| pollster::block_on(part));
        assert_contains(
            &said,
            "the pool refused this job, or dropped it before it ran",
        );
    });
}

/// C5: a job runs outside, without a host, even on the executor's own thread; its panic goes
/// to whoever waits, and the place is as before.
#[test]
fn job_runs_outside() {
    limit(|| {
        let host = Arc::new(WithPool(|job: Job| {
            assert_eq!(current(), Place::Inside);
            job.run();
            assert_eq!(current(), Place::Inside);
            Ok(())
        }));
        let here = thread::current().id();
        let look = || {
            let (sender, dual) = message();
            thread::spawn(move || sender.send(7));
            (current(), thread::current().id(), dual.get())
        };
        let seen = pollster::block_on(context::hosted(&host, Dual::blocking(look)));
        assert_eq!(seen, (Place::Outside, here, 7));

        let fails = context::hosted(&host, Dual::blocking(|| panic!("in the job")));
        assert_eq!(panic_of(|| pollster::block_on(fails)).1, "in the job");
        assert_eq!(current(), Place::Outside);
    });
}

/// C5: a get in a job does not turn to the host whose job it is.
#[test]
fn job_has_no_host() {
    limit(|| {
        let helpful = Helpful::new();
        let (jobs, received) = mpsc::channel();
        let host = Arc::new(WithPool(move |job| jobs.send(job).map_err(|lost| lost.0)));
        let runs = thread::spawn({
            let helpful = Arc::clone(&helpful);
            move || {
                let job: Job = received.recv().expect("a job");
                context::with_host(&helpful, || job.run());
            }
        });
        let (sender, dual) = message();
        thread::spawn(move || sender.send(7));
        let part = Dual::blocking(|| dual.get());
        assert_eq!(pollster::block_on(context::hosted(&host, part)), 7);
        runs.join().expect("no panic");
        assert_eq!(helpful.calls(), (0, Vec::new()));
    });
}

// The recogniser ---------------------------------------------------------------------------

/// A12: without the recogniser nobody can tell that a `LocalPool` is there: it drives.
#[cfg(not(feature = "futures-executor"))]
#[test]
fn local_pool_not_recognised() {
    let mut pool = futures::executor::LocalPool::new();
    assert_eq!(pool.run_until(async { Dual::future(async { 5 }).get() }), 5);
    assert_eq!(
        futures::executor::block_on(async { Dual::future(async { 5 }).get() }),
        5
    );
}

#[cfg(feature = "futures-executor")]
mod recognised {
    use super::*;

    use futures::executor::{LocalPool, ThreadPool, block_on};
    use futures::task::SpawnExt;

    /// A12: refused under `LocalPool::run_until` and its tasks.
    #[test]
    fn refused_in_a_local_pool() {
        limit(|| {
            let mut pool = LocalPool::new();
            let elsewhere = pool.run_until(async {
                assert_eq!(
                    current(),
                    Place::Outside,
                    "`current` does not look for others"
                );
                assert_eq!(refused_here().await, 5);
                refused_here()
            });
            assert_eq!(elsewhere.get(), 5);
            let task = async { refused_here().await };
            let task = pool
                .spawner()
                .spawn_local_with_handle(task)
                .expect("the pool is there");
            assert_eq!(pool.run_until(task), 5);
        });
    }

    /// A12: refused under the `block_on` of `futures`.
    #[test]
    fn refused_in_block_on() {
        limit(|| {
            assert_eq!(block_on(async { refused_here().await }), 5);
            assert_eq!(block_on(async { refused_here() }).get(), 5);
        });
    }

    /// A12: refused in the tasks of a `ThreadPool`.
    #[test]
    fn refused_in_a_thread_pool() {
        limit(|| {
            let pool = ThreadPool::builder().pool_size(1).create().expect("a pool");
            let task = async { refused_here().await };
            let task = pool.spawn_with_handle(task).expect("the pool is there");
            assert_eq!(block_on(task), 5);
        });
    }

    /// A12: not refused on a plain thread, nor in what a get drives or runs there.
    #[test]
    fn not_refused_in_a_plain_thread() {
        let nested = || Dual::future(async { Dual::future(async { 5 }).get() }).get();
        assert_eq!(nested(), 5);
        assert_eq!(
            Dual::future(async { Dual::blocking(nested).await }).get(),
            5
        );
        block_on(async {});
        assert_eq!(nested(), 5);
    }

    /// A12: allowed in a blocking region, for nested gets as well.
    #[test]
    fn allowed_in_a_region() {
        let nested = || {
            Dual::future(async { Dual::blocking(|| Dual::future(async { 5 }).get()).get() }).get()
        };
        block_on(async {
            assert_eq!(context::blocking_region(nested), 5);
            let _ = refused_here();
            assert_eq!(
                context::blocking_region(|| context::blocking_region(nested)),
                5
            );
            let _ = refused_here();
            let inside = context::blocking_region(|| context::inside_executor(refused_here));
            assert_eq!(inside.await, 5);
        });
    }

    /// A12: a host of somebody else's speaks for the executor that would be found, too.
    #[test]
    fn allowed_by_a_host_in_block_on() {
        let host = Helpful::new();
        block_on(async {
            let _ = refused_here();
            let five = context::with_host(&host, || Dual::future(async { 5 }).get());
            assert_eq!(five, 5);
            assert_eq!(host.calls(), (1, vec![thread::current().id()]));
            let _ = refused_here();
        });
    }

    /// A12: refused in one that a task of ours runs, or the root of a `block_on`.
    #[cfg(feature = "executor")]
    #[test]
    fn refused_in_block_on_in_a_task() {
        limit(|| {
            for ex in [
                smartcall::Executor::builder().threads(1).build(),
                smartcall::Executor::from(Arc::new(async_executor::Executor::new())),
            ] {
                let runs = async || block_on(async { refused_here() });
                let task = ex.spawn(async move { runs().await });
                assert_eq!(ex.block_on(task).get(), 5);
                assert_eq!(ex.block_on(runs()).get(), 5);
            }
        });
    }

    /// A12: what lets a `block_on` of ours go through lets a get in its root go through.
    #[cfg(feature = "executor")]
    #[test]
    fn allowed_in_a_root_in_block_on() {
        limit(|| {
            let ex = smartcall::Executor::builder().threads(1).build();
            let root = || ex.block_on(async { Dual::future(async { 5 }).get() });
            block_on(async {
                assert_eq!(context::blocking_region(root), 5);
                assert_eq!(context::with_host(&Helpful::new(), root), 5);
            });
        });
    }

    /// A12: a `LocalPool` entered below a get supersedes it.
    #[test]
    fn refused_in_a_local_pool_in_a_driven_poll() {
        Dual::future(async {
            assert_eq!(Dual::future(async { 5 }).get(), 5);
            let elsewhere = LocalPool::new().run_until(async {
                assert_eq!(current(), Place::Driving);
                refused_here()
            });
            assert_eq!(elsewhere.get(), 5);
        })
        .get();
    }

    /// A12: a `LocalPool` on a thread of the pool is refused in its `run_until`, not around it.
    #[test]
    fn refused_in_a_local_pool_on_the_pool() {
        limit(|| {
            let part = Dual::blocking(|| {
                assert_eq!(Dual::future(async { 5 }).get(), 5);
                let elsewhere = LocalPool::new().run_until(async { refused_here() });
                elsewhere.get()
            });
            assert_eq!(pollster::block_on(part), 5);
        });
    }

    /// A12: a host may run its jobs on a `ThreadPool`: a job has been given leave to block.
    #[test]
    fn allowed_in_a_job_on_a_thread_pool() {
        limit(|| {
            let pool = ThreadPool::builder().pool_size(1).create().expect("a pool");
            let host = Arc::new(WithPool(move |job: Job| {
                pool.spawn(async { job.run() }).expect("the pool is there");
                Ok(())
            }));
            let nested = || Dual::future(async { Dual::future(async { 5 }).get() }).get();
            assert_eq!(
                pollster::block_on(context::hosted(&host, Dual::blocking(nested))),
                5
            );
        });
    }
}

// The shim ---------------------------------------------------------------------------------

#[cfg(feature = "executor")]
mod shim {
    use super::*;

    use smartcall::{Executor, LocalExecutor};

    fn one_thread() -> Executor {
        Executor::builder().threads(1).build()
    }

    fn adopted() -> Executor {
        Executor::from(Arc::new(async_executor::Executor::new()))
    }

    /// A place, before and after a wait.
    async fn places() -> [Place; 2] {
        let first = current();
        yield_now().await;
        [first, current()]
    }

    /// A8: inside in a task.
    #[test]
    fn inside_in_a_task() {
        limit(|| {
            for ex in [one_thread(), adopted()] {
                let task = Dual::future(ex.spawn(places()));
                assert_eq!(task.get(), [Place::Inside; 2]);
            }
            let ex = LocalExecutor::new();
            let task = ex.spawn(places());
            assert_eq!(ex.block_on(task), [Place::Inside; 2]);
        });
    }

    /// A8: a task of an adopted executor is inside on a thread that is not ours, too.
    #[test]
    fn inside_in_an_adopted_task_that_others_run() {
        limit(|| {
            let bare = Arc::new(async_executor::Executor::new());
            let ex = Executor::from(Arc::clone(&bare));
            let (wake, woken) = oneshot::channel::<()>();
            let task = ex.spawn(async {
                let _ = woken.await;
                places().await
            });
            // The task lives on, and our threads are gone.
            drop(ex);
            drop(wake);
            assert_eq!(pollster::block_on(bare.run(task)), [Place::Inside; 2]);
        });
    }

    /// A8: inside in the root of `block_on`, and outside after it.
    #[test]
    fn inside_in_the_root_of_block_on() {
        limit(|| {
            for ex in [one_thread(), adopted()] {
                assert_eq!(ex.block_on(places()), [Place::Inside; 2]);
                assert_eq!(current(), Place::Outside);
            }
            assert_eq!(LocalExecutor::new().block_on(places()), [Place::Inside; 2]);
            assert_eq!(current(), Place::Outside);
        });
    }

    /// A8: a task is dropped inside: cancelled, with its executor, or never having run.
    #[test]
    fn inside_in_the_drop_of_a_task() {
        limit(|| {
            for ex in [one_thread(), adopted()] {
                let (future, dropped) = tells_drop();
                drop(ex.spawn(future));
                assert_eq!(dropped.recv(), Ok(Place::Inside));

                let (future, dropped) = tells_drop();
                ex.spawn(future).detach();
                drop(ex);
                assert_eq!(dropped.recv(), Ok(Place::Inside));
            }

            let (future, dropped) = tells_drop();
            let ex = LocalExecutor::new();
            let task = ex.spawn(future);
            ex.block_on(yield_now());
            drop(task);
            ex.block_on(yield_now());
            assert_eq!(dropped.recv(), Ok(Place::Inside));

            let (future, dropped) = tells_drop();
            ex.spawn(future).detach();
            drop(ex);
            assert_eq!(dropped.recv(), Ok(Place::Inside));
            assert_eq!(current(), Place::Outside);
        });
    }

    /// A8: outside in a pool thread, and in a thread that a task spawned.
    #[test]
    fn outside_in_threads_of_a_task() {
        limit(|| {
            let ex = one_thread();
            let task = ex.spawn(async {
                let pool = Dual::blocking(current).await;
                let thread = thread::spawn(current).join().expect("no panic");
                [pool, thread, current()]
            });
            assert_eq!(task.get(), [Place::Outside, Place::Outside, Place::Inside]);
        });
    }

    /// A8, A10: outside once the executor has stopped, here and on its dying threads.
    #[test]
    fn outside_after_the_executor_stopped() {
        limit(|| {
            let ex = one_thread();
            let (sender, seen) = mpsc::channel();
            let task =
                ex.spawn(async { AtExit::set(move || sender.send(current()).unwrap_or(())) });
            task.get();
            drop(ex);
            assert_eq!(seen.recv(), Ok(Place::Outside));
            assert_eq!(current(), Place::Outside);
            assert_eq!(Dual::future(async { 5 }).get(), 5);
        });
    }

    /// A9: a task that panics leaves its thread inside, for the next one.
    #[test]
    fn restored_after_a_panic_in_a_task() {
        limit(|| {
            let ex = one_thread();
            let fails = ex.spawn(async { panic!("in a task") });
            assert_eq!(panic_of(|| ex.block_on(fails)).1, "in a task");
            assert_eq!(current(), Place::Outside);
            assert_eq!(ex.block_on(ex.spawn(places())), [Place::Inside; 2]);

            assert_eq!(
                panic_of(|| ex.block_on(async { panic!("in the root") })).1,
                "in the root"
            );
            assert_eq!(current(), Place::Outside);
            assert_eq!(Dual::future(async { 5 }).get(), 5);
        });
    }

    /// A11 has no need of an unknown executor: the shim's one thread goes on as well.
    #[test]
    fn sync_body_does_not_stall_the_shim() {
        limit(|| {
            let (part, other) = part_that_needs_another();
            let ex = LocalExecutor::new();
            let part = ex.spawn(part);
            let other = ex.spawn(other);
            ex.block_on(async {
                other.await;
                assert_eq!(part.await, 5);
            });
        });
    }

    /// Blocks in each way there is, on a task of an executor; a deref is none.
    fn goes_through(ex: &Executor) {
        let spawned = || {
            ex.spawn(async {
                yield_now().await;
                5
            })
        };
        let task = || Dual::new(spawned());
        assert!(context::can_block().is_ok());
        assert_eq!(spawned().get(), 5);
        assert_eq!(task().get(), 5);
        assert_eq!(task().boxed().get(), 5);
        assert_eq!(task().try_get().ok(), Some(5));
        let dual = task().boxed();
        let (line, said) = (here!(), panic_of(|| *dual));
        assert_deref_refused(said, line);
        assert_eq!(dual.get(), 5);
        assert_eq!(Dual::blocking(|| 5).get(), 5);
        assert_eq!(ex.block_on(task()), 5);
        assert_eq!(LocalExecutor::new().block_on(task()), 5);
    }

    /// A12: goes through in a task, on as many threads as there may be.
    #[test]
    fn through_in_a_task() {
        limit(|| {
            for ex in [one_thread(), adopted()] {
                let ex = Arc::new(ex);
                let inner = Arc::clone(&ex);
                let task = ex.spawn(async move { goes_through(&inner) });
                task.get();
            }
        });
    }

    /// A12: goes through in the root of `block_on`.
    #[test]
    fn through_in_the_root_of_block_on() {
        limit(|| {
            let ex = one_thread();
            ex.block_on(async { goes_through(&ex) });
        });
    }

    /// A12: refused in the tasks and the root of a `LocalExecutor`.
    #[test]
    fn refused_in_a_local_executor() {
        limit(|| {
            let ex = LocalExecutor::new();
            let task = ex.spawn(async { refused_here().await });
            assert_eq!(ex.block_on(task), 5);
            let task = ex.spawn(async { refused_here() });
            assert_eq!(ex.block_on(task).get(), 5);
            assert_eq!(ex.block_on(async { refused_here().await }), 5);
        });
    }

    /// A12: refused in a nested place of a task, but not on the pool nor in a region.
    #[test]
    fn refused_below_a_task() {
        limit(|| {
            let ex = LocalExecutor::new();
            let task = ex.spawn(async {
                assert_eq!(Dual::in_place(refused_here).await.await, 5);
                let nested = Dual::blocking(|| Dual::future(async { 5 }).get());
                assert_eq!(nested.await, 5);
                assert_eq!(
                    context::blocking_region(|| Dual::future(async { 5 }).get()),
                    5
                );
                refused_here()
            });
            assert_eq!(ex.block_on(task).get(), 5);
        });
    }

    /// A12: `block_on` of the shim is refused where a get is, at the caller's line.
    #[test]
    fn block_on_refused_in_a_task() {
        limit(|| {
            let other = one_thread();
            let local = LocalExecutor::new();
            local.block_on(async {
                let (line, said) = (here!(), panic_of(|| other.block_on(async {})));
                assert_refused(said, line);
                let local = LocalExecutor::new();
                let (line, said) = (here!(), panic_of(|| local.block_on(async {})));
                assert_refused(said, line);
            });
        });
    }

    /// A12: on a thread that has a host, `block_on` goes through that host.
    #[test]
    fn block_on_through_a_host() {
        limit(|| {
            let here = thread::current().id();
            let ex = one_thread();
            let host = Helpful::new();
            context::with_host(&host, || {
                assert_eq!(ex.block_on(async { current() }), Place::Inside);
                assert_eq!(host.calls(), (1, vec![here]));
                assert_eq!(LocalExecutor::new().block_on(places()), [Place::Inside; 2]);
                assert_eq!(host.calls().0, 2);
            });
        });
    }
}
