//! Which pool runs blocking code: `Dual::on`, `Builder::pool`, `set_pool`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread::{self, ThreadId};

use smartcall::offload::{self, Job, Pool, SingleThread};
use smartcall::{Dual, Work, context, join};

use super::support::{CALLERS, here, limited, this_thread};
use crate::common::{WithPool, in_child, limit, panic_of};

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

/// `Dual::on`: the pool runs the code, once a call, for both callers.
#[test]
fn on_a_pool() {
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

/// The pool also runs blocking code that the code in the handle resolves itself.
#[test]
fn on_a_pool_resolved_in_the_code() {
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

/// A `Work` of the user's own is resolved by its own means.
#[test]
fn on_a_pool_with_work_by_hand() {
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

/// All blocking code in a handle goes to the pool. Async and in-place code stays with its caller.
#[test]
fn on_a_pool_takes_blocking_code_only() {
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

/// The innermost `Dual::on` decides.
#[test]
fn the_nearest_on_decides() {
    limit(|| {
        let (near, far) = (Arc::new(Counting::default()), Arc::new(Counting::default()));
        let both = join((here().on(&near), here()));
        both.on(&far).get();
        assert_eq!((near.jobs(), far.jobs()), (1, 1));
    });
}

/// A pool that refuses a job is an error, and no hang. Nothing runs.
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

/// `Builder::pool` sets the pool of an executor's tasks.
#[cfg(feature = "executor")]
#[test]
fn builder_pool() {
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
        // No other code goes there.
        pollster::block_on(async { here().await });
        assert_eq!(pool.jobs(), 4);
    });
}

/// Code for the pool of the process that is awaited on that pool's own thread runs there, as under `Dual::on`.
#[test]
fn pool_of_the_process_on_its_own_thread() {
    in_child(|| {
        let single = SingleThread::new(|| ());
        let thread = single.run(|()| this_thread()).get();
        offload::set_pool(&single).expect("it is the first");
        let awaits: [fn() -> ThreadId; 4] = [
            || pollster::block_on(here()),
            || pollster::block_on(Dual::future(async { here().await })),
            || pollster::block_on(async { join((here(), here())).await.1 }),
            || {
                context::blocking_region(|| {
                    Dual::future(async { join((here(), here())).await.0 }).get()
                })
            },
        ];
        for on_it in awaits {
            assert_eq!(limit(|| single.run(move |()| on_it()).get()), thread);
        }
        // Code for another pool goes there.
        let other = limit(|| {
            single
                .run(|()| pollster::block_on(here().on(&limited(1))))
                .get()
        });
        assert_ne!(other, thread);
        let host = Arc::new(WithPool(|job: Job| {
            thread::spawn(|| job.run());
            Ok(())
        }));
        let hosted = move |_: &mut ()| pollster::block_on(context::hosted(&host, here()));
        assert_ne!(limit(|| single.run(hosted).get()), thread);
        // From elsewhere code comes to the thread.
        assert_eq!(pollster::block_on(here()), thread);
    });
}

/// The pool of an executor on that pool's own thread, and a handle that is started there.
#[cfg(feature = "executor")]
#[test]
fn pool_of_an_executor_on_its_own_thread() {
    in_child(|| {
        let single = SingleThread::new(|| ());
        let thread = single.run(|()| this_thread()).get();
        let ex = Arc::new(
            smartcall::Executor::builder()
                .threads(1)
                .pool(&single)
                .build(),
        );
        let tasks = Arc::clone(&ex);
        let job = move |_: &mut ()| context::blocking_region(|| tasks.block_on(here()));
        assert_eq!(limit(|| single.run(job).get()), thread);
        // A started handle needs the thread that would wait.
        offload::set_pool(&single).expect("it is the first");
        let refused = limit(|| single.run(|()| here().start().try_get().is_err()).get());
        assert!(refused);
    });
}

/// `set_pool` sets the pool of the process, once.
#[test]
fn set_pool() {
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
