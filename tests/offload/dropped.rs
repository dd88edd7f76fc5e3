//! Blocking code that is given up while it runs: it runs to its end, whoever gives it up, and its value is dropped.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, mpsc};
use std::time::Duration;

use futures::channel::oneshot;
use smartcall::offload::{self, CancellationToken, Limited};
use smartcall::{Dual, join, race, try_join};

use super::support::limited;
use crate::common::{Counted, limit, polled, wait_until};

/// Not long. What waits so long shows the same if it waits longer.
const SHORT: Duration = Duration::from_millis(1);

/// Code that waits in a `.get()`. Its value is dropped with it.
type Code = Dual<Counted>;

/// Gives code up while it waits, and shows that the code is told, waits to its end, and that its value is dropped.
///
/// `give_up` gets the code, and a function that returns once the code waits.
#[track_caller]
fn assert_runs_to_its_end(give_up: impl FnOnce(Code, &dyn Fn())) {
    let pool = limited(1);
    let (begun, begins) = mpsc::channel();
    let ([tell, tell_again], [told, told_again]) = tells();
    let (resumed, resumes) = mpsc::channel();
    let (ended, ends) = mpsc::channel();
    let (value, drops) = Counted::new();
    let code = Dual::blocking(move || {
        begun.send(CancellationToken::current()).expect("it waits");
        // It waits while it is given up, and once more afterwards.
        let first = Dual::future(told).get();
        resumed.send(()).expect("it waits");
        let second = Dual::future(told_again).get();
        let is_cancelled = offload::is_cancelled();
        ended.send((first, second, is_cancelled)).expect("it waits");
        value
    });
    let token = OnceLock::new();
    give_up(code.on(&pool).boxed(), &|| {
        let _ = token.set(begins.recv().expect("it begins"));
        // The one place is free once the code is parked.
        pollster::block_on(Dual::blocking(|| ()).on(&pool));
    });
    wait_until(|| token.get().is_some_and(CancellationToken::is_cancelled));
    tell.send(5).expect("it still waits");
    resumes.recv().expect("its wait has ended");
    // This begins once the code is parked again.
    let tells = Dual::blocking(move || tell_again.send(6)).on(&pool);
    assert_eq!(pollster::block_on(tells), Ok(()));
    assert_eq!(ends.recv(), Ok((Ok(5), Ok(6), true)));
    drops.wait_for_one();
}

/// What one side tells the other, twice.
fn tells() -> ([oneshot::Sender<u32>; 2], [oneshot::Receiver<u32>; 2]) {
    let ((first, told), (second, told_again)) = (oneshot::channel(), oneshot::channel());
    ([first, second], [told, told_again])
}

/// What a job of a pool of one does: once its handle is dropped, it waits in a `.get()`. The wait ends when the next job has
/// begun, for which this one has to be parked.
fn wait_when_given_up(pool: &Limited) {
    wait_until(offload::is_cancelled);
    let (tell, told) = oneshot::channel();
    let _next = polled(Dual::blocking(move || tell.send(())).on(pool));
    Dual::future(told).get().expect("it is told");
}

/// The handle of code that has begun.
fn begun(code: Code, begins: &dyn Fn()) -> Code {
    let Err(later) = code.now_or_later() else {
        panic!("it waits");
    };
    begins();
    later
}

/// A future that is dropped.
#[test]
fn future() {
    limit(|| {
        assert_runs_to_its_end(|code, begins| {
            let waits = polled(code);
            begins();
            drop(waits);
        });
    });
}

/// A `timeout` that elapses, by each caller.
#[test]
fn timeout() {
    limit(|| {
        assert_runs_to_its_end(|code, begins| {
            assert!(begun(code, begins).timeout(SHORT).get().is_err());
        });
        assert_runs_to_its_end(|code, begins| {
            let elapses = begun(code, begins).timeout(SHORT);
            assert!(pollster::block_on(elapses).is_err());
        });
    });
}

/// A handle that came back from `get_timeout`.
#[test]
fn handle_of_get_timeout() {
    limit(|| {
        assert_runs_to_its_end(|code, begins| {
            let Err(later) = code.get_timeout(SHORT) else {
                panic!("it waits");
            };
            begins();
            drop(later);
        });
    });
}

/// The loser of a `race`, what a `try_join` leaves, and a branch of `select!`.
#[test]
fn combined() {
    limit(|| {
        assert_runs_to_its_end(|code, begins| {
            let loses = begun(code, begins).map(|_| 1);
            assert_eq!(race((loses, Dual::ready(2))).get(), 2);
        });
        assert_runs_to_its_end(|code, begins| {
            let left = begun(code, begins).map(Ok::<_, ()>);
            let fails = Dual::ready(Err::<(), _>(()));
            assert!(pollster::block_on(try_join((left, fails))).is_err());
        });
        assert_runs_to_its_end(|code, begins| {
            let code = begun(code, begins);
            let selected = pollster::block_on(async {
                tokio::select! {
                    _ = code => 1,
                    two = Dual::ready(2) => two,
                }
            });
            assert_eq!(selected, 2);
        });
    });
}

/// A started handle, a task, and an executor with such a task.
#[test]
#[cfg(feature = "executor")]
fn in_the_background() {
    use crate::common::one_thread;

    limit(|| {
        assert_runs_to_its_end(|code, begins| {
            let started = code.start();
            begins();
            drop(started);
        });
        assert_runs_to_its_end(|code, begins| {
            let ex = one_thread();
            let task = ex.spawn(code);
            begins();
            drop(task);
        });
        assert_runs_to_its_end(|code, begins| {
            let ex = one_thread();
            let task = ex.spawn(code);
            begins();
            drop(ex);
            drop(task);
        });
    });
}

/// A task of tokio that is aborted.
#[test]
#[cfg(feature = "tokio")]
fn aborted_in_tokio() {
    use tokio::runtime::Builder;

    limit(|| {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let runtime = builder.build().expect("there are threads");
            assert_runs_to_its_end(|code, begins| {
                runtime.block_on(async {
                    let task = tokio::spawn(code);
                    tokio::task::yield_now().await;
                    begins();
                    task.abort();
                    assert!(task.await.is_err());
                });
            });
        }
    });
}

/// Code that the abandoned code resolves in turn goes on as well, and is not told: its own handle is not dropped.
#[test]
fn code_in_code() {
    limit(|| {
        let (begun, begins) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let (ended, ends) = mpsc::channel();
        let outer = polled(Dual::blocking(move || {
            begun.send(CancellationToken::current()).expect("it waits");
            let inner = Dual::blocking(move || told.recv().map(|()| offload::is_cancelled()));
            // Both at once, so that they go to the pool.
            let both = join((inner, Dual::blocking(|| ())));
            let (inner, ()) = both.get();
            ended
                .send((inner, offload::is_cancelled()))
                .expect("it waits");
        }));
        let token: CancellationToken = begins.recv().expect("it begins");
        drop(outer);
        assert!(token.is_cancelled());
        tell.send(()).expect("it waits, or is about to");
        assert_eq!(ends.recv(), Ok((Ok(false), true)));
    });
}

/// A lock that the code holds is not poisoned: what waits for it gets it, with all that the code has done.
#[test]
fn lock() {
    limit(|| {
        let (pool, db) = (limited(1), Arc::new(Mutex::new(vec![1, 2, 3])));
        let (begun, begins) = mpsc::channel();
        let save = Dual::blocking({
            let (pool, db) = (pool.clone(), Arc::clone(&db));
            move || {
                let mut db = db.lock().expect("not poisoned");
                db.push(4);
                begun.send(()).expect("it waits");
                wait_when_given_up(&pool);
                db.push(5);
            }
        });
        let save = polled(save.on(&pool));
        begins.recv().expect("it begins");
        drop(save);
        assert_eq!(*db.lock().expect("not poisoned"), [1, 2, 3, 4, 5]);
    });
}

/// A `LazyLock` whose first user is given up is made, and not poisoned.
#[test]
fn lazy_lock() {
    static POOL: LazyLock<Limited> = LazyLock::new(|| limited(1));
    static BEGUN: Mutex<Option<mpsc::Sender<()>>> = Mutex::new(None);
    static CLIENT: LazyLock<u32> = LazyLock::new(|| {
        let begun = BEGUN.lock().expect("not poisoned").take();
        begun.map(|begun| begun.send(()));
        wait_when_given_up(&POOL);
        5
    });

    limit(|| {
        let (begun, begins) = mpsc::channel();
        *BEGUN.lock().expect("not poisoned") = Some(begun);
        let request = polled(Dual::blocking(|| *CLIENT).on(&*POOL));
        begins.recv().expect("it begins");
        drop(request);
        assert_eq!(*CLIENT, 5);
        assert_eq!(pollster::block_on(Dual::blocking(|| *CLIENT)), 5);
    });
}

/// A change in two steps is not left half done.
#[test]
fn change_in_two_steps() {
    limit(|| {
        let accounts = Arc::new((AtomicI32::new(100), AtomicI32::new(0)));
        let pool = limited(1);
        let (begun, begins) = mpsc::channel();
        let (ended, ends) = mpsc::channel();
        let transfer = Dual::blocking({
            let (pool, accounts) = (pool.clone(), Arc::clone(&accounts));
            move || {
                accounts.0.fetch_sub(10, Ordering::Relaxed);
                begun.send(()).expect("it waits");
                wait_when_given_up(&pool);
                accounts.1.fetch_add(10, Ordering::Relaxed);
                ended.send(()).expect("it waits");
            }
        });
        let transfer = polled(transfer.on(&pool));
        begins.recv().expect("it begins");
        drop(transfer);
        ends.recv().expect("it ends");
        assert_eq!(accounts.0.load(Ordering::Relaxed), 90);
        assert_eq!(accounts.1.load(Ordering::Relaxed), 10);
    });
}

/// A value whose destructor panics.
struct Bomb(mpsc::Sender<()>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.send(()).expect("it waits");
        panic!("the destructor panics");
    }
}

/// Drops the handle of code on a pool while the code runs, and shows that the pool survives the value's destructor.
fn drop_with_bomb(bind: impl Fn(Dual<Option<Bomb>>) -> Dual<Option<Bomb>>) {
    let (begun, begins) = mpsc::channel();
    let (go, goes) = mpsc::channel::<()>();
    let (exploded, explodes) = mpsc::channel();
    let code = Dual::blocking(move || {
        begun.send(()).expect("it waits");
        goes.recv().expect_err("the handle is dropped");
        Some(Bomb(exploded))
    });
    let waits = polled(bind(code.boxed()));
    begins.recv().expect("it begins");
    drop(waits);
    drop(go);
    explodes.recv().expect("it is dropped");
    let next = bind(Dual::blocking(|| None).boxed());
    assert!(pollster::block_on(next).is_none(), "the pool goes on");
}

/// A destructor that panics on a pool's thread, of each pool of this crate, ends neither the process nor the pool.
#[test]
fn value_whose_destructor_panics() {
    limit(|| {
        drop_with_bomb(|code| code);
        let one: Limited = limited(1);
        drop_with_bomb(|code| code.on(&one).boxed());
        let thread = offload::SingleThread::new(|| ());
        drop_with_bomb(|code| code.on(&thread).boxed());
        #[cfg(feature = "rayon")]
        drop_with_bomb(|code| code.on(&offload::Rayon).boxed());
    });
}

/// Captured values whose destructors panic when a pool drops the job: the pool goes on, and what waits for the job panics.
#[test]
fn job_whose_destructor_panics() {
    use crate::common::{WithPool, assert_contains, panic_of};

    limit(|| {
        let host = Arc::new(WithPool(|job| {
            drop(job);
            Ok(())
        }));
        let (exploded, explodes) = mpsc::channel();
        let bomb = Bomb(exploded);
        let code = Dual::blocking(move || drop(bomb));
        let said = panic_of(|| pollster::block_on(smartcall::context::hosted(&host, code)));
        assert_contains(&said, "the pool refused this job");
        explodes.recv().expect("it is dropped");
    });
}
