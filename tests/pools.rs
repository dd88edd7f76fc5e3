//! Pools of the program's own choice: by handle, by executor, and for the process.

#![allow(
    clippy::async_yields_async,
    clippy::let_underscore_future,
    clippy::redundant_async_block,
    reason = "handles are made in one place and resolved in another"
)]

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Poll};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures::future::join_all;
use smartcall::offload::{self, Job, Limited, Pool, SingleThread};
use smartcall::{Dual, DualOf, Work, context, join};

mod common;
use common::{in_child, limit, wait_until};

// Helpers ------------------------------------------------------------------------------

/// How a handle is resolved.
const CALLERS: [fn(Dual<ThreadId>) -> ThreadId; 2] = [
    |dual| dual.get(),
    |dual| pollster::block_on(async { dual.await }),
];

fn limited(n: usize) -> Limited {
    Limited::new(n.try_into().expect("it is not zero"))
}

fn here() -> DualOf<impl Work<Output = ThreadId> + Send> {
    Dual::blocking(|| thread::current().id())
}

fn this_thread() -> ThreadId {
    thread::current().id()
}

/// What a panic says.
fn panic_of<R>(f: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else {
        panic!("there is no panic");
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("it is text")).into(),
    }
}

/// A pool of a thread for each job, which counts them, and can be closed.
#[derive(Default)]
struct Counting {
    jobs: AtomicUsize,
    closed: bool,
}

impl Pool for Counting {
    fn offload(&self, job: Job) -> Result<(), Job> {
        if self.closed {
            return Err(job);
        }
        self.jobs.fetch_add(1, Ordering::SeqCst);
        thread::spawn(|| job.run());
        Ok(())
    }
}

impl Counting {
    fn jobs(&self) -> usize {
        self.jobs.load(Ordering::SeqCst)
    }
}

// By handle ----------------------------------------------------------------------------

/// C5: the pool is the one that runs the code, once a call, for both callers.
#[test]
fn a_pool_runs_the_code_of_its_handles() {
    limit(|| {
        let pool = Arc::new(Counting::default());
        for (n, resolve) in CALLERS.into_iter().enumerate() {
            assert_ne!(resolve(here().on(&pool).boxed()), this_thread());
            assert_eq!(pool.jobs(), n + 1);
        }
        // As a `dyn Pool`, too.
        let shared: Arc<dyn Pool> = Arc::<Counting>::clone(&pool);
        here().on(&shared).get();
        assert_eq!(pool.jobs(), 3);
        // And no other code.
        here().get();
        pollster::block_on(async { here().await });
        assert_eq!(pool.jobs(), 3);
    });
}

/// So does what the code in the handle resolves itself, on its caller's thread.
#[test]
fn a_pool_takes_what_is_resolved_in_its_handles() {
    limit(|| {
        let pool = Arc::new(Counting::default());
        let in_place = || Dual::in_place(|| here().get());
        let polled = || Dual::future(async { here().get() });
        let lent = || Dual::future(async { *here().boxed() });
        let tried = || Dual::future(async { here().try_get().expect("nobody minds") });
        for nests in [
            in_place().boxed_local(),
            polled().boxed_local(),
            lent().boxed_local(),
            tried().boxed_local(),
        ] {
            assert_ne!(nests.on(&pool).get(), this_thread());
        }
        for nests in [in_place().boxed_local(), polled().boxed_local()] {
            let nests = nests.on(&pool);
            assert_ne!(pollster::block_on(nests), this_thread());
        }
        assert_eq!(pool.jobs(), 6);
    });
}

/// Work of one's own is resolved by its own means.
#[test]
fn a_pool_leaves_the_way_of_work_to_the_work() {
    struct Ping;

    impl Future for Ping {
        type Output = &'static str;

        fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<&'static str> {
            Poll::Ready("polled")
        }
    }

    impl Work for Ping {
        fn block(self: Pin<&mut Self>) -> &'static str {
            "blocked"
        }
    }

    limit(|| {
        let pool = Arc::new(Counting::default());
        assert_eq!(Dual::new(Ping).on(&pool).get(), "blocked");
        assert_eq!(offload::join_on_drop(Dual::new(Ping)).get(), "blocked");
        assert_eq!(
            pollster::block_on(async { Dual::new(Ping).on(&pool).await }),
            "polled"
        );
        // A pair has a sync path, which is blocking code and may not run here, and an async one.
        let pair = || Dual::pair((), |()| "sync", async |()| "async");
        assert_eq!(pair().on(&pool).get(), "async");
        assert_eq!(offload::join_on_drop(pair()).get(), "sync");
        assert_eq!(pool.jobs(), 0);
    });
}

/// All blocking code in a handle goes there; async and in-place code stays with its caller.
#[test]
fn a_pool_takes_all_blocking_code_of_a_handle_and_nothing_else() {
    limit(|| {
        let pool = Arc::new(Counting::default());
        let steps = || {
            Dual::future(async {
                let first = here().await;
                let in_place = Dual::in_place(this_thread).await;
                let polled = this_thread();
                let paths = Dual::pair((), |()| "sync", async |()| "async").await;
                (first, in_place, polled, paths, here().await)
            })
        };
        let check = |(first, in_place, polled, paths, last)| {
            assert!(first != this_thread() && last != this_thread());
            assert_eq!((in_place, polled), (this_thread(), this_thread()));
            assert_eq!(paths, "async");
        };
        check(steps().on(&pool).get());
        check(pollster::block_on(async { steps().on(&pool).await }));
        assert_eq!(pool.jobs(), 4);
    });
}

#[test]
fn the_nearest_pool_holds() {
    limit(|| {
        let (near, far) = (Arc::new(Counting::default()), Arc::new(Counting::default()));
        let both = join((here().on(&near), here()));
        both.on(&far).get();
        assert_eq!((near.jobs(), far.jobs()), (1, 1));
    });
}

/// A pool that refuses is an error, and not a hang, and nothing runs.
#[test]
fn a_pool_that_refuses() {
    limit(|| {
        let pool = Arc::new(Counting {
            closed: true,
            ..Counting::default()
        });
        for resolve in CALLERS {
            let text = panic_of(|| resolve(here().on(&pool).boxed()));
            assert!(text.starts_with("the pool refused this job"), "{text}");
        }
    });
}

// Limited ------------------------------------------------------------------------------

/// A pool of one's own may be made of it.
#[test]
fn a_limited_pool_behind_a_pool() {
    limit(|| {
        let pool = Arc::new(limited(1));
        for resolve in CALLERS {
            assert_ne!(resolve(here().on(&pool).boxed()), this_thread());
        }
    });
}

/// C4: never more than n at once, and all of them run.
#[test]
fn no_more_than_the_limit_at_once() {
    limit(|| {
        let pool = limited(2);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let job = || {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            let code = move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(5));
                now.fetch_sub(1, Ordering::SeqCst);
            };
            Dual::blocking(code).on(&pool)
        };
        pollster::block_on(join_all((0..8).map(|_| job())));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| job().get());
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn two_of_a_limit_of_two_meet() {
    limit(|| {
        let (pool, barrier) = (limited(2), Arc::new(Barrier::new(2)));
        let meet = || {
            let barrier = Arc::clone(&barrier);
            Dual::blocking(move || barrier.wait()).on(&pool)
        };
        join((meet(), meet())).get();
        pollster::block_on(async { join((meet(), meet())).await });
    });
}

/// C4: the rest run in the order in which they came.
#[test]
fn the_rest_run_in_order() {
    limit(|| {
        let (pool, order) = (limited(1), Arc::new(Mutex::new(Vec::new())));
        let job = |n| {
            let order = Arc::clone(&order);
            Dual::blocking(move || order.lock().expect("not poisoned").push(n)).on(&pool)
        };
        pollster::block_on(join_all((0..50).map(job)));
        assert!(
            order
                .lock()
                .expect("not poisoned")
                .iter()
                .copied()
                .eq(0..50)
        );
    });
}

/// Jobs that wait for jobs of the same pool do not exhaust it.
#[test]
fn jobs_of_a_limited_pool_wait_for_each_other() {
    fn nested(pool: &Limited, depth: u32) -> u32 {
        let inner = pool.clone();
        let job = Dual::blocking(move || match depth {
            0 => 0,
            _ => 1 + nested(&inner, depth - 1),
        });
        job.on(pool).get()
    }
    limit(|| {
        let pool = limited(1);
        assert_eq!(nested(&pool, 20), 20);
        assert_eq!(
            pollster::block_on(async { Dual::blocking(move || nested(&pool, 20)).await }),
            20
        );
    });
}

/// A limited pool's jobs that all wait leave the pool of the process usable.
#[test]
fn a_limited_pool_does_not_hold_up_the_process() {
    in_child(|| {
        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        let pool = limited(4);
        let job = || Dual::blocking(|| Dual::future(async { here().await }).get()).on(&pool);
        pollster::block_on(join_all((0..8).map(|_| job())));
    });
}

// One thread ---------------------------------------------------------------------------

/// The value need not be `Send`, and is made, used and dropped on one thread, by both callers.
#[test]
fn a_value_stays_on_its_thread() {
    struct Told(Rc<Cell<u32>>, mpsc::Sender<(ThreadId, u32)>);
    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.1.send((this_thread(), self.0.get()));
        }
    }
    limit(|| {
        let (sender, dropped) = mpsc::channel();
        let single = SingleThread::new(move || Told(Rc::new(Cell::new(0)), sender));
        let count = || {
            single.run(|told| {
                told.0.set(told.0.get() + 1);
                this_thread()
            })
        };
        let thread = count().get();
        assert_ne!(thread, this_thread());
        assert_eq!(pollster::block_on(async { count().await }), thread);
        // Code of its handles runs there as well.
        assert_eq!(here().on(&single).get(), thread);
        // A handle keeps the thread, when all clones are gone.
        let last = single.clone().run(|told| told.0.set(told.0.get() + 1));
        drop(single);
        last.get();
        assert_eq!(dropped.recv(), Ok((thread, 3)));
    });
}

#[test]
fn jobs_of_a_thread_run_in_order() {
    limit(|| {
        let single = SingleThread::new(Vec::new);
        pollster::block_on(join_all(
            (0..100).map(|n| single.run(move |seen| seen.push(n))),
        ));
        assert!(single.run(|seen| seen.clone()).get().into_iter().eq(0..100));
    });
}

#[cfg(feature = "executor")]
#[test]
fn a_thread_serves_tasks_of_an_executor() {
    limit(|| {
        let (ex, single) = (smartcall::Executor::new(), SingleThread::new(|| 0));
        let tasks: Vec<_> = (0..100)
            .map(|n| {
                let single = single.clone();
                ex.spawn(async move {
                    match n % 2 {
                        0 => single.run(|sum| *sum += 1).await,
                        _ => single.run(|sum| *sum += 1).get(),
                    }
                })
            })
            .collect();
        ex.block_on(join_all(tasks));
        assert_eq!(single.run(|sum| *sum).get(), 100);
    });
}

/// Code for a thread that is resolved on it runs right there.
#[test]
fn a_job_that_needs_its_own_thread() {
    limit(|| {
        let single = SingleThread::new(|| ());
        let inner = single.clone();
        let job = Dual::blocking(move || (this_thread(), here().on(&inner).get()));
        let (outer, inner) = job.on(&single).get();
        assert_eq!(outer, inner);
    });
}

/// The value that is in use can't be had again, and the thread goes on.
#[test]
fn a_value_in_use_is_refused_in_words() {
    limit(|| {
        let single = SingleThread::new(|| 5);
        let inner = single.clone();
        let text = single
            .run(move |_| panic_of(|| inner.run(|n| *n).get()))
            .get();
        assert!(
            text.starts_with("the value of this `SingleThread` is in use"),
            "{text}"
        );
        assert_eq!(single.run(|n| *n).get(), 5);
    });
}

/// What a job waits for may need its thread: that is refused, and the handle given back.
#[test]
fn waiting_on_the_only_thread_is_refused_in_words() {
    limit(|| {
        let single = SingleThread::new(|| ());
        let refused = single.run(|()| Dual::future(async { 5 }).boxed().try_get());
        let refused = refused.get().expect_err("it is refused");
        assert!(
            refused.to_string().contains("a `SingleThread`"),
            "{refused}"
        );
        assert_eq!(refused.into_handle().get(), 5);
        let text = single
            .run(|()| panic_of(|| Dual::future(async { 5 }).get()))
            .get();
        assert!(text.contains("call `context::blocking_region`"), "{text}");
        // Sync code within sync code does not open a way around.
        let nested = || Dual::blocking(|| Dual::future(async { 5 }).try_get().is_err()).get();
        assert!(single.run(move |()| nested()).get());
        let other = SingleThread::new(|| ());
        assert!(
            single
                .run(move |()| here().on(&other).try_get().is_err())
                .get()
        );
        // Who knows better says so.
        let lifted = || context::blocking_region(|| Dual::future(async { 5 }).get());
        assert_eq!(single.run(move |()| lifted()).get(), 5);
    });
}

#[test]
fn a_job_that_panics_leaves_the_thread_usable() {
    limit(|| {
        let single = SingleThread::new(|| 5);
        let panics = || {
            single.run(|n| -> () {
                *n += 1;
                panic!("on purpose")
            })
        };
        assert_eq!(panic_of(|| panics().get()), "on purpose");
        assert_eq!(
            panic_of(|| pollster::block_on(async { panics().await })),
            "on purpose"
        );
        assert_eq!(single.run(|n| *n).get(), 7);
    });
}

/// On its thread a deref is as good as a `get`: what may run there does, and the rest is refused in the same words.
#[test]
fn a_deref_on_its_thread() {
    limit(|| {
        let single = SingleThread::new(|| ());
        let lent = single.run(|()| {
            let here = this_thread();
            let (there, five) = (
                Dual::blocking(this_thread).boxed(),
                Dual::in_place(|| 5).boxed(),
            );
            (*there == here, *five, *Dual::ready(6).boxed())
        });
        assert_eq!(lent.get(), (true, 5, 6));
        let words = single.run(|()| {
            let by_get = panic_of(|| Dual::future(async { 5 }).get());
            let dual = Dual::future(async { 5 }).boxed();
            let by_deref = panic_of(|| *dual);
            // It has not run, and does so where that is fine.
            assert_eq!(context::blocking_region(|| *dual), 5);
            (by_get, by_deref)
        });
        let (by_get, by_deref) = words.get();
        assert_eq!(by_get, by_deref);
        assert!(by_deref.contains("in a job of the pool"), "{by_deref}");
    });
}

#[test]
fn a_value_that_can_not_be_made() {
    limit(|| {
        let failed = || SingleThread::<u32>::try_new(|| Err("no such thing"));
        assert_eq!(failed().get().expect_err("it fails"), "no such thing");
        let made = SingleThread::try_new(|| Ok::<_, ()>(Rc::new(5)));
        assert_eq!(
            pollster::block_on(async { made.await })
                .expect("it is made")
                .run(|n| **n)
                .get(),
            5
        );
        let panicked = SingleThread::<u32>::new(|| panic!("on purpose"));
        // What needs no value is not concerned.
        assert_eq!(Dual::blocking(|| 5).on(&panicked).get(), 5);
        assert_eq!(panic_of(|| panicked.run(|n| *n).get()), "on purpose");
        for _ in 0..2 {
            let text = panic_of(|| panicked.run(|n| *n).get());
            assert!(
                text.starts_with("this `SingleThread` has no value"),
                "{text}"
            );
        }
    });
}

#[test]
fn a_thread_by_name() {
    limit(|| {
        let single = SingleThread::named("a-name", || ()).expect("it starts");
        let name = single.run(|()| thread::current().name().map(String::from));
        assert_eq!(name.get().as_deref(), Some("a-name"));
        let error = SingleThread::named("\0", || ()).expect_err("it is refused");
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    });
}

/// A handle that is dropped before its turn keeps its code from running.
#[test]
fn a_job_that_is_dropped_before_its_turn_never_runs() {
    limit(|| {
        let single = SingleThread::new(|| 0);
        let (go, wait) = mpsc::channel::<()>();
        let mut first = Box::pin(single.run(move |_| wait.recv().is_ok()));
        let mut second = Box::pin(single.run(|n| *n += 1));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(first.as_mut().poll(&mut cx).is_pending());
        assert!(second.as_mut().poll(&mut cx).is_pending());
        drop(second);
        go.send(()).expect("the job waits");
        assert!(pollster::block_on(first));
        assert_eq!(single.run(|n| *n).get(), 0);
    });
}

// By executor, and for the process -----------------------------------------------------

#[cfg(feature = "executor")]
#[test]
fn a_pool_of_an_executor() {
    limit(|| {
        let (pool, near) = (Arc::new(Counting::default()), Arc::new(Counting::default()));
        let ex = smartcall::Executor::builder()
            .threads(2)
            .pool(&pool)
            .build();
        ex.block_on(ex.spawn(here()));
        ex.block_on(ex.spawn(async { join((here(), here())).await }));
        ex.block_on(here());
        assert_eq!(pool.jobs(), 4);
        ex.block_on(ex.spawn(here().on(&near)));
        assert_eq!((pool.jobs(), near.jobs()), (4, 1));
        // Nobody else's code goes there.
        pollster::block_on(async { here().await });
        assert_eq!(pool.jobs(), 4);
    });
}

#[test]
fn a_pool_of_the_process() {
    in_child(|| {
        let pool = Arc::new(Counting::default());
        offload::set_pool(&pool).expect("it is the first");
        pollster::block_on(async { here().await });
        assert_eq!(pool.jobs(), 1);
        let error = offload::set_pool(&limited(1)).expect_err("it is the second");
        assert!(error.to_string().contains("set before"), "{error}");
        let near = Arc::new(Counting::default());
        pollster::block_on(async { here().on(&near).await });
        assert_eq!((pool.jobs(), near.jobs()), (1, 1));
        #[cfg(feature = "executor")]
        {
            let ex = smartcall::Executor::new();
            ex.block_on(ex.spawn(here()));
            assert_eq!(pool.jobs(), 2);
        }
    });
}

#[test]
fn jobs_that_have_run_are_gone() {
    limit(|| {
        let (pool, value) = (limited(2), Arc::new(()));
        for _ in 0..10 {
            let value = Arc::clone(&value);
            pollster::block_on(async { Dual::blocking(move || drop(value)).on(&pool).await });
        }
        wait_until(|| format!("{pool:?}") == "Limited { limit: Some(2), running: 0, waiting: 0 }");
        assert_eq!(Arc::strong_count(&value), 1);
    });
}

// Pools of other crates ----------------------------------------------------------------

#[cfg(feature = "rayon")]
#[test]
fn rayon() {
    limit(|| {
        for resolve in CALLERS {
            assert_ne!(resolve(here().on(&offload::Rayon).boxed()), this_thread());
        }
        let pool = rayon_core::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = Arc::new(pool.expect("it starts"));
        // Jobs that wait for jobs of the same pool, of one thread.
        let inner = Arc::clone(&pool);
        let job = Dual::blocking(move || (this_thread(), here().on(&inner).get()));
        let (outer, inner) = job.on(&pool).get();
        assert_eq!(outer, inner);
        let job = Dual::blocking(|| Dual::future(async { 5 }).try_get().is_err());
        assert!(job.on(&pool).get());
    });
}

#[cfg(feature = "tokio")]
#[test]
fn tokio_by_its_handle() {
    limit(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("of-tokio")
            .build()
            .expect("it starts");
        let handle = runtime.handle().clone();
        let name = || Dual::blocking(|| thread::current().name().map(String::from)).on(&handle);
        assert_eq!(name().get().as_deref(), Some("of-tokio"));
        assert_eq!(
            pollster::block_on(async { name().await }).as_deref(),
            Some("of-tokio")
        );
        runtime.shutdown_background();
        let text = panic_of(|| name().get());
        assert!(text.starts_with("the pool refused this job"), "{text}");
    });
}
