//! Polls that block and say nothing: a spare takes over for their worker.

use std::hint;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, mpsc};
use std::thread;
use std::time::Duration;

use smartcall::executor::Stall;
use smartcall::{Dual, DualOf, Executor, Work};

use super::support::{compute, executor, get, wait_until};
use crate::common::{in_child, limit, threads_named};

/// A wait that no executor sees, and what ends it. Any number of tasks wait.
trait Silent: Send + Sync + 'static {
    fn wait(&self);
    fn end(&self);
}

/// Runs more such waits than there are threads, and then the task that ends them, with 1, 2 and 8 threads.
fn others_go_on<S: Silent>(make: impl Fn() -> S) {
    others_go_on_beside(&[1, 2, 8], 2, make);
}

/// Runs so many such waits more than there are threads, and then the task that ends them.
fn others_go_on_beside<S: Silent>(threads: &[usize], more: usize, make: impl Fn() -> S) {
    limit(|| {
        for &threads in threads {
            let ex = executor(threads);
            let silent = Arc::new(make());
            let begun = Arc::new(AtomicUsize::new(0));
            let waits: Vec<_> = (0..threads + more)
                .map(|_| {
                    let (silent, begun) = (Arc::clone(&silent), Arc::clone(&begun));
                    ex.spawn(async move {
                        begun.fetch_add(1, Ordering::SeqCst);
                        silent.wait();
                    })
                })
                .collect();
            // All threads are taken before the task comes that ends it.
            wait_until(|| begun.load(Ordering::SeqCst) >= threads);
            ex.spawn(async move { silent.end() }).get();
            waits.into_iter().for_each(|task| task.get());
        }
    });
}

/// A channel, whose receiver is behind a lock.
#[test]
fn channels() {
    struct Channel(mpsc::SyncSender<()>, Mutex<mpsc::Receiver<()>>);

    impl Silent for Channel {
        fn wait(&self) {
            self.1.lock().expect("no panic").recv().expect("it is sent");
        }

        fn end(&self) {
            // As many as there are tasks at most.
            (0..10).for_each(|_| self.0.send(()).expect("it is kept"));
        }
    }

    others_go_on(|| {
        let (sender, receiver) = mpsc::sync_channel(10);
        Channel(sender, Mutex::new(receiver))
    });
}

/// Sleeps, until there is a value.
#[test]
fn sleeps() {
    struct Cell(OnceLock<u32>);

    impl Silent for Cell {
        fn wait(&self) {
            let value = loop {
                match self.0.get() {
                    Some(value) => break value,
                    None => thread::sleep(Duration::from_millis(1)),
                }
            };
            assert_eq!(*value, 5);
        }

        fn end(&self) {
            let _ = self.0.set(5);
        }
    }

    others_go_on(|| Cell(OnceLock::new()));
}

/// A condition variable.
#[test]
fn condition_variables() {
    struct Flag(Mutex<bool>, Condvar);

    impl Silent for Flag {
        fn wait(&self) {
            let flag = self.0.lock().expect("no panic");
            drop(self.1.wait_while(flag, |flag| !*flag));
        }

        fn end(&self) {
            *self.0.lock().expect("no panic") = true;
            self.1.notify_all();
        }
    }

    others_go_on(|| Flag(Mutex::new(false), Condvar::new()));
}

/// A long computation.
#[test]
fn computations() {
    struct Spins(AtomicBool);

    impl Silent for Spins {
        fn wait(&self) {
            while !self.0.load(Ordering::SeqCst) {
                hint::spin_loop();
            }
        }

        fn end(&self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    // Each of them uses a core.
    others_go_on_beside(&[1, 2], 0, || Spins(AtomicBool::new(false)));
}

/// Who holds a lock waits in a get for a task, and the others wait for the lock.
fn lock_around_a_get<L: Send + Sync + 'static>(make: fn() -> L, locked: fn(&L, &mut dyn FnMut())) {
    limit(|| {
        for threads in [1, 2, 8] {
            let ex = executor(threads);
            let lock = Arc::new(make());
            let sum = Arc::new(AtomicUsize::new(0));
            let tasks: Vec<_> = (0..threads + 3)
                .map(|_| {
                    let (inner, lock, sum) = (Arc::clone(&ex), Arc::clone(&lock), Arc::clone(&sum));
                    ex.spawn(async move {
                        locked(&lock, &mut || {
                            sum.fetch_add(get(inner.spawn(async { 5 })), Ordering::SeqCst);
                        });
                    })
                })
                .collect();
            let n = tasks.len();
            tasks.into_iter().for_each(|task| task.get());
            assert!([5, 5 * n].contains(&sum.load(Ordering::SeqCst)));
        }
    });
}

/// A `Mutex` is held across a get.
#[test]
fn mutex_around_a_get() {
    lock_around_a_get(
        || Mutex::new(()),
        |lock, code| {
            let _guard = lock.lock().expect("no panic");
            code();
        },
    );
}

/// A `RwLock` is held across a get.
#[test]
fn rw_lock_around_a_get() {
    lock_around_a_get(
        || RwLock::new(()),
        |lock, code| {
            let _guard = lock.write().expect("no panic");
            code();
        },
    );
}

/// A `OnceLock` and a `Once` are initialised by a get.
#[test]
fn once_around_a_get() {
    lock_around_a_get(OnceLock::<()>::new, |lock, code| {
        lock.get_or_init(&mut *code);
    });
    lock_around_a_get(Once::new, |once, code| once.call_once(&mut *code));
}

/// A static client that is connected by its first user, when forty tasks are.
#[test]
fn lazy_lock_around_a_get() {
    static EX: LazyLock<Executor> = LazyLock::new(|| Executor::builder().threads(1).build());
    static CLIENT: LazyLock<u32> = LazyLock::new(|| connect().get());

    fn connect() -> DualOf<impl Work<Output = u32>> {
        let answers = async {
            smartcall::sleep(Duration::from_millis(10)).await;
            5
        };
        Dual::future(async { EX.spawn(answers).await })
    }

    limit(|| {
        let tasks: Vec<_> = (0..40).map(|_| EX.spawn(async { *CLIENT })).collect();
        assert!(tasks.into_iter().all(|task| task.get() == 5));
    });
}

/// Tasks that meet at a barrier of `std`.
#[test]
fn barriers() {
    limit(|| {
        let ex = executor(1);
        let barrier = Arc::new(Barrier::new(5));
        let tasks: Vec<_> = (0..5)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                ex.spawn(async move { barrier.wait().is_leader() })
            })
            .collect();
        assert_eq!(
            tasks
                .into_iter()
                .filter_map(|task| task.get().then_some(()))
                .count(),
            1
        );
    });
}

/// A task of an adopted executor.
#[test]
fn adopted_executors() {
    limit(|| {
        let bare = Arc::new(async_executor::Executor::new());
        let ex = Executor::from(Arc::clone(&bare));
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let (end, ended) = mpsc::channel();
        let ended = Arc::new(Mutex::new(ended));
        let tasks: Vec<_> = (0..cores)
            .map(|_| {
                let ended = Arc::clone(&ended);
                ex.spawn(async move { ended.lock().expect("no panic").recv() })
            })
            .collect();
        let ends = ex.spawn(async move { (0..cores).try_for_each(|_| end.send(())) });
        assert_eq!(ends.get(), Ok(()));
        assert!(tasks.into_iter().all(|task| task.get().is_ok()));
    });
}

/// A worker is free, and so a task that computes for long starts no thread.
#[cfg(target_os = "linux")]
#[test]
fn no_spare_while_a_worker_is_free() {
    in_child(|| {
        let ex = executor(2);
        let computes = ex.spawn(async { compute(Duration::from_millis(300)) });
        let sleeps = ex.spawn(async { 5 });
        assert_eq!(sleeps.get(), 5);
        computes.get();
        assert_eq!(threads_named("ex-spare"), 0);
    });
}

/// Tasks that compute, more than the threads can run, start few threads.
#[cfg(target_os = "linux")]
#[test]
fn computing_tasks_breed_no_threads() {
    in_child(|| {
        let ex = executor(2);
        let tasks: Vec<_> = (0..300)
            .map(|_| ex.spawn(async { compute(Duration::from_millis(10)) }))
            .collect();
        tasks.into_iter().for_each(|task| task.get());
        // Spares idle for ten seconds before they end.
        assert!(
            threads_named("ex-spare") <= 4,
            "{}",
            threads_named("ex-spare")
        );
    });
}

/// A get in a poll that a spare stands in for takes no other spare.
#[cfg(target_os = "linux")]
#[test]
fn get_after_a_stall_takes_no_second_spare() {
    in_child(|| {
        let ex = executor(1);
        let (go, gone) = mpsc::channel();
        let inner = Arc::clone(&ex);
        let waits = ex.spawn(async move {
            gone.recv().expect("it is sent");
            get(inner.spawn(async { 5 }))
        });
        ex.spawn(async move { go.send(()) })
            .get()
            .expect("it waits");
        assert_eq!(waits.get(), 5);
        assert_eq!(threads_named("ex-spare"), 1);
    });
}

/// Stalls take at most half of the spares.
#[test]
fn half_of_the_spares_are_left_to_gets() {
    limit(|| {
        let ex = Executor::builder().threads(1).max_spares(4).build();
        let lock = Arc::new(Mutex::new(()));
        let guard = lock.lock().expect("no panic");
        let begun = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..5)
            .map(|_| {
                let (lock, begun) = (Arc::clone(&lock), Arc::clone(&begun));
                ex.spawn(async move {
                    begun.fetch_add(1, Ordering::SeqCst);
                    drop(lock.lock());
                })
            })
            .collect();
        wait_until(|| begun.load(Ordering::SeqCst) == 3);
        // Long enough for several rounds. If it isn't, the test shows less, and passes all the same.
        thread::sleep(Duration::from_millis(100));
        assert_eq!(begun.load(Ordering::SeqCst), 3);
        drop(guard);
        tasks.into_iter().for_each(|task| task.get());
    });
}

/// A stall is told once, with the line of the task. That this panics ends neither the monitor nor the task.
#[test]
fn on_stall_tells_the_line() {
    limit(|| {
        let (sender, stalls) = mpsc::channel::<Stall>();
        let ex = Executor::builder()
            .threads(1)
            .on_stall(move |stall| {
                let _ = sender.send(stall.clone());
                panic!("what it does to the monitor");
            })
            .build();
        let stalls = Arc::new(Mutex::new(stalls));
        let until_told = || {
            let stalls = Arc::clone(&stalls);
            move || {
                let stalls = stalls.lock().expect("no panic");
                let stall = stalls.recv().expect("the executor lives");
                thread::sleep(Duration::from_millis(50));
                (stall, stalls.try_recv().is_ok())
            }
        };
        let (first, second) = (until_told(), until_told());
        let lines = [line!() + 1, line!() + 2];
        let first = ex.spawn(async move { first() }).get();
        let second = ex.spawn(async move { second() }).get();
        for ((stall, twice), line) in [first, second].into_iter().zip(lines) {
            assert_eq!(stall.spawned_at().line(), line);
            assert!(!stall.lasted().is_zero());
            assert!(stall.to_string().contains(file!()), "{stall}");
            assert!(!twice, "{stall}");
        }
    });
}

/// Code that says that it may block is no stall.
#[test]
fn calls_are_no_stalls() {
    const CALLS: usize = 5;

    fn told<W: Work<Output = ()> + Send + 'static>(call: impl Fn() -> DualOf<W>) -> usize {
        let told = Arc::new(AtomicUsize::new(0));
        let tells = Arc::clone(&told);
        let ex = Executor::builder()
            .threads(1)
            .on_stall(move |_| {
                tells.fetch_add(1, Ordering::SeqCst);
            })
            .build();
        (0..CALLS).for_each(|_| ex.spawn(call()).get());
        told.load(Ordering::SeqCst)
    }

    limit(|| {
        let blocks = || thread::sleep(Duration::from_millis(50));
        // A task that is kept from running before its call or after it is a stall, which the machine may cause: not each time.
        assert!(told(|| Dual::in_place(blocks)) < CALLS);
        assert!(told(|| Dual::borrowing(blocks)) < CALLS);
    });
}
