//! `Limited`: a pool that runs so many jobs at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use futures::future::join_all;
use smartcall::offload::{self, Limited};
use smartcall::{Dual, context, join};

use super::support::{CALLERS, here, limited, this_thread};
use crate::common::{in_child, limit, wait_until};

/// A pool of the user's own may use a `Limited`.
#[test]
fn a_limited_pool_behind_a_pool() {
    limit(|| {
        let pool = Arc::new(limited(1));
        for resolve in CALLERS {
            assert_ne!(resolve(here().on(&pool).boxed()), this_thread());
        }
    });
}

/// Never more jobs than the limit run at once, and all of them run.
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

/// The rest run in the order in which they came.
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

/// A get of the same pool in a `blocking_region`, which asks no host: the place is given back.
#[test]
fn get_in_a_region_of_a_job() {
    fn in_region(pool: &Limited) -> u32 {
        context::blocking_region(|| Dual::blocking(|| 5).on(pool).get())
    }
    limit(|| {
        let pool = limited(1);
        let run = |code: fn(&Limited) -> u32| {
            let inner = pool.clone();
            let job = Dual::blocking(move || code(&inner)).on(&pool);
            assert_eq!(pollster::block_on(job), 5);
        };
        run(in_region);
        run(|pool| context::blocking_region(|| in_region(pool)));
        #[cfg(feature = "executor")]
        {
            use smartcall::{Executor, LocalExecutor};

            run(|pool| LocalExecutor::new().block_on(Dual::blocking(|| 5).on(pool)));
            run(|pool| {
                context::blocking_region(|| {
                    LocalExecutor::new().block_on(Dual::blocking(|| 5).on(pool))
                })
            });
            run(|pool| {
                let ex = Executor::builder().threads(1).build();
                context::blocking_region(|| ex.block_on(Dual::blocking(|| 5).on(pool)))
            });
            run(|pool| {
                let ex = Executor::builder().threads(1).build();
                ex.block_on(async { in_region(pool) })
            });
        }
        wait_until(|| format!("{pool:?}") == "Limited { limit: Some(1), running: 0, waiting: 0 }");
    });
}

/// The pool of the process is free while all jobs of a `Limited` wait.
#[test]
fn a_limited_pool_does_not_hold_up_the_process() {
    in_child(|| {
        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        let pool = limited(4);
        let job = || Dual::blocking(|| Dual::future(async { here().await }).get()).on(&pool);
        pollster::block_on(join_all((0..8).map(|_| job())));
    });
}

/// Jobs that have run are dropped.
#[test]
fn jobs_that_have_run_are_dropped() {
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
