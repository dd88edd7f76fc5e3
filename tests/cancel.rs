//! Dropping handles and executors, at every stage; and executors that can't be started.

#![cfg(feature = "executor")]

use std::env;
use std::future::{self, Future};
use std::hint;
use std::io::ErrorKind;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures::channel::oneshot;
use futures_lite::future::yield_now;
use smartcall::context::{self, Host};
use smartcall::offload::{self, Job};
use smartcall::{Dual, Executor, LocalExecutor, Task};

mod common;
use common::{in_child, limit, wait_until};

// Helpers ------------------------------------------------------------------------------

/// What a task says whose executor is gone.
const DROPPED: &str = "the executor was dropped before this task finished";

/// A value that counts how often it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new() -> (Self, Drops) {
        let drops = Arc::new(AtomicUsize::new(0));
        (Counted(Arc::clone(&drops)), Drops(drops))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Drops(Arc<AtomicUsize>);

impl Drops {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Waits until the value is dropped, which must be the only time.
    #[track_caller]
    fn wait_for_one(self) {
        wait_until(|| self.count() > 0);
        // A value counts its drop first, and only then lets go of the counter.
        wait_until(|| Arc::strong_count(&self.0) == 1);
        assert_eq!(self.count(), 1, "one value, dropped once");
    }
}

fn poll<F: Future + Unpin + ?Sized>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// What a piece of code says when it panics.
#[track_caller]
fn panic_of<R>(code: impl FnOnce() -> R) -> String {
    match panic::catch_unwind(AssertUnwindSafe(code)) {
        Ok(_) => panic!("it did not panic"),
        Err(payload) => said(payload),
    }
}

fn said(payload: Box<dyn std::any::Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(said) => *said,
        Err(payload) => payload.downcast::<&str>().expect("a string").to_string(),
    }
}

#[track_caller]
fn assert_contains(said: &str, part: &str) {
    assert!(said.contains(part), "no \"{part}\" in: {said}");
}

fn one_thread() -> Executor {
    Executor::builder().threads(1).name("worker").build()
}

/// A body that says when it begins and ends when it is told to.
struct Body {
    begins: mpsc::Sender<()>,
    told: mpsc::Receiver<()>,
}

impl Body {
    fn new() -> (Self, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (begins, begun) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        (Body { begins, told }, begun, tell)
    }

    fn run(self) {
        self.begins.send(()).expect("somebody waits");
        self.told.recv().expect("it is told");
    }
}

// Handles ------------------------------------------------------------------------------

/// E1: a handle that is dropped unused never runs, and drops what it holds.
#[test]
fn dropped_unused() {
    let (counted, drops) = Counted::new();
    drop(Dual::future(async move {
        let _counted = counted;
        panic!("it never runs");
    }));
    drops.wait_for_one();

    let (counted, drops) = Counted::new();
    let never = move || -> Counted {
        let _counted = &counted;
        panic!("it never runs");
    };
    drop(Dual::blocking(never).boxed());
    drops.wait_for_one();

    let (counted, drops) = Counted::new();
    let never = |_: &Counted| -> u32 { panic!("it never runs") };
    drop(Dual::pair(
        counted,
        move |counted| never(&counted),
        async move |counted| never(&counted),
    ));
    drops.wait_for_one();

    let (counted, drops) = Counted::new();
    drop(Dual::ready(counted));
    drops.wait_for_one();
}

/// E1: a sync part that has only asked for its turn, under a get, never runs either.
#[test]
fn dropped_after_it_asked() {
    limit(|| {
        let (counted, drops) = Counted::new();
        Dual::future(async {
            let mut part = pin!(Dual::blocking(move || -> u32 {
                let _counted = &counted;
                panic!("it never runs");
            }));
            assert!(futures::poll!(&mut part).is_pending());
        })
        .get();
        drops.wait_for_one();
    });
}

/// E1: a task that is dropped before its first poll never runs.
#[test]
fn task_dropped_before_it_started() {
    limit(|| {
        let ex = one_thread();
        let (body, begun, tell) = Body::new();
        let busy = ex.spawn(async { body.run() });
        begun.recv().expect("it begins");
        let (counted, drops) = Counted::new();
        let task = ex.spawn(async move {
            let _counted = counted;
            panic!("it never runs");
        });
        assert!(!task.is_finished());
        drop(task);
        assert_eq!(drops.count(), 0, "the executor drops it");
        tell.send(()).expect("it waits");
        Dual::future(busy).get();
        drops.wait_for_one();
    });
}

/// E1: a job that is dropped while it is queued never runs.
#[test]
fn job_dropped_in_the_queue() {
    in_child(|| {
        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        let (body, begun, tell) = Body::new();
        let mut first = Box::pin(Dual::blocking(|| body.run()));
        assert!(poll(&mut first).is_pending());
        begun.recv().expect("it begins");

        let (counted, drops) = Counted::new();
        let mut queued = Box::pin(Dual::blocking(move || -> u32 {
            let _counted = &counted;
            panic!("it never runs");
        }));
        assert!(poll(&mut queued).is_pending());
        drop(queued);
        tell.send(()).expect("it waits");
        pollster::block_on(first);
        drops.wait_for_one();
    });
}

/// E2: a job that is dropped while it runs ends, and its value is dropped once; nothing waits
/// for that.
#[test]
fn job_dropped_while_it_runs() {
    limit(|| {
        let (body, begun, tell) = Body::new();
        let (captured, captured_drops) = Counted::new();
        let (value, drops) = Counted::new();
        let mut part = Box::pin(Dual::blocking(move || {
            let _captured = captured;
            body.run();
            value
        }));
        assert!(poll(&mut part).is_pending());
        begun.recv().expect("it begins");
        drop(part);
        // Had the drop waited, we would not be here to tell it.
        assert_eq!((captured_drops.count(), drops.count()), (0, 0));
        tell.send(()).expect("it is still at it");
        captured_drops.wait_for_one();
        drops.wait_for_one();
    });
}

/// E2: the same for jobs that had to queue, and for those of a host's pool.
#[test]
fn handed_over_job_dropped_while_it_runs() {
    struct ThreadEach;

    impl Host for ThreadEach {
        fn can_block(&self) -> bool {
            false
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            block();
        }

        fn offload(&self, job: Job) -> Result<(), Job> {
            thread::spawn(move || job.run());
            Ok(())
        }
    }

    fn check(first_poll: impl FnOnce(&mut (dyn Future<Output = Counted> + Unpin))) {
        let (body, begun, tell) = Body::new();
        let (value, drops) = Counted::new();
        let mut part = Box::pin(Dual::blocking(move || {
            body.run();
            value
        }));
        first_poll(&mut part);
        begun.recv().expect("it begins");
        drop(part);
        assert_eq!(drops.count(), 0);
        tell.send(()).expect("it is still at it");
        drops.wait_for_one();
    }

    in_child(|| {
        let host = Arc::new(ThreadEach);
        check(|part| context::with_host(&host, || assert!(poll(part).is_pending())));

        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        let (body, begun, tell) = Body::new();
        let mut first = Box::pin(Dual::blocking(|| body.run()));
        assert!(poll(&mut first).is_pending());
        begun.recv().expect("it begins");
        check(|part| {
            assert!(poll(part).is_pending());
            tell.send(()).expect("it waits");
            pollster::block_on(first);
        });
    });
}

/// E2: a part that panics after it was dropped disturbs nobody.
#[test]
fn job_that_panics_after_it_was_dropped() {
    limit(|| {
        let (body, begun, tell) = Body::new();
        let (counted, drops) = Counted::new();
        let mut part = Box::pin(Dual::blocking(move || -> u32 {
            let _counted = counted;
            body.run();
            panic!("nobody hears it");
        }));
        assert!(poll(&mut part).is_pending());
        begun.recv().expect("it begins");
        drop(part);
        tell.send(()).expect("it is still at it");
        drops.wait_for_one();
        assert_eq!(pollster::block_on(Dual::blocking(|| 5)), 5);
    });
}

// Tasks --------------------------------------------------------------------------------

/// E1: dropping a task cancels it: its future is dropped, and not polled again.
#[test]
fn task_dropped() {
    limit(|| {
        let ex = one_thread();
        let (counted, drops) = Counted::new();
        let (begins, begun) = mpsc::channel();
        let (wake, woken) = oneshot::channel::<()>();
        let task = ex.spawn(async move {
            let _counted = counted;
            begins.send(()).expect("somebody waits");
            let _ = woken.await;
            panic!("it is not polled again");
        });
        begun.recv().expect("it begins");
        drop(task);
        drops.wait_for_one();
        assert!(wake.is_canceled());
    });
}

/// E1: `cancel` waits until the future is dropped, and gives the value of a task that was done.
#[test]
fn task_cancelled() {
    limit(|| {
        let ex = one_thread();
        let (counted, drops) = Counted::new();
        let task = ex.spawn(async move {
            let _counted = counted;
            future::pending::<()>().await;
        });
        assert_eq!(ex.block_on(task.cancel()), None);
        assert_eq!(drops.count(), 1);

        let task = ex.spawn(async { 5 });
        wait_until(|| task.is_finished());
        assert_eq!(ex.block_on(task.cancel()), Some(5));

        // Its value was taken already.
        let mut task = ex.spawn(async { 5 });
        assert_eq!(ex.block_on(&mut task), 5);
        assert!(task.is_finished());
        assert_eq!(ex.block_on(task.cancel()), None);
    });
}

/// E1: a detached task runs on.
#[test]
fn task_detached() {
    limit(|| {
        let ex = one_thread();
        let (wake, woken) = oneshot::channel();
        let (sender, receiver) = mpsc::channel();
        ex.spawn(async move { sender.send(woken.await) }).detach();
        wake.send(5).expect("it waits");
        assert_eq!(receiver.recv(), Ok(Ok(5)));
    });
}

/// E1: `is_finished` says when an await would not wait.
#[test]
fn task_is_finished() {
    limit(|| {
        let ex = LocalExecutor::new();
        let task = ex.spawn(yield_now());
        assert!(!task.is_finished());
        assert_eq!(format!("{task:?}"), "Task { finished: false, .. }");
        ex.block_on(async {
            while !task.is_finished() {
                yield_now().await;
            }
        });
        let mut task = task;
        assert!(poll(&mut task).is_ready());
        assert!(task.is_finished());
        assert_eq!(format!("{task:?}"), "Task { finished: true, .. }");
    });
}

/// A task that is polled again after completion says so, in both forms.
#[test]
fn task_polled_again() {
    limit(|| {
        let ex = one_thread();
        let again = "a `Task` was polled again after it had completed";
        let mut task = ex.spawn(async { 5 });
        assert_eq!(ex.block_on(&mut task), 5);
        assert_contains(&panic_of(|| ex.block_on(&mut task)), again);
        let mut task = ex.spawn(async { 5 }).fallible();
        assert_eq!(ex.block_on(&mut task), Some(5));
        assert_contains(&panic_of(|| ex.block_on(&mut task)), again);
    });
}

/// E1: a fallible task is cancelled when it is dropped, like any other.
#[test]
fn fallible_task_dropped() {
    limit(|| {
        let ex = one_thread();
        let (counted, drops) = Counted::new();
        let task = ex.spawn(async move {
            let _counted = counted;
            future::pending::<()>().await;
        });
        drop(task.fallible());
        drops.wait_for_one();
    });
}

// Executors ----------------------------------------------------------------------------

/// A get of a task on a thread of its own, and what came of it: the value, or what it said.
fn get_elsewhere<T: Send + 'static>(task: Task<T>) -> JoinHandle<Result<T, String>> {
    thread::spawn(|| {
        let get = AssertUnwindSafe(|| task.get());
        panic::catch_unwind(get).map_err(said)
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

/// E5: tasks that were never polled, are pending, wait for a pool job, or are done; gets on
/// plain threads are parked on them.
#[test]
fn executor_dropped_with_tasks_in_each_state() {
    limit(|| {
        let ex = one_thread();

        let (counted, pending_drops) = Counted::new();
        let pending = ex.spawn(async move {
            let _counted = counted;
            future::pending::<()>().await;
        });

        let (body, pool_begun, pool_tell) = Body::new();
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
        let (body, begun, tell) = Body::new();
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

/// E5: a task that is being polled, and waits on: dropped when the poll is over.
#[test]
fn executor_dropped_in_a_poll_that_ends_pending() {
    limit(|| {
        let ex = one_thread();
        let (body, begun, tell) = Body::new();
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

/// E5: each worker of several is in a poll.
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

/// E5: when the drop is over, so are the threads: their locals are gone too.
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

/// E5: a task that was dropped with its executor has nothing to wait for, however it is asked.
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

/// E5: an executor that is dropped by one of its own tasks, with one worker and with three.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn executor_dropped_by_its_own_task() {
    in_child(|| {
        let before = common::threads();
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
            wait_until(|| common::threads() == before);
        }
    });
}

/// E5: a worker that outlives its executor drops the tasks before the thread's locals are gone.
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

/// E5: an executor that is dropped on the pool, by the task of another one, and in a get.
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

/// E5: a local executor, with tasks that were never polled, are pending, or are done.
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

/// E5: the tasks of an adopted executor live as long as its `Arc` does.
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
        // Its threads have let go of it, and nobody has dropped a task.
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

/// E5: a foreign runner that goes on while ours leaves overlooks no task.
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

// Races --------------------------------------------------------------------------------

/// How often to race.
const ROUNDS: usize = 2_000;

/// Races the completion of a value against a poll and a drop of its future. `start` makes the
/// future, and has the closure called that gives the value.
fn race<F>(mut start: impl FnMut(Box<dyn FnOnce() -> Counted + Send>) -> F)
where
    F: Future<Output = Counted> + Unpin,
{
    let mut delivered = 0;
    for round in 0..ROUNDS {
        let barrier = Arc::new(Barrier::new(2));
        let (counted, drops) = Counted::new();
        let completes = {
            let barrier = Arc::clone(&barrier);
            move || {
                barrier.wait();
                counted
            }
        };
        let mut future = start(Box::new(completes));
        assert!(poll(&mut future).is_pending());
        barrier.wait();
        head_start(round);
        let value = match poll(&mut future) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        };
        drop(future);
        if let Some(value) = value {
            assert_eq!(
                drops.count(),
                0,
                "a value that was delivered is not dropped"
            );
            drop(value);
            delivered += 1;
        }
        drops.wait_for_one();
    }
    println!("{delivered} of {ROUNDS} were delivered");
}

/// Gives the other side of a race a head start, a different one in each round.
fn head_start(round: usize) {
    for _ in 0..round % 64 * 8 {
        hint::spin_loop();
    }
}

/// E6: the drop of an awaited sync part races with its end.
#[test]
fn job_dropped_as_it_completes() {
    limit(|| race(|completes| Box::pin(Dual::blocking(completes))));
}

/// E6: the same for a job that was queued.
#[test]
fn queued_job_dropped_as_it_completes() {
    in_child(|| {
        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        race(|completes| {
            let (body, begun, tell) = Body::new();
            let mut first = Box::pin(Dual::blocking(|| body.run()));
            assert!(poll(&mut first).is_pending());
            begun.recv().expect("it begins");
            let mut queued = Box::pin(Dual::blocking(completes));
            assert!(poll(&mut queued).is_pending());
            tell.send(()).expect("it waits");
            queued
        });
    });
}

/// E6: the drop of a task races with its end.
#[test]
fn task_dropped_as_it_completes() {
    limit(|| {
        let ex = one_thread();
        race(|completes| ex.spawn(async { completes() }));
    });
}

/// E6: the drop of an executor races with the end of its task, which another worker wakes.
#[test]
fn executor_dropped_as_a_task_completes() {
    limit(|| {
        for round in 0..ROUNDS / 4 {
            let ex = Executor::builder().threads(2).build();
            let (wake, woken) = oneshot::channel();
            let (counted, drops) = Counted::new();
            let task = ex.spawn(async move {
                let _ = woken.await;
                counted
            });
            let task = task.fallible();
            let barrier = Arc::new(Barrier::new(2));
            let wakes = Arc::clone(&barrier);
            ex.spawn(async move {
                wakes.wait();
                let _ = wake.send(());
            })
            .detach();
            barrier.wait();
            head_start(round);
            drop(ex);
            if let Some(value) = Dual::future(task).get() {
                assert_eq!(
                    drops.count(),
                    0,
                    "a value that was delivered is not dropped"
                );
                drop(value);
            }
            drops.wait_for_one();
        }
    });
}

/// E6: the drop of an executor races with a thread of nobody's that wakes its task, or cancels it.
#[test]
fn executor_dropped_as_a_thread_wakes() {
    fn drops_one(wake: impl FnOnce() + Send + 'static, round: usize, drop_it: impl FnOnce()) {
        let barrier = Arc::new(Barrier::new(2));
        let wakes = thread::spawn({
            let barrier = Arc::clone(&barrier);
            move || {
                barrier.wait();
                wake();
            }
        });
        barrier.wait();
        head_start(round);
        drop_it();
        wakes.join().expect("no panic");
    }

    limit(|| {
        for round in 0..ROUNDS {
            let ex = one_thread();
            let (counted, drops) = Counted::new();
            let (wake, woken) = oneshot::channel();
            let task = ex.spawn(async move {
                let _ = woken.await;
                counted
            });
            let task = task.fallible();
            ex.block_on(ex.spawn(async {}));
            drops_one(|| wake.send(()).unwrap_or(()), round, || drop(ex));
            drop(Dual::future(task).get());
            drops.wait_for_one();

            let ex = one_thread();
            let (counted, drops) = Counted::new();
            let task = ex.spawn(async move {
                let _counted = counted;
                future::pending::<()>().await;
            });
            ex.block_on(ex.spawn(async {}));
            drops_one(|| drop(task), round, || drop(ex));
            drops.wait_for_one();

            let ex = LocalExecutor::new();
            let (wake, woken) = oneshot::channel::<()>();
            let (counted, drops) = Counted::new();
            let task = ex.spawn(async move {
                let _ = woken.await;
                counted
            });
            let task = task.fallible();
            ex.block_on(ex.spawn(async {}));
            drops_one(|| wake.send(()).unwrap_or(()), round, || drop(ex));
            drop(Dual::future(task).get());
            drops.wait_for_one();
        }
    });
}

/// What async-executor 1.14.1 does with a task that a thread of nobody's wakes as the executor is
/// dropped: `src/roll.rs` tells it, and is there for it. It shows in some of a hundred runs on a
/// busy machine.
#[test]
#[ignore = "async-executor 1.14.1 loses the task: it would hang"]
fn bare_executor_dropped_as_a_thread_wakes() {
    limit(|| {
        for round in 0..100 * ROUNDS {
            let ex = async_executor::Executor::new();
            let (wake, woken) = oneshot::channel();
            let task = ex.spawn(woken).fallible();
            while ex.try_tick() {}
            let barrier = Arc::new(Barrier::new(2));
            let wakes = thread::spawn({
                let barrier = Arc::clone(&barrier);
                move || {
                    barrier.wait();
                    wake.send(())
                }
            });
            barrier.wait();
            head_start(round);
            drop(ex);
            pollster::block_on(task);
            let _ = wakes.join().expect("no panic");
        }
    });
}

// What is left -------------------------------------------------------------------------

/// H2: a stopped executor keeps nothing alive: no task in any state, nor itself.
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

/// H2: the same for a local executor.
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

// Wrong use ----------------------------------------------------------------------------

/// An executor without threads.
#[test]
fn no_threads_asked_for() {
    let none = || Executor::builder().threads(0);
    let error = none().try_build().expect_err("it has no threads");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let said = panic_of(|| none().build());
    assert_contains(&said, "cannot start an executor");
    assert_contains(&said, "`threads(0)`");
    assert_contains(&said, "`Builder::try_build`");
}

/// A name that no thread can have.
#[test]
fn name_with_a_zero_byte() {
    let named = || Executor::builder().threads(1).name("wor\0ker");
    let error = named().try_build().expect_err("it can't have that name");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let said = panic_of(|| named().build());
    assert_contains(&said, "cannot start an executor");
    assert_contains(&said, "zero byte");
}

/// Runs a test's body in a process whose threads have so large a stack, and under a limit to
/// the process's memory, in KiB.
#[cfg(target_os = "linux")]
fn in_child_with_stacks(of: &str, memory: &str, name: &str, body: impl FnOnce()) {
    if env::var("RUST_MIN_STACK").as_deref() == Ok(of) {
        // No time limit, which takes a thread.
        return body();
    }
    let output = limit(|| {
        Command::new("sh")
            .args(["-c", &format!("ulimit -v {memory} && exec \"$0\" \"$@\"")])
            .arg(env::current_exe().expect("the test's own path"))
            // One thread is the main thread, which needs no such stack.
            .args([name, "--exact", "--nocapture", "--test-threads=1"])
            .env("RUST_MIN_STACK", of)
            // A backtrace takes memory, of which there may be none, and the standard library's handler of that error
            // waits for the lock that the backtrace holds.
            .env("RUST_BACKTRACE", "0")
            .output()
            .expect("the child starts")
    });
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "the child failed: {}\n{stdout}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
    );
}

/// A thread that can't be started is an error of `try_build`, and a panic in words elsewhere.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn thread_that_cannot_be_started() {
    let name = "thread_that_cannot_be_started";
    in_child_with_stacks("140000000000000", "unlimited", name, || {
        let error = Executor::builder().threads(1).try_build();
        let error = error.expect_err("no thread can be started");
        assert_ne!(error.kind(), ErrorKind::InvalidInput);
        for said in [
            panic_of(|| Executor::builder().threads(1).build()),
            panic_of(Executor::new),
            panic_of(|| Executor::from(Arc::new(async_executor::Executor::new()))),
        ] {
            assert_contains(&said, "cannot start an executor");
            assert_contains(&said, &error.to_string());
        }
        // What needs no thread goes on.
        assert_eq!(Dual::future(async { Dual::blocking(|| 5).await }).get(), 5);
        assert_eq!(LocalExecutor::new().block_on(async { 5 }), 5);
    });
}

/// Threads that were started before the one that can't be are stopped.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn thread_that_cannot_be_started_after_others() {
    let name = "thread_that_cannot_be_started_after_others";
    in_child_with_stacks("67108864", "1048576", name, || {
        let before = common::threads();
        for _ in 0..3 {
            let error = Executor::builder().threads(100).try_build();
            let error = error.expect_err("there is no room for so many");
            assert_ne!(error.kind(), ErrorKind::InvalidInput);
            wait_until(|| common::threads() == before);
        }
        let ex = one_thread();
        assert_eq!(ex.block_on(ex.spawn(async { 5 })), 5);
    });
}

/// A spare that can't be started is missed by a get that waits, and by no other one.
#[cfg(target_os = "linux")]
#[test]
fn spare_that_cannot_be_started() {
    const STACK: usize = 268_435_456;
    let name = "spare_that_cannot_be_started";
    in_child_with_stacks(&STACK.to_string(), "67108864", name, || {
        // With tokio it has threads to start, which it does while there is room.
        assert_eq!(Dual::future(async { 5 }).get(), 5);
        let bare = Arc::new(async_executor::Executor::new());
        let ex = Executor::from(Arc::clone(&bare));
        let own = thread::available_parallelism().expect("it is known").get();
        let blocked: Vec<_> = (0..own)
            .map(|_| {
                let (body, begun, tell) = Body::new();
                ex.spawn(async { body.run() }).detach();
                begun.recv().expect("it begins");
                tell
            })
            .collect();
        // Its own threads are blocked, by code that tells nobody: the task is run here.
        let task = ex.spawn(async {
            let room = std::iter::repeat_with(|| {
                let mut room = Vec::<u8>::new();
                room.try_reserve_exact(STACK).map(|()| room)
            });
            let _no_room_for_a_stack: Vec<_> = room.map_while(Result::ok).collect();
            assert_eq!(Dual::future(async { 5 }).get(), 5);
            assert_eq!(Dual::in_place(|| 5).await, 5);
            panic_of(|| Dual::future(future::pending::<()>()).get())
        });
        let said = pollster::block_on(bare.run(task));
        assert_contains(&said, "cannot block here: the system can't start a thread");
        for tell in blocked {
            tell.send(()).expect("it waits");
        }
    });
}
