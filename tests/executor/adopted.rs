//! `Executor::from`: a bare executor that an `Executor` adopts.

use std::iter;
use std::sync::{Arc, Barrier, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::join_all;
use smartcall::{Dual, Executor};

use super::support::{assert_names_the_setting, get, waits_for_a_task};
use crate::common::{in_child, limit, never, panic_of, threads_named};

/// Runs an executor on the current thread until it is told to stop.
fn run_until(ex: &async_executor::Executor<'static>, stop: oneshot::Receiver<()>) {
    futures_lite::future::block_on(ex.run(stop)).expect("it is told");
}

/// Blocks all threads of an adopted executor at once, each in its own task: its own threads,
/// and one of the program's that runs it as well.
fn on_all_threads_of_an_adopted<F>(code: impl Fn(Arc<Executor>) -> F)
where
    F: Future<Output = u32> + Send + 'static,
{
    let bare = Arc::new(async_executor::Executor::new());
    let ex = Arc::new(Executor::from(Arc::clone(&bare)));
    let threads = 1 + thread::available_parallelism().expect("it is known").get();
    let (stop, stopped) = oneshot::channel();
    let own = thread::spawn(move || run_until(&bare, stopped));

    let barrier = Arc::new(Barrier::new(threads));
    let tasks: Vec<_> = (0..threads)
        .map(|_| {
            let barrier = Arc::clone(&barrier);
            let code = code(Arc::clone(&ex));
            ex.spawn(async move {
                barrier.wait();
                let here = thread::current().id();
                (code.await, here)
            })
        })
        .collect();
    let (got, ran): (Vec<_>, Vec<ThreadId>) = ex.block_on(join_all(tasks)).into_iter().unzip();
    assert_eq!(got, vec![5; threads]);
    assert!(ran.contains(&own.thread().id()));
    stop.send(()).expect("it runs");
    own.join().expect("it does not panic");
}

/// Gets on all threads of an adopted executor.
#[test]
fn gets_on_all_threads() {
    limit(|| {
        on_all_threads_of_an_adopted(|ex| async move { get(ex.spawn(async { 5 })) });
        on_all_threads_of_an_adopted(|ex| async move { ex.block_on(ex.spawn(async { 5 })) });
        on_all_threads_of_an_adopted(|ex| async move {
            get(async { get(async { 5 }) + get(ex.spawn(async { 0 })) })
        });
    });
}

/// Sync code that waits for a task, on all threads of an adopted executor.
#[test]
fn sync_code_on_all_threads() {
    limit(|| {
        on_all_threads_of_an_adopted(
            |ex| async move { Dual::blocking(waits_for_a_task(&ex)).get() },
        );
        on_all_threads_of_an_adopted(
            |ex| async move { Dual::in_place(waits_for_a_task(&ex)).await },
        );
    });
}

/// Dropping the handle of an adopted executor ends the gets that are parked on its threads.
#[test]
fn dropped_with_gets_parked() {
    limit(|| {
        let bare = Arc::new(async_executor::Executor::new());
        let ex = Executor::from(Arc::clone(&bare));
        let (begin, begun) = mpsc::channel();
        let waits = async move {
            begin.send(()).expect("somebody waits");
            never().await
        };
        let task = ex.spawn(async { get(waits) });
        begun.recv().expect("it begins");
        drop(ex);
        let text = panic_of(|| futures_lite::future::block_on(bare.run(task)));
        assert!(
            text.starts_with("the executor was dropped before this"),
            "{text}"
        );
    });
}

/// An adopted executor whose own threads are all blocked, by code that the executor is not told of, until the
/// senders are dropped: whatever else it runs is run by the program, or by a spare.
fn adopted_and_blocked() -> (
    Arc<async_executor::Executor<'static>>,
    Arc<Executor>,
    Vec<mpsc::Sender<()>>,
) {
    let bare = Arc::new(async_executor::Executor::new());
    let ex = Arc::new(Executor::from(Arc::clone(&bare)));
    let threads = thread::available_parallelism().expect("it is known").get();
    let (begin, begun) = mpsc::channel();
    let block = |_| {
        let (release, released) = mpsc::channel::<()>();
        let begin = begin.clone();
        let blocks = ex.spawn(async move {
            begin.send(()).expect("somebody waits");
            let _ = released.recv();
        });
        blocks.detach();
        release
    };
    let blocked = (0..threads).map(block).collect();
    for _ in 0..threads {
        begun.recv().expect("it begins");
    }
    (bare, ex, blocked)
}

/// A get on a thread of the program's own that runs an adopted executor gets a spare thread of its
/// own.
#[test]
fn get_on_a_thread_of_the_programs_own() {
    limit(|| {
        let (bare, ex, _blocked) = adopted_and_blocked();
        let inner = Arc::clone(&ex);
        let task = ex.spawn(async move {
            let nested = async { get(inner.spawn(async { 6 })) };
            get(inner.spawn(async { 5 })) + get(nested)
        });
        assert_eq!(futures_lite::future::block_on(bare.run(task)), 11);
        // A spare thread takes over whatever runs the task, also in a detected executor.
        let inner = Arc::clone(&ex);
        let task = ex.spawn(async move { get(inner.spawn(async { 5 })) });
        assert_eq!(futures::executor::block_on(bare.run(task)), 5);
    });
}

/// Such a spare thread serves all nested gets, and is idle again at the end of the outermost get.
#[cfg(target_os = "linux")]
#[test]
fn spares_for_threads_of_the_programs_are_reused() {
    in_child(|| {
        let (bare, ex, blocked) = adopted_and_blocked();
        for round in 0..50 {
            let inner = Arc::clone(&ex);
            let task = ex.spawn(async move {
                let nested = async { get(inner.spawn(async { 5 })) };
                get(async { get(nested) })
            });
            let bare = Arc::clone(&bare);
            let own = thread::spawn(move || futures_lite::future::block_on(bare.run(task)));
            assert_eq!(own.join().expect("no panic"), 5);
            if round == 0 {
                // One for the get, and as many as there are stalled threads.
                let spares = threads_named("smartcall-spare");
                assert!((1..=1 + blocked.len()).contains(&spares), "{spares}");
            }
        }
        // The last one may still be on its way when the next is called for.
        assert!(threads_named("smartcall-spare") < 25);
    });
}

/// An adopted executor may have 2,048 spare threads. A get that finds none left panics.
#[cfg(target_os = "linux")]
#[test]
fn max_spares_of_an_adopted_executor() {
    in_child(|| {
        let ex = Executor::from(Arc::new(async_executor::Executor::new()));
        let block = |_| {
            let (release, released) = oneshot::channel::<()>();
            ex.spawn(async { get(released).is_ok() }).detach();
            release
        };
        let blocked: Vec<_> = (0..2048).map(block).collect();
        let refused = || {
            // The last one may be on its way to its spare.
            thread::sleep(Duration::from_millis(1));
            let five = async { Dual::future(async { 5 }).try_get().err() };
            ex.block_on(ex.spawn(async { five.await.map(|refused| refused.to_string()) }))
        };
        let text = iter::repeat_with(refused).find_map(|refused| refused);
        assert_names_the_setting(&text.expect("the search has no end"));
        assert_eq!(threads_named("smartcall-spare"), 2048);
        drop(blocked);
    });
}

/// A get on a thread of the program's own panics once the adopting executor is dropped.
#[test]
fn get_in_a_task_whose_adopter_is_gone() {
    limit(|| {
        let bare = Arc::new(async_executor::Executor::new());
        let ex = Executor::from(Arc::clone(&bare));
        let (wake, woken) = oneshot::channel::<()>();
        let task = ex.spawn(async {
            let _ = woken.await;
            panic_of(|| get(async { 5 }))
        });
        drop(ex);
        drop(wake);
        let text = futures_lite::future::block_on(bare.run(task));
        assert!(
            text.starts_with(
                "cannot block here: this thread is polling a task of an executor that can't go \
                 on without it."
            ),
            "{text}"
        );
    });
}
