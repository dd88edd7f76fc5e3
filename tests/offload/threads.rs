//! The threads of the pool are reused, and end when they are idle.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use smartcall::Dual;

use super::support::{await_all, needs_the_pool, set_limit};
use crate::common::{in_child, names_of_threads, wait_until};

/// Once no job is parked any more, jobs run on the pool's own threads.
#[test]
fn no_spares_once_no_job_is_parked() {
    in_child(|| {
        let parks = Dual::blocking(|| Dual::future(needs_the_pool()).get());
        assert_eq!(pollster::block_on(parks), 2);
        let name = Dual::blocking(|| thread::current().name().map(String::from));
        let name = pollster::block_on(name).expect("it has a name");
        assert!(name.starts_with("blocking-"), "{name}");
    });
}

/// The threads of the pool are reused.
#[test]
fn threads_are_reused() {
    in_child(|| {
        let mut ids: Vec<_> = (0..200)
            .map(|_| pollster::block_on(Dual::blocking(|| thread::current().id())))
            .collect();
        ids.sort_by_key(|id| format!("{id:?}"));
        ids.dedup();
        // One would do, but a thread that has just ended its job may not be idle yet.
        assert!(ids.len() <= 20, "{} threads for 200 jobs", ids.len());
    });
}

/// Spare threads of the pool end once they have no job.
#[cfg(target_os = "linux")]
#[test]
fn spare_threads_end() {
    in_child(|| {
        set_limit(1);
        let seen = Arc::new(AtomicUsize::new(0));
        let jobs = (0..20).map(|_| {
            let seen = Arc::clone(&seen);
            let get = move || {
                let got = Dual::future(needs_the_pool()).get();
                seen.fetch_add(names_of_threads("smartcall-spare"), Ordering::Relaxed);
                got
            };
            Dual::blocking(get)
        });
        assert_eq!(await_all(jobs), [2; 20]);
        assert!(seen.load(Ordering::Relaxed) > 0, "there were some");
        wait_until(|| names_of_threads("smartcall-spare") == 0);
    });
}

/// The threads of an executor end with it.
#[cfg(all(target_os = "linux", feature = "executor"))]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn threads_of_an_executor_end_with_it() {
    use smartcall::Executor;

    in_child(|| {
        let before = crate::common::threads();
        for threads in [1, 3] {
            let ex = Executor::builder().threads(threads).name("worker").build();
            assert_eq!(ex.block_on(ex.spawn(async { 5 })), 5);
            // One more is the monitor.
            assert_eq!(crate::common::threads(), before + threads + 1);
            // A thread has its name when it has begun to run.
            wait_until(|| names_of_threads("worker-") == threads + 1);
            drop(ex);
            // The kernel shows a thread for a moment after it was joined.
            wait_until(|| crate::common::threads() == before);
        }
        let ex = Executor::from(Arc::new(async_executor::Executor::new()));
        assert_eq!(ex.block_on(ex.spawn(async { 5 })), 5);
        drop(ex);
        wait_until(|| crate::common::threads() == before);
    });
}
