//! Executors that are dropped while their tasks block.

use std::future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use smartcall::{Dual, Executor, LocalExecutor};

use super::support::{compute, get, wait_until};
use crate::common::{Counted, assert_contains, limit, never, one_thread, panic_of};

/// A five, after a while.
async fn five() -> u32 {
    smartcall::sleep(Duration::from_millis(20)).await;
    5
}

/// Two executors, each of which is dropped by a task of the other.
#[test]
fn executors_drop_each_other() {
    limit(|| {
        for _ in 0..20 {
            let (a, b) = (Arc::new(one_thread()), Arc::new(one_thread()));
            let barrier = Arc::new(Barrier::new(3));
            let drops = |ex: &Executor, other: &Arc<Executor>| {
                let (barrier, other) = (Arc::clone(&barrier), Arc::clone(other));
                let (done, is_done) = mpsc::channel();
                ex.spawn(async move {
                    barrier.wait();
                    drop(other);
                    done.send(()).expect("the test waits");
                })
                .detach();
                is_done
            };
            let (first, second) = (drops(&a, &b), drops(&b, &a));
            drop((a, b));
            barrier.wait();
            assert_eq!((first.recv(), second.recv()), (Ok(()), Ok(())));
        }
    });
}

/// A destructor that tries to get, in a task whose parked get panics because the executor is dropped.
#[test]
fn destructor_gets_while_a_get_unwinds() {
    struct Cleans(mpsc::Sender<bool>);

    impl Drop for Cleans {
        fn drop(&mut self) {
            let cleaned = Dual::future(five()).try_get();
            self.0.send(cleaned.is_ok()).expect("the test waits");
        }
    }

    limit(|| {
        let ex = one_thread();
        let (sender, cleaned) = mpsc::channel();
        let (begins, begun) = mpsc::channel();
        let (_keep, never) = oneshot::channel::<()>();
        let task = ex.spawn(async move {
            let _cleans = Cleans(sender);
            begins.send(()).expect("the test waits");
            get(never)
        });
        begun.recv().expect("it begins");
        drop(ex);
        assert_eq!(cleaned.recv(), Ok(true));
        assert_contains(&panic_of(|| task.get()), "the executor was dropped");
    });
}

/// A destructor that gets, in a task that waits as the executor is dropped, is refused: so whoever drops the executor does
/// not wait for what a destructor waits for.
#[test]
fn destructor_gets_in_a_task_that_ends() {
    struct Cleans(mpsc::Sender<Result<u32, String>>);

    impl Drop for Cleans {
        fn drop(&mut self) {
            let cleaned = Dual::future(five()).try_get();
            let cleaned = cleaned.map_err(|refused| refused.to_string());
            self.0.send(cleaned).expect("the test waits");
        }
    }

    limit(|| {
        let ex = one_thread();
        let (sender, cleaned) = mpsc::channel();
        let (begins, begun) = mpsc::channel();
        ex.spawn(async move {
            let _cleans = Cleans(sender);
            begins.send(()).expect("the test waits");
            future::pending::<()>().await;
        })
        .detach();
        begun.recv().expect("it begins");
        drop(ex);
        let refused = cleaned
            .recv()
            .expect("it is sent")
            .expect_err("it is refused");
        assert_contains(&refused, "cannot block here");
    });
}

/// A task waits for a lock that a pool job holds, which waits for another task that never ends by itself.
#[test]
fn task_waits_for_a_lock_of_a_job_that_waits_for_a_task() {
    limit(|| {
        for threads in [1, 2] {
            let ex = Executor::builder().threads(threads).build();
            let lock = Arc::new(Mutex::new(()));
            let pending = ex.spawn(future::pending::<()>()).fallible();
            let (begins, begun) = mpsc::channel();
            let holds = Arc::clone(&lock);
            let job = Dual::blocking(move || {
                let _guard = holds.lock().expect("no panic");
                begins.send(()).expect("the test waits");
                get(pending)
            });
            let job = job.start();
            begun.recv().expect("it begins");
            let waits: Vec<_> = (0..threads)
                .map(|_| {
                    let lock = Arc::clone(&lock);
                    let (begins, begun) = mpsc::channel();
                    ex.spawn(async move {
                        begins.send(()).expect("the test waits");
                        drop(lock.lock().expect("no panic"));
                    })
                    .detach();
                    begun
                })
                .collect();
            waits
                .iter()
                .for_each(|begun| begun.recv().expect("it begins"));
            drop(ex);
            assert_eq!(job.get(), None);
        }
    });
}

/// The thread that drops the executor holds the lock that a task waits for.
#[test]
fn task_waits_for_a_lock_of_who_drops() {
    limit(|| {
        let ex = one_thread();
        let lock = Arc::new(Mutex::new(()));
        let (counted, drops) = Counted::new();
        let guard = lock.lock().expect("no panic");
        let (begins, begun) = mpsc::channel();
        let waits = Arc::clone(&lock);
        let task = ex.spawn(async move {
            let _counted = counted;
            begins.send(()).expect("the test waits");
            drop(waits.lock().expect("no panic"));
            future::pending::<()>().await;
        });
        begun.recv().expect("it begins");
        let other = ex.spawn(future::pending::<()>()).fallible();
        drop(ex);
        assert_eq!(drops.count(), 0, "its poll is left");
        assert_eq!(get(other), None, "the others have ended");
        drop(guard);
        assert_contains(&panic_of(|| task.get()), "the executor was dropped");
        wait_until(|| drops.count() == 1);
        // What the next executors have of it does not show that its worker was relieved.
        for _ in 0..3 {
            assert_eq!(one_thread().spawn(async { get(five()) }).get(), 5);
        }
    });
}

/// A poll that computes is waited for. The system cuts the names of threads, here in the middle of a character.
#[cfg(target_os = "linux")]
#[test]
fn task_computes_while_its_executor_is_dropped() {
    limit(|| {
        for name in ["ex", "ääääääääää"] {
            let ex = Executor::builder().threads(1).name(name).build();
            let ended = Arc::new(AtomicBool::new(false));
            let ends = Arc::clone(&ended);
            let (begins, begun) = mpsc::channel();
            let computes = async move {
                begins.send(()).expect("the test waits");
                compute(Duration::from_millis(400));
                ends.store(true, Ordering::Relaxed);
            };
            ex.spawn(computes).detach();
            begun.recv().expect("it begins");
            drop(ex);
            assert!(ended.load(Ordering::Relaxed), "{name}: its poll was left");
        }
    });
}

/// The same in a destructor of a task, and in one of a future that is cancelled.
#[test]
fn destructor_waits_for_a_lock_of_who_drops() {
    struct Locks(Arc<Mutex<()>>, mpsc::Sender<()>);

    impl Drop for Locks {
        fn drop(&mut self) {
            drop(self.0.lock().expect("no panic"));
            self.1.send(()).expect("the test waits");
        }
    }

    limit(|| {
        for cancelled in [false, true] {
            let ex = one_thread();
            let lock = Arc::new(Mutex::new(()));
            let (sender, dropped) = mpsc::channel();
            let locks = Locks(Arc::clone(&lock), sender);
            let (begins, begun) = mpsc::channel();
            let task = ex.spawn(async move {
                let _locks = locks;
                begins.send(()).expect("the test waits");
                future::pending::<()>().await;
            });
            begun.recv().expect("it begins");
            let guard = lock.lock().expect("no panic");
            if cancelled {
                drop(task);
            } else {
                task.detach();
            }
            drop(ex);
            assert!(dropped.try_recv().is_err());
            drop(guard);
            assert_eq!(dropped.recv(), Ok(()));
        }
    });
}

/// An executor is dropped by a task of a local one, and with a local one in its own task.
#[test]
fn dropped_in_a_task_of_a_local_executor() {
    limit(|| {
        let local = LocalExecutor::new();
        let ex = one_thread();
        let pending = ex.spawn(future::pending::<()>()).fallible();
        local.block_on(local.spawn(async move { drop(ex) }));
        assert_eq!(get(pending), None);

        let ex = one_thread();
        let task = ex.spawn(async {
            let local = LocalExecutor::new();
            local.spawn(future::pending::<()>()).detach();
            drop(local);
            5
        });
        assert_eq!(task.get(), 5);
    });
}

/// A panic unwinds through a frame that owns an executor whose task is in a get.
#[test]
fn dropped_while_a_panic_unwinds() {
    limit(|| {
        let other = one_thread();
        let text = panic_of(|| {
            other.block_on(other.spawn(async {
                let ex = one_thread();
                let (begins, begun) = mpsc::channel();
                ex.spawn(async move {
                    begins.send(()).expect("the test waits");
                    get(never());
                })
                .detach();
                begun.recv().expect("it begins");
                panic!("the one of the task");
            }))
        });
        assert_contains(&text, "the one of the task");
    });
}

/// Nobody is left once the executor is gone, whatever its tasks did.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn threads_are_gone_after_stalls() {
    crate::common::in_child(|| {
        let before = crate::common::threads();
        let ex = Executor::builder().threads(2).build();
        let tasks: Vec<_> = (0..10)
            .map(|_| ex.spawn(async { thread::sleep(Duration::from_millis(60)) }))
            .collect();
        tasks.into_iter().for_each(|task| task.get());
        drop(ex);
        // The system lists a thread for a while after it was joined.
        wait_until(|| crate::common::threads() == before);
    });
}
