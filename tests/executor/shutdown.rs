//! Executors that are dropped while their tasks are in every state.

use std::future;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures::channel::oneshot;
use futures_lite::future::yield_now;
use smartcall::{Dual, Executor, LocalExecutor, Task};

use crate::common::{
    Counted, Steps, assert_contains, in_child, limit, one_thread, panic_of, panic_text, wait_until,
};

/// What a task says whose executor is gone.
const DROPPED: &str = "the executor was dropped before this task finished";

/// A get of a task on a thread of its own, and what came of it: the value, or what it said.
fn get_elsewhere<T: Send + 'static>(task: Task<T>) -> JoinHandle<Result<T, String>> {
    thread::spawn(|| {
        let get = AssertUnwindSafe(|| task.get());
        panic::catch_unwind(get).map_err(|payload| panic_text(&*payload))
    })
}

#[track_caller]
fn assert_dropped<T>(get: JoinHandle<Result<T, String>>) {
    match get.join().expect("it is caught") {
        Ok(_) => panic!("it has no value to give"),
        Err(said) => assert_contains(&said, DROPPED),
    }
}

/// Long enough for a thread to park that has said it is about to. Where it isn't, a test
/// shows less, and passes all the same.
const SOON: Duration = Duration::from_millis(5);

/// Tasks that were never polled, are pending, wait for a pool job, or are done, while plain threads
/// wait for them.
#[test]
fn executor_dropped_with_tasks_in_each_state() {
    limit(|| {
        let ex = one_thread();

        let (counted, pending_drops) = Counted::new();
        let pending = ex.spawn(async move {
            let _counted = counted;
            future::pending::<()>().await;
        });

        let (body, pool_begun, pool_tell) = Steps::new();
        let (value, pool_drops) = Counted::new();
        let on_the_pool = ex.spawn(Dual::blocking(move || {
            body.run();
            value
        }));
        pool_begun.recv().expect("it begins");

        let done = ex.spawn(async { 5 });
        wait_until(|| done.is_finished());
        let fallible = ex.spawn(future::pending::<()>()).fallible();

        // From here on the one worker is busy, until the executor is being dropped.
        let (body, begun, tell) = Steps::new();
        let ended = Arc::new(AtomicBool::new(false));
        let polled = ex.spawn({
            let ended = Arc::clone(&ended);
            async move {
                body.run();
                ended.store(true, Ordering::SeqCst);
                6
            }
        });
        begun.recv().expect("it begins");
        let (counted, unpolled_drops) = Counted::new();
        let unpolled = ex.spawn(async move {
            let _counted = counted;
            panic!("it never runs");
        });
        let unpolled_fallible = ex.spawn(async { 7 }).fallible();

        let unpolled = get_elsewhere(unpolled);
        let pending = get_elsewhere(pending);
        let on_the_pool = get_elsewhere(on_the_pool);
        let polled = get_elsewhere(polled);
        let tells = thread::spawn(move || {
            thread::sleep(SOON);
            tell.send(()).expect("it waits");
        });
        drop(ex);
        assert!(
            ended.load(Ordering::SeqCst),
            "the drop waits for a poll to end"
        );
        tells.join().expect("no panic");

        assert_dropped(pending);
        pending_drops.wait_for_one();
        // The one in the middle of its poll was the last one to be polled.
        assert_eq!(polled.join().expect("it is caught"), Ok(6));
        assert_eq!(Dual::future(done).get(), 5);
        assert_eq!(Dual::future(fallible).get(), None);

        // The job runs on, and its value is dropped.
        assert_dropped(on_the_pool);
        assert_eq!(pool_drops.count(), 0);
        pool_tell.send(()).expect("it is still at it");
        pool_drops.wait_for_one();

        // A worker may poll some more before it looks whether to stop.
        match unpolled.join().expect("it is caught") {
            Ok(()) => panic!("it panics"),
            Err(said) if said == "it never runs" => {}
            Err(said) => assert_contains(&said, DROPPED),
        }
        unpolled_drops.wait_for_one();
        assert!(matches!(
            Dual::future(unpolled_fallible).get(),
            None | Some(7)
        ));
    });
}

/// A task that is being polled and returns pending is dropped when the poll is over.
#[test]
fn executor_dropped_in_a_poll_that_ends_pending() {
    limit(|| {
        let ex = one_thread();
        let (body, begun, tell) = Steps::new();
        let (counted, drops) = Counted::new();
        let task = ex.spawn(async move {
            let _counted = counted;
            body.run();
            future::pending::<()>().await;
        });
        begun.recv().expect("it begins");
        let get = get_elsewhere(task);
        let tells = thread::spawn(move || {
            thread::sleep(SOON);
            tell.send(()).expect("it waits");
        });
        drop(ex);
        assert_eq!(
            drops.count(),
            1,
            "the drop waits for the poll, and drops the task"
        );
        assert_dropped(get);
        tells.join().expect("no panic");
    });
}

/// Each worker of several is in a poll.
#[test]
fn executor_dropped_with_all_workers_in_a_poll() {
    limit(|| {
        let ex = Executor::builder().threads(3).build();
        let barrier = Arc::new(Barrier::new(4));
        let ended = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let (barrier, ended) = (Arc::clone(&barrier), Arc::clone(&ended));
                ex.spawn(async move {
                    barrier.wait();
                    thread::sleep(SOON);
                    ended.fetch_add(1, Ordering::SeqCst);
                })
            })
            .collect();
        barrier.wait();
        drop(ex);
        assert_eq!(ended.load(Ordering::SeqCst), 3);
        tasks.into_iter().for_each(|task| task.get());
    });
}

/// The drop waits for the executor's threads, and for the destructors of their locals.
#[test]
fn executor_drop_waits_for_its_threads() {
    struct AtExit(mpsc::Sender<()>);

    impl Drop for AtExit {
        fn drop(&mut self) {
            thread::sleep(SOON);
            let _ = self.0.send(());
        }
    }

    thread_local! {
        static AT_EXIT: Mutex<Option<AtExit>> = const { Mutex::new(None) };
    }

    limit(|| {
        let ex = one_thread();
        let (sender, dead) = mpsc::channel();
        let leaves = ex.spawn(async {
            AT_EXIT.with(|at_exit| *at_exit.lock().expect("no panic") = Some(AtExit(sender)));
        });
        Dual::future(leaves).get();
        drop(ex);
        assert_eq!(dead.try_recv(), Ok(()));
    });
}

/// A task that was dropped with its executor panics when it is resolved, in each way.
#[test]
fn task_of_a_dropped_executor() {
    limit(|| {
        let ex = one_thread();
        let mut tasks: Vec<_> = (0..4).map(|_| ex.spawn(future::pending::<()>())).collect();
        drop(ex);
        let mut task = || tasks.pop().expect("four are enough");
        assert_contains(&panic_of(|| Dual::future(task()).get()), DROPPED);
        assert_contains(&panic_of(|| pollster::block_on(task())), DROPPED);
        assert!(task().is_finished());
        let other = one_thread();
        assert_eq!(other.block_on(task().cancel()), None);
        let task = one_thread().spawn(future::pending::<()>());
        assert_contains(&panic_of(|| other.block_on(other.spawn(task))), DROPPED);
    });
}

/// An executor that is dropped by one of its own tasks, with one worker and with three.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn executor_dropped_by_its_own_task() {
    in_child(|| {
        let before = crate::common::threads();
        for threads in [1, 3] {
            let ex = Executor::builder().threads(threads).build();
            let (counted, drops) = Counted::new();
            let pending = ex.spawn(async move {
                let _counted = counted;
                future::pending::<()>().await;
            });
            let pending = get_elsewhere(pending);
            let (give, given) = oneshot::channel::<Executor>();
            let drops_it = ex.spawn(async {
                drop(given.await.expect("it is given"));
                5
            });
            give.send(ex).expect("it waits");
            assert_eq!(Dual::future(drops_it).get(), 5);
            assert_dropped(pending);
            drops.wait_for_one();
            wait_until(|| crate::common::threads() == before);
        }
    });
}

/// A worker that outlives its executor drops the tasks before the thread's locals are destroyed.
#[test]
fn executor_dropped_by_its_own_task_before_thread_locals() {
    thread_local! {
        static LOCAL: Box<u32> = Box::new(5);
    }

    /// A value whose drop uses a thread-local.
    struct UsesLocal(mpsc::Sender<Option<u32>>);

    impl Drop for UsesLocal {
        fn drop(&mut self) {
            let local = LOCAL.try_with(|local| **local).ok();
            self.0.send(local).expect("somebody waits");
        }
    }

    limit(|| {
        let ex = one_thread();
        let (sender, seen) = mpsc::channel();
        let uses = UsesLocal(sender);
        ex.spawn(async move {
            let _uses = uses;
            future::pending::<()>().await;
        })
        .detach();
        let (give, given) = oneshot::channel::<Executor>();
        ex.spawn(async {
            LOCAL.with(|_| ());
            drop(given.await.expect("it is given"));
            // The monitor ends meanwhile, so that this thread is the last one.
            thread::sleep(Duration::from_millis(50));
        })
        .detach();
        give.send(ex).expect("it waits");
        assert_eq!(seen.recv(), Ok(Some(5)));
    });
}

/// An executor that is dropped on the pool, by the task of another one, and in a get.
#[test]
fn executor_dropped_elsewhere() {
    limit(|| {
        let other = one_thread();
        for way in 0..3 {
            let ex = one_thread();
            let pending = get_elsewhere(ex.spawn(future::pending::<()>()));
            match way {
                0 => pollster::block_on(Dual::blocking(|| drop(ex))),
                1 => other.block_on(other.spawn(async { drop(ex) })),
                _ => Dual::future(async { drop(ex) }).get(),
            }
            assert_dropped(pending);
        }
    });
}

/// A local executor, with tasks that were never polled, are pending, or are done.
#[test]
fn local_executor_dropped() {
    limit(|| {
        let ex = LocalExecutor::new();
        let (counted, pending_drops) = Counted::new();
        let pending = ex.spawn(async move {
            let _counted = counted;
            future::pending::<()>().await;
        });
        let done = ex.spawn(async { 5 });
        let fallible = ex.spawn(future::pending::<()>()).fallible();
        ex.block_on(async {
            while !done.is_finished() {
                yield_now().await;
            }
        });
        let (counted, unpolled_drops) = Counted::new();
        let unpolled: Task<u32> = ex.spawn(async move {
            let _counted = counted;
            panic!("it never runs");
        });
        drop(ex);
        pending_drops.wait_for_one();
        unpolled_drops.wait_for_one();
        assert_contains(&panic_of(|| Dual::future(pending).get()), DROPPED);
        assert_contains(&panic_of(|| Dual::future(unpolled).get()), DROPPED);
        assert_eq!(Dual::future(done).get(), 5);
        assert_eq!(Dual::future(fallible).get(), None);
    });
}

/// The tasks of an adopted executor live as long as its `Arc` does.
#[test]
fn adopted_executor_dropped() {
    limit(|| {
        let bare = Arc::new(async_executor::Executor::new());
        let ex = Executor::from(Arc::clone(&bare));
        let (wake, woken) = oneshot::channel();
        let task = ex.spawn(async { woken.await.expect("it is woken") });
        let (counted, drops) = Counted::new();
        let pending = ex.spawn(async move {
            let _counted = counted;
            future::pending::<()>().await;
        });
        drop(ex);
        // Its threads have let go of it, and no task was dropped.
        assert_eq!(Arc::strong_count(&bare), 1);
        assert!(!task.is_finished());
        assert_eq!(drops.count(), 0);
        wake.send(5).expect("it waits");
        assert_eq!(pollster::block_on(bare.run(task)), 5);

        // Another handle may take over.
        let ex = Executor::from(Arc::clone(&bare));
        assert_eq!(ex.block_on(ex.spawn(async { 6 })), 6);
        drop(ex);
        let pending = get_elsewhere(pending);
        drop(bare);
        assert_dropped(pending);
        drops.wait_for_one();
    });
}

/// A foreign runner that goes on while ours leaves overlooks no task.
#[test]
fn adopted_executor_dropped_while_others_run_it() {
    limit(|| {
        let bare = Arc::new(async_executor::Executor::new());
        let (stop, stopped) = oneshot::channel::<()>();
        let runs = thread::spawn({
            let bare = Arc::clone(&bare);
            move || pollster::block_on(bare.run(stopped))
        });
        for _ in 0..200 {
            let ex = Executor::from(Arc::clone(&bare));
            let tasks: Vec<_> = (0..4).map(|i| ex.spawn(async move { i })).collect();
            drop(ex);
            let values = tasks.into_iter().map(|task| task.get());
            assert!(values.eq(0..4));
        }
        drop(stop);
        assert!(runs.join().expect("no panic").is_err());
    });
}

/// A stopped executor keeps nothing alive: no task in any state, and not itself.
#[test]
fn nothing_is_kept_by_a_stopped_executor() {
    limit(|| {
        let bare = Arc::new(async_executor::Executor::new());
        let shared = Arc::new(());
        let weak = Arc::downgrade(&bare);
        let ex = Executor::from(bare);
        let hold = || {
            let shared = Arc::clone(&shared);
            async move {
                let _shared = shared;
                future::pending::<()>().await;
            }
        };

        ex.spawn(hold()).detach();
        let pending = ex.spawn(hold());
        drop(ex.spawn(hold()));
        let done = ex.spawn({
            let shared = Arc::clone(&shared);
            async { shared }
        });
        wait_until(|| done.is_finished());
        ex.spawn({
            let shared = Arc::clone(&shared);
            async { Dual::blocking(|| shared).await }
        })
        .detach();
        let waits = {
            let shared = Arc::clone(&shared);
            ex.spawn(async move { (shared, pending.await) })
        };
        drop(ex);
        // The value of a task that was done is its handle's.
        drop(done);
        drop(waits);
        // A job may run on for a moment.
        wait_until(|| Arc::strong_count(&shared) == 1);
        assert!(weak.upgrade().is_none());
    });
}

/// The same for a local executor.
#[test]
fn nothing_is_kept_by_a_dropped_local_executor() {
    limit(|| {
        let shared = Arc::new(());
        let ex = LocalExecutor::new();
        for _ in 0..3 {
            let shared = Arc::clone(&shared);
            let hold = async move {
                let _shared = shared;
                future::pending::<()>().await;
            };
            ex.spawn(hold).detach();
            ex.block_on(yield_now());
        }
        drop(ex);
        assert_eq!(Arc::strong_count(&shared), 1);
    });
}

/// A `.get()` of a task whose future wakes itself never parks. It ends all the same.
#[test]
fn executor_dropped_while_a_get_never_parks() {
    limit(|| {
        let ex = one_thread();
        let (begun, begins) = mpsc::channel();
        let task = ex.spawn(async move {
            let busy = async move {
                begun.send(()).expect("it waits");
                loop {
                    yield_now().await;
                }
            };
            Dual::future(busy).get()
        });
        begins.recv().expect("it begins");
        let get = get_elsewhere::<()>(task);
        drop(ex);
        let said = get
            .join()
            .expect("it is caught")
            .expect_err("it has no value");
        assert_contains(
            &said,
            "the executor was dropped before this value was ready",
        );
    });
}
