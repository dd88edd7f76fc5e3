//! `start`: handles whose work begins in the background.

use std::future;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use smartcall::context::{self, Place};
use smartcall::{Dual, Executor, join};

use crate::common::{in_child, limit, wait_until};

#[test]
fn smoke() {
    limit(|| {
        assert_eq!(Dual::future(async { 5 }).start().get(), 5);
        assert_eq!(Dual::blocking(|| 5).start().get(), 5);
        assert_eq!(pollster::block_on(Dual::future(async { 5 }).start()), 5);
        assert_eq!(Dual::ready(5).start().map(|n| n + 1).get(), 6);
    });
}

/// A hundred started handles meet at a barrier, before any of them is resolved.
#[test]
fn started_handles_overlap() {
    limit(|| {
        let barrier = Arc::new(Barrier::new(101));
        let started: Vec<_> = (0..100)
            .map(|n| {
                let barrier = Arc::clone(&barrier);
                Dual::blocking(move || {
                    barrier.wait();
                    n
                })
                .start()
            })
            .collect();
        barrier.wait();
        assert_eq!(join(started).get(), (0..100).collect::<Vec<_>>());
    });
}

/// A started async body is a task of an `Executor`: it may block there. Sync code goes to the pool.
#[test]
fn started_bodies_run_on_an_executor() {
    limit(|| {
        let place = Dual::future(async { context::current() }).start();
        assert_eq!(place.get(), Place::Inside);
        let place = Dual::blocking(context::current).start();
        assert_eq!(place.get(), Place::Outside);
        let nested = Dual::future(async { Dual::future(async { 5 }).start().get() }).start();
        assert_eq!(nested.get(), 5);
    });
}

/// Started in a task of an `Executor`, in tokio, and in an unknown executor.
#[test]
fn by_each_caller() {
    limit(|| {
        let started = || Dual::blocking(|| 5).start();
        let ex = Executor::builder().threads(1).build();
        assert_eq!(
            ex.block_on(ex.spawn(async move { started().await + started().get() })),
            10
        );
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .build()
            .expect("it starts");
        let task = runtime.spawn(async move { started().await });
        assert_eq!(runtime.block_on(task).expect("no panic"), 5);
        assert_eq!(pollster::block_on(async { started().await }), 5);
    });
}

/// A thousand first starts at once make one executor.
#[test]
#[cfg(target_os = "linux")]
fn racing_first_starts() {
    fn background() -> usize {
        let tasks = std::fs::read_dir("/proc/self/task").expect("proc is mounted");
        let names =
            tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        // The system keeps 15 letters of a name.
        names
            .filter(|name| name.starts_with("smartcall-backg"))
            .count()
    }

    in_child(|| {
        let barrier = Arc::new(Barrier::new(1_000));
        let threads: Vec<_> = (0..1_000)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                thread::Builder::new()
                    .name("starts".into())
                    .stack_size(128 * 1024)
                    .spawn(move || {
                        barrier.wait();
                        Dual::future(async { 1 }).start().get()
                    })
                    .expect("there are threads")
            })
            .collect();
        let sum: u32 = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum();
        assert_eq!(sum, 1_000);
        // Its workers, one for each core, and its monitor.
        let cores = thread::available_parallelism().map_or(1, usize::from);
        wait_until(|| background() == cores + 1);
    });
}

/// A started handle that is dropped is cancelled; a detached one runs on.
#[test]
fn dropped_and_detached() {
    limit(|| {
        let held = Arc::new(());
        let hold = || {
            let held = Arc::clone(&held);
            Dual::future(async move {
                future::pending::<()>().await;
                drop(held);
            })
        };
        drop(hold().start());
        wait_until(|| Arc::strong_count(&held) == 1);

        let (sender, receiver) = mpsc::channel();
        let (tell, told) = futures::channel::oneshot::channel::<u32>();
        let started = Dual::future(async move { sender.send(told.await) }).start();
        started.detach();
        tell.send(5).expect("it goes on");
        assert_eq!(receiver.recv().expect("it goes on"), Ok(5));

        // With its value there, there is nothing left to let run.
        let started = Dual::future(async { 5 }).start();
        wait_until(|| started.is_ready());
        started.detach();
    });
}

/// A started handle begins without being polled, and is ready once it is done.
#[test]
fn is_ready_when_done() {
    limit(|| {
        let (tell, told) = futures::channel::oneshot::channel::<u32>();
        let started = Dual::future(told).start();
        assert!(!started.is_ready());
        tell.send(5).expect("it waits");
        wait_until(|| started.is_ready());
        assert_eq!(started.now_or_later().expect("it is done"), Ok(5));
    });
}

/// A panic of a started body goes to the caller that resolves the handle, and the executor goes on.
#[test]
fn panic_of_a_started_body() {
    async fn panics() {
        panic!("the body");
    }

    limit(|| {
        let started = Dual::future(panics()).start();
        let caught = panic::catch_unwind(AssertUnwindSafe(|| started.get()));
        let payload = caught.expect_err("it panics");
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"the body"));
        assert_eq!(Dual::future(async { 5 }).start().get(), 5);
    });
}
