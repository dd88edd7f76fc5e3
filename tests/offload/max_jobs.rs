//! `set_max_jobs` and `BLOCKING_MAX_THREADS`: how many jobs run at once.

use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use smartcall::Dual;

use super::support::{assert_at_once, await_all, needs_the_pool, send_off, set_limit};
use crate::common::{Gauge, in_child, in_child_with, names_of_threads, wait_until};

/// A job that goes to the pool now, and ends when it is told to.
fn job_until_told() -> (impl Future<Output = u32> + Unpin, mpsc::Sender<()>) {
    let (begins, begun) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    let mut job = Box::pin(Dual::blocking(move || {
        begins.send(()).expect("somebody waits");
        told.recv().expect("it is told");
        5
    }));
    send_off(&mut job);
    begun.recv().expect("it begins");
    (job, tell)
}

/// As many jobs run at once as `set_max_jobs` allows, and never more.
#[test]
fn set_max_jobs() {
    in_child(|| {
        for n in [1, 3, 8, 2] {
            set_limit(n);
            assert_at_once(n);
        }
    });
}

/// The jobs beyond the limit run later, in order.
#[test]
fn jobs_beyond_max_jobs_run_in_order() {
    in_child(|| {
        set_limit(1);
        let (first, tell) = job_until_told();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut jobs: Vec<_> = (0..50)
            .map(|i| {
                let order = Arc::clone(&order);
                Box::pin(Dual::blocking(move || {
                    order.lock().expect("no panic").push(i)
                }))
            })
            .collect();
        jobs.iter_mut().for_each(send_off);
        assert!(order.lock().expect("no panic").is_empty());
        tell.send(()).expect("the first one waits");
        assert_eq!(pollster::block_on(first), 5);
        await_all(jobs);
        assert!(order.lock().expect("no panic").iter().copied().eq(0..50));
    });
}

/// A higher limit starts jobs that wait.
#[test]
fn raising_max_jobs_starts_jobs() {
    in_child(|| {
        set_limit(1);
        let (first, tell) = job_until_told();
        let barrier = Arc::new(Barrier::new(3));
        let mut jobs: Vec<_> = (0..3)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                Box::pin(Dual::blocking(move || barrier.wait().is_leader()))
            })
            .collect();
        jobs.iter_mut().for_each(send_off);
        // They need places for three, and the first job stays where it is.
        set_limit(4);
        await_all(jobs);
        tell.send(()).expect("the first one waits");
        assert_eq!(pollster::block_on(first), 5);
        assert_at_once(4);
    });
}

/// A lower limit holds as soon as enough jobs have ended.
#[test]
fn lowering_max_jobs() {
    in_child(|| {
        set_limit(3);
        let running: Vec<_> = (0..3).map(|_| job_until_told()).collect();
        set_limit(1);
        let gauge = Arc::new(Gauge::default());
        let mut jobs: Vec<_> = (0..10)
            .map(|_| {
                let gauge = Arc::clone(&gauge);
                Box::pin(Dual::blocking(move || gauge.run(thread::yield_now)))
            })
            .collect();
        jobs.iter_mut().for_each(send_off);
        for (job, tell) in running {
            assert_eq!(
                gauge.most(),
                0,
                "nothing starts while the limit is exceeded"
            );
            tell.send(()).expect("it waits");
            assert_eq!(pollster::block_on(job), 5);
        }
        await_all(jobs);
        assert_eq!(gauge.most(), 1);
        assert_at_once(1);
    });
}

/// A job that panics gives its place back, also one that had to queue.
#[test]
fn panicking_job_gives_its_place_back() {
    in_child(|| {
        set_limit(1);
        let fails = || Box::pin(Dual::blocking(|| -> u32 { panic!("in the job") }));
        let await_it = |job| panic::catch_unwind(AssertUnwindSafe(|| pollster::block_on(job)));
        for _ in 0..3 {
            assert!(await_it(fails()).is_err());
        }
        let (first, tell) = job_until_told();
        let mut queued = fails();
        send_off(&mut queued);
        tell.send(()).expect("the first one waits");
        assert!(await_it(queued).is_err());
        assert_eq!(pollster::block_on(first), 5);
        assert_at_once(1);
    });
}

/// A queued job that is cancelled never runs, and gives back no place.
#[test]
fn cancelled_job_never_runs() {
    in_child(|| {
        set_limit(1);
        let (first, tell) = job_until_told();
        let runs = Arc::new(AtomicUsize::new(0));
        let mut jobs: Vec<_> = (0..10)
            .map(|_| {
                let runs = Arc::clone(&runs);
                Box::pin(Dual::blocking(move || runs.fetch_add(1, Ordering::SeqCst)))
            })
            .collect();
        jobs.iter_mut().for_each(send_off);
        let mut cancelled = false;
        jobs.retain(|_| {
            cancelled = !cancelled;
            !cancelled
        });
        assert_eq!(runs.load(Ordering::SeqCst), 0);
        tell.send(()).expect("the first one waits");
        assert_eq!(pollster::block_on(first), 5);
        await_all(jobs);
        assert_eq!(runs.load(Ordering::SeqCst), 5);
        wait_until(|| Arc::strong_count(&runs) == 1);
        assert_at_once(1);
    });
}

/// A job that is cancelled while it runs keeps its place until it ends.
#[test]
fn job_cancelled_while_it_runs_keeps_its_place() {
    in_child(|| {
        set_limit(1);
        let (first, tell) = job_until_told();
        drop(first);
        let (begins, begun) = mpsc::channel();
        let mut second = Box::pin(Dual::blocking(move || begins.send(())));
        send_off(&mut second);
        thread::sleep(Duration::from_millis(5));
        assert!(begun.try_recv().is_err(), "there is no place for it");
        tell.send(()).expect("the first one is still at it");
        assert_eq!(pollster::block_on(second), Ok(()));
        assert_at_once(1);
    });
}

/// `set_max_jobs` does not change the limit of the crate `blocking`.
#[cfg(target_os = "linux")]
#[test]
fn limit_of_the_crate_blocking_is_not_touched() {
    in_child(|| {
        blocking::set_max_blocking_threads(2.try_into().expect("it is not zero"));
        let at_once_in_blocking = || {
            let gauge = Arc::new(Gauge::default());
            let barrier = Arc::new(Barrier::new(2));
            await_all((0..16).map(|_| {
                let (gauge, barrier) = (Arc::clone(&gauge), Arc::clone(&barrier));
                blocking::unblock(move || {
                    gauge.run(|| {
                        barrier.wait();
                        thread::yield_now();
                    })
                })
            }));
            gauge.most()
        };
        for n in [8, 1, 2, 500] {
            set_limit(n);
            assert_eq!(await_all((0..16).map(|_| needs_the_pool())), [2; 16]);
            assert_eq!(at_once_in_blocking(), 2);
            assert_eq!(names_of_threads("blocking-"), 2);
        }
    });
}

/// A limit beyond the threads that `blocking` has: all of the jobs meet.
#[test]
fn more_jobs_than_blocking_has_threads() {
    in_child(|| {
        set_limit(600);
        let barrier = Arc::new(Barrier::new(600));
        let meet = |_| {
            let barrier = Arc::clone(&barrier);
            Dual::blocking(move || barrier.wait().is_leader())
        };
        await_all((0..600).map(meet));
    });
}

/// Without `set_max_jobs`, the limit is `BLOCKING_MAX_THREADS`.
#[test]
fn blocking_max_threads() {
    in_child_with(&[("BLOCKING_MAX_THREADS", "3")], || {
        assert_at_once(3);
        set_limit(2);
        assert_at_once(2);
    });
}

/// `BLOCKING_MAX_THREADS=0` is a limit of one, as in `blocking`.
#[test]
fn blocking_max_threads_zero() {
    in_child_with(&[("BLOCKING_MAX_THREADS", "0")], || {
        assert_at_once(1);
    });
}

/// A `BLOCKING_MAX_THREADS` that is no number is ignored, as in `blocking`. The default is large.
#[test]
fn blocking_max_threads_that_is_no_number() {
    in_child_with(&[("BLOCKING_MAX_THREADS", "many")], || {
        let barrier = Arc::new(Barrier::new(40));
        let meet = |_| {
            let barrier = Arc::clone(&barrier);
            Dual::blocking(move || barrier.wait().is_leader())
        };
        await_all((0..40).map(meet));
    });
}
