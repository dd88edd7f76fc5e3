//! `get_timeout`, `timeout`, `now_or_later`, `is_ready` and `sleep`.
//!
//! No time is asserted but by the bounds themselves: a body that sleeps for `LONG` would hold up a
//! test for longer than its limit allows for.

use std::future;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use smartcall::work::Work;
use smartcall::{Dual, DualOf, context, join, race, sleep};

use crate::common::{limit, wait_until};

const SOON: Duration = Duration::from_millis(20);
/// Longer than a test may take.
const LONG: Duration = Duration::from_secs(600);

/// Sync code that goes on until it is told to end, and who tells it.
fn told() -> (
    DualOf<impl Work<Output = u32> + Send + 'static>,
    mpsc::Sender<u32>,
) {
    let (tell, told) = mpsc::channel();
    (Dual::blocking(move || told.recv().unwrap_or(0)), tell)
}

#[test]
fn timeouts_that_are_in_time() {
    limit(|| {
        assert_eq!(
            Dual::future(async { 5 })
                .get_timeout(LONG)
                .expect("in time"),
            5
        );
        assert_eq!(Dual::blocking(|| 5).timeout(LONG).get(), Ok(5));
        assert_eq!(
            pollster::block_on(Dual::blocking(|| 5).timeout(LONG)),
            Ok(5)
        );
    });
}

/// `get_timeout` returns in time whatever the body does, and a later call continues where the first
/// one left off.
#[test]
fn get_timeout_of_sync_code_that_takes_longer() {
    limit(|| {
        let (dual, tell) = told();
        let dual = dual.get_timeout(SOON).expect_err("it waits");
        let dual = dual.get_timeout(SOON).expect_err("it still waits");
        assert!(!dual.is_ready());
        tell.send(5).expect("it runs, once");
        wait_until(|| dual.is_ready());
        assert_eq!(dual.get(), 5);
    });
}

/// A handle that `get_timeout` gives back can be resolved in every way.
#[test]
fn handle_that_came_back() {
    fn back() -> (
        DualOf<impl Work<Output = u32> + Send + 'static>,
        mpsc::Sender<u32>,
    ) {
        let (dual, tell) = told();
        (
            dual.get_timeout(Duration::ZERO).expect_err("it waits"),
            tell,
        )
    }
    limit(|| {
        let (dual, tell) = back();
        tell.send(1).expect("it runs");
        assert_eq!(pollster::block_on(dual), 1);

        let (dual, tell) = back();
        tell.send(2).expect("it runs");
        let dual = dual.boxed();
        assert_eq!(*dual, 2);
        assert_eq!(dual.get(), 2);

        let (dual, tell) = back();
        tell.send(3).expect("it runs");
        assert_eq!(dual.boxed().get(), 3);

        let (dual, tell) = back();
        tell.send(4).expect("it runs");
        assert_eq!(dual.boxed_local().map(|n| n + 1).get(), 5);

        let (dual, tell) = back();
        let refused = context::inside_executor(|| dual.try_get().expect_err("inside"));
        tell.send(6).expect("it runs");
        assert_eq!(refused.into_handle().try_get().expect("outside"), 6);

        let (dual, tell) = back();
        let dual = match dual.now_or_later() {
            Ok(value) => panic!("it was not told: {value}"),
            Err(dual) => dual,
        };
        tell.send(7).expect("it runs");
        assert_eq!(join((dual, Dual::ready(8))).get(), (7, 8));
    });
}

/// An async body keeps its progress from one call to the next, and runs once.
#[test]
fn get_timeout_keeps_the_progress() {
    limit(|| {
        let steps = Arc::new(AtomicUsize::new(0));
        let (tell, told) = futures::channel::oneshot::channel::<u32>();
        let dual = Dual::future({
            let steps = Arc::clone(&steps);
            async move {
                steps.fetch_add(1, Ordering::SeqCst);
                told.await.expect("it is told")
            }
        });
        let mut dual = dual.get_timeout(SOON).expect_err("it waits");
        for _ in 0..3 {
            dual = dual.get_deadline(Instant::now()).expect_err("it waits");
        }
        tell.send(5).expect("it waits");
        assert_eq!(
            dual.get_deadline(Instant::now() + LONG).expect("in time"),
            5
        );
        assert_eq!(steps.load(Ordering::SeqCst), 1);
    });
}

/// A deadline in the past polls once. A timeout beyond the clock's range never ends.
#[test]
fn timeouts_at_the_edges_of_the_clock() {
    limit(|| {
        let past = Instant::now();
        assert_eq!(
            Dual::future(async { 5 })
                .get_deadline(past)
                .expect("at once"),
            5
        );
        assert_eq!(
            Dual::ready(5).get_timeout(Duration::ZERO).expect("at once"),
            5
        );
        assert_eq!(
            Dual::future(async { 5 })
                .get_timeout(Duration::MAX)
                .expect("no end"),
            5
        );
        let (dual, tell) = told();
        tell.send(5).expect("it waits");
        assert_eq!(dual.timeout(Duration::MAX).get(), Ok(5));
        assert_eq!(Dual::ready(5).timeout(Duration::ZERO).get(), Ok(5));
    });
}

/// `timeout` drops work that takes longer. Code that has not begun never runs.
#[test]
fn timeout_drops_what_takes_longer() {
    limit(|| {
        let kept = Arc::new(());
        for by_get in [true, false] {
            let held = Arc::clone(&kept);
            let dual = Dual::future(async move {
                future::pending::<()>().await;
                drop(held);
            });
            let dual = dual.timeout(SOON);
            let elapsed = match by_get {
                true => dual.get(),
                false => pollster::block_on(dual),
            };
            assert!(elapsed.is_err());
            assert_eq!(Arc::strong_count(&kept), 1);
        }
    });
}

/// A timeout fires over sync code that takes longer, by both callers and when nested.
#[test]
fn timeout_over_sync_code() {
    limit(|| {
        let (dual, _tell) = told();
        assert!(dual.timeout(SOON).get().is_err());
        let (dual, _tell) = told();
        assert!(pollster::block_on(dual.timeout(SOON)).is_err());
        let (dual, _tell) = told();
        let nested = Dual::future(async { dual.timeout(SOON).await });
        assert!(nested.get().is_err());
        let (dual, _tell) = told();
        assert!(Dual::future(dual).timeout(SOON).get().is_err());
    });
}

/// While a task waits in `get_timeout` the other tasks go on, also with one worker.
#[test]
#[cfg(feature = "executor")]
fn get_timeout_in_a_task() {
    limit(|| {
        let ex = smartcall::Executor::builder().threads(1).build();
        let (dual, tell) = told();
        let gets = ex.spawn(async { dual.get_timeout(LONG).expect("it is told") });
        let tells = ex.spawn(async move { tell.send(5) });
        assert_eq!(ex.block_on(gets), 5);
        assert_eq!(ex.block_on(tells), Ok(()));

        let (dual, _tell) = told();
        let gives_up = ex.spawn(async { dual.get_timeout(SOON).is_err() });
        assert!(ex.block_on(gives_up));
        let (dual, _tell) = told();
        assert!(ex.block_on(ex.spawn(dual.timeout(SOON))).is_err());
    });
}

/// `get_timeout` is refused where `get` is, unless the value is ready.
#[test]
#[should_panic(expected = "cannot block here")]
fn get_timeout_inside_an_executor() {
    context::inside_executor(|| {
        assert_eq!(Dual::ready(5).get_timeout(SOON).expect("it is there"), 5);
        let _never = Dual::future(async { 5 }).get_timeout(SOON);
    });
}

/// `now_or_later` is allowed everywhere, and starts sync code on the pool.
#[test]
fn now_or_later_anywhere() {
    limit(|| {
        context::inside_executor(|| {
            assert_eq!(
                Dual::future(async { 5 }).now_or_later().expect("at once"),
                5
            );
            assert_eq!(Dual::in_place(|| 5).now_or_later().expect("at once"), 5);
        });
        let here = thread::current().id();
        let later =
            context::inside_executor(|| Dual::blocking(|| thread::current().id()).now_or_later());
        // It may be done by then, but not here.
        assert_ne!(later.unwrap_or_else(|later| later.get()), here);
        let driven =
            Dual::future(async { Dual::blocking(|| thread::current().id()).now_or_later() });
        assert_ne!(driven.get().unwrap_or_else(|later| later.get()), here);
    });
}

/// `is_ready` runs nothing, and is true once the handle resolves without a wait.
#[test]
fn is_ready_at_each_stage() {
    limit(|| {
        assert!(Dual::ready(5).is_ready());
        assert!(Dual::ready(5).boxed().is_ready());
        assert!(!Dual::blocking(|| -> u32 { panic!("it never runs") }).is_ready());
        let dual = Dual::future(async { 5 }).boxed();
        assert!(!dual.is_ready());
        assert_eq!(*dual, 5);
        assert!(dual.is_ready());
        let panics = Dual::future(async { panic!("it has no value") }).boxed();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| -> () { *panics }));
        assert!(caught.is_err() && !panics.is_ready());
    });
}

/// A handle that is given back is as `Send` as the original.
#[test]
fn auto_traits_are_kept() {
    fn send<T: Send>(value: T) -> T {
        value
    }
    let (dual, _tell) = told();
    drop(send(dual.get_timeout(Duration::ZERO)));
    let here = Rc::new(5);
    let dual = Dual::future(async {
        future::pending::<()>().await;
        *here
    });
    assert!(dual.get_timeout(Duration::ZERO).is_err());
}

/// `sleep` counts its time from the first poll, by each caller.
#[test]
fn sleep_by_each_caller() {
    limit(|| {
        let naps = [sleep(SOON), sleep(SOON), sleep(SOON)];
        thread::sleep(2 * SOON);
        let [got, awaited, driven] = naps;
        let begun = Instant::now();
        got.get();
        assert!(begun.elapsed() >= SOON, "got");
        let begun = Instant::now();
        pollster::block_on(awaited);
        assert!(begun.elapsed() >= SOON, "awaited");
        let begun = Instant::now();
        Dual::future(driven).get();
        assert!(begun.elapsed() >= SOON, "driven");

        // It is a handle like others.
        assert_eq!(
            race((sleep(LONG).map(|()| 1), sleep(SOON).map(|()| 2))).get(),
            2
        );
        assert!(sleep(LONG).timeout(SOON).get().is_err());
        let later = sleep(SOON).now_or_later().expect_err("it takes a while");
        later.get();
    });
}

/// `sleep` for a time beyond the clock's range never ends.
#[test]
fn sleep_beyond_the_clock() {
    limit(|| {
        assert!(sleep(Duration::MAX).get_timeout(SOON).is_err());
        assert!(sleep(Duration::MAX).now_or_later().is_err());
        assert_eq!(Dual::blocking(|| 5).timeout(Duration::MAX).get(), Ok(5));
    });
}

/// Says when it is dropped.
struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// `timeout` drops its work when the time has elapsed, and not only with the handle.
#[test]
fn elapsed_timeout_has_dropped_its_work() {
    let waits = |drops: &Arc<AtomicUsize>| {
        let guard = Guard(Arc::clone(drops));
        Dual::future(async move {
            let _guard = guard;
            future::pending::<()>().await
        })
    };
    limit(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let mut awaited = Box::pin(waits(&drops).timeout(SOON));
        assert!(pollster::block_on(awaited.as_mut()).is_err());
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        drop(awaited);
        assert_eq!(drops.load(Ordering::SeqCst), 1);

        let mut got = Box::pin(waits(&drops).boxed().timeout(SOON));
        assert!(Work::block(got.as_mut()).is_err());
        assert_eq!(drops.load(Ordering::SeqCst), 2);
        drop(got);

        // One that is nested in another timeout, or in a future under `get`, which both are still there.
        let mut nested = Box::pin(waits(&drops).timeout(SOON).timeout(LONG));
        assert!(Work::block(nested.as_mut()).is_ok_and(|elapsed| elapsed.is_err()));
        assert_eq!(drops.load(Ordering::SeqCst), 3);
        drop(nested);
        Dual::future(async {
            let mut inside = Box::pin(waits(&drops).timeout(SOON));
            assert!(inside.as_mut().await.is_err());
            assert_eq!(drops.load(Ordering::SeqCst), 4);
        })
        .get();

        // A value that came in time leaves nothing of its work either.
        let guard = Guard(Arc::clone(&drops));
        let quick = Dual::future(future::ready(5)).map(move |n| {
            let _guard = &guard;
            n
        });
        let mut quick = Box::pin(quick.timeout(LONG));
        assert_eq!(pollster::block_on(quick.as_mut()), Ok(5));
        assert_eq!(drops.load(Ordering::SeqCst), 5);
    });
}
