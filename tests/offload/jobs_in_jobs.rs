//! Jobs of the pool that wait for other jobs.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Waker};
use std::time::Duration;
use std::{panic, thread};

use futures::channel::oneshot;
use futures::future::maybe_done;
use smartcall::{Dual, offload};

use super::support::{assert_at_once, await_all, limited, needs_the_pool, send_off, set_limit};
use crate::common::{in_child, in_child_with, names_of_threads, never, wait_until};

/// Jobs that each wait for another job, with `set_max_jobs(1)`. Afterwards the count is right.
#[test]
fn jobs_that_wait_for_jobs() {
    in_child(|| {
        set_limit(1);
        let job = || Dual::blocking(|| Dual::future(needs_the_pool()).get());
        assert_eq!(await_all((0..200).map(|_| job())), [2; 200]);
        assert_at_once(1);
        set_limit(3);
        assert_at_once(3);
        assert_eq!(await_all((0..50).map(|_| job())), [2; 50]);
        assert_at_once(3);
    });
}

/// The only thread of the pool waits for a job that another thread sends.
#[test]
fn job_from_elsewhere_that_a_job_waits_for() {
    in_child_with(&[("BLOCKING_MAX_THREADS", "1")], || {
        let (send, receive) = futures::channel::oneshot::channel();
        let (begin, begun) = mpsc::channel();
        let mut waits = Box::pin(Dual::blocking(move || {
            begin.send(()).expect("somebody listens");
            Dual::future(receive).get()
        }));
        assert!(
            pin!(&mut waits)
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        begun.recv().expect("it begins");
        // It parks soon, if it has not yet, and then there is room for another job.
        thread::sleep(Duration::from_millis(50));
        pollster::block_on(Dual::blocking(move || send.send(5))).expect("it is waited for");
        assert_eq!(pollster::block_on(waits), Ok(5));
    });
}

/// A job may get under an executor's `block_on`: the pool's thread may block. It gives its place back once, though the
/// get passes the host of the `block_on` and that of the pool.
#[cfg(feature = "executor")]
#[test]
fn get_under_a_block_on_in_a_job() {
    in_child(|| {
        for _ in 0..200 {
            let job = Dual::blocking(|| {
                let ex = smartcall::Executor::builder().threads(1).build();
                ex.block_on(async { Dual::future(needs_the_pool()).get() })
            });
            assert_eq!(pollster::block_on(job), 2);
        }
        // With a place that was given back twice the count of running jobs would have gone below zero.
        set_limit(1);
        assert_at_once(1);
    });
}

/// The jobs on all threads of the pool wait for one more job.
#[cfg(target_os = "linux")]
#[test]
fn jobs_that_wait_on_all_threads() {
    in_child_with(&[("BLOCKING_MAX_THREADS", "4")], || {
        for _ in 0..20 {
            let barrier = Arc::new(Barrier::new(4));
            let jobs = (0..4).map(|_| {
                let barrier = Arc::clone(&barrier);
                let job = move || {
                    barrier.wait();
                    let got = Dual::future(needs_the_pool()).get();
                    (got, names_of_threads("blocking-"))
                };
                Dual::blocking(job)
            });
            for (got, threads) in await_all(jobs) {
                assert_eq!(got, 2);
                assert!(threads <= 4, "{threads} threads");
            }
        }
        assert_at_once(4);
        assert!(names_of_threads("blocking-") <= 4);
    });
}

/// A job is sent while the only thread of the pool is parked.
#[test]
fn job_sent_while_all_are_parked() {
    in_child_with(&[("BLOCKING_MAX_THREADS", "1")], || {
        let (sender, receiver) = futures::channel::oneshot::channel();
        let (begins, begun) = mpsc::channel();
        let mut parked = Box::pin(Dual::blocking(move || {
            begins.send(()).expect("somebody waits");
            Dual::future(receiver).get()
        }));
        send_off(&mut parked);
        begun.recv().expect("it begins");
        // Whether it is parked by now or not, this one gets a thread when it is.
        let wakes = Dual::blocking(move || sender.send(5));
        assert_eq!(await_all([wakes]), [Ok(())]);
        assert_eq!(pollster::block_on(parked), Ok(5));
        assert_at_once(1);
    });
}

/// The jobs on all threads of `blocking` run sync code when another one is sent, and then wait for that one.
#[test]
fn jobs_that_wait_for_one_that_was_sent_before() {
    in_child_with(&[("BLOCKING_MAX_THREADS", "2")], || {
        let (begins, begun) = mpsc::channel();
        let (tells, receives): (Vec<_>, Vec<_>) = (0..2).map(|_| mpsc::channel::<()>()).unzip();
        let (sends, values): (Vec<_>, Vec<_>) =
            (0..2).map(|_| futures::channel::oneshot::channel()).unzip();
        let mut waiting: Vec<_> = receives
            .into_iter()
            .zip(values)
            .map(|(told, value)| {
                let begins = begins.clone();
                Box::pin(Dual::blocking(move || {
                    begins.send(()).expect("somebody waits");
                    told.recv().expect("it is told");
                    Dual::future(value).get()
                }))
            })
            .collect();
        waiting.iter_mut().for_each(send_off);
        (0..2).for_each(|_| begun.recv().expect("it begins"));
        let give = Dual::blocking(move || {
            sends
                .into_iter()
                .for_each(|send| send.send(5).expect("it is waited for"));
        });
        // It may have run when its first poll ends.
        let mut give = Box::pin(maybe_done(give.on(&limited(1))));
        let _ = give.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        for tell in tells {
            tell.send(()).expect("it waits");
        }
        assert_eq!(await_all(waiting), [Ok(5), Ok(5)]);
        pollster::block_on(give);
    });
}

/// Jobs of ours come without a pause, and keep their thread. Others get it now and then.
#[test]
fn others_get_a_thread_among_jobs() {
    in_child_with(&[("BLOCKING_MAX_THREADS", "1")], || {
        let (begins, begun) = mpsc::channel();
        let jobs = async {
            Dual::blocking(|| ()).await;
            let other = blocking::unblock(move || begins.send(()));
            while begun.try_recv().is_err() {
                Dual::blocking(|| ()).await;
            }
            other.await
        };
        assert_eq!(pollster::block_on(jobs), Ok(()));
    });
}

/// Others hold all threads of `blocking`, until a job of ours has run.
#[test]
fn others_on_all_threads_wait_for_a_job() {
    in_child_with(&[("BLOCKING_MAX_THREADS", "2")], || {
        for _ in 0..3 {
            let (begins, begun) = mpsc::channel();
            let (tells, receives): (Vec<_>, Vec<_>) = (0..2).map(|_| mpsc::channel()).unzip();
            let others: Vec<_> = receives
                .into_iter()
                .map(|told| {
                    let begins = begins.clone();
                    blocking::unblock(move || {
                        begins.send(()).expect("somebody waits");
                        told.recv()
                    })
                })
                .collect();
            (0..2).for_each(|_| begun.recv().expect("it begins"));
            let give = Dual::blocking(move || tells.iter().all(|tell| tell.send(5).is_ok()));
            assert!(pollster::block_on(give));
            assert_eq!(await_all(others), [Ok(5), Ok(5)]);
            assert_at_once(2);
        }
        #[cfg(target_os = "linux")]
        wait_until(|| names_of_threads("smartcall-spare") == 0);
    });
}

/// A program has lowered the limit of `blocking` below that of its jobs, which meet.
#[test]
fn jobs_that_meet_beyond_the_limit_of_blocking() {
    in_child(|| {
        blocking::set_max_blocking_threads(1.try_into().expect("it is not zero"));
        let barrier = Arc::new(Barrier::new(20));
        let meet = || {
            let barrier = Arc::clone(&barrier);
            Dual::blocking(move || barrier.wait().is_leader())
        };
        let leaders = await_all((0..20).map(|_| meet()));
        assert_eq!(leaders.into_iter().filter(|&leads| leads).count(), 1);
    });
}

/// Chains of jobs, each of which waits for one that waits for the next.
#[test]
fn chains_of_jobs() {
    in_child(|| {
        fn chain(level: u32) -> Dual<u32> {
            let job = move || {
                let below = async move {
                    let level = level.checked_sub(1)?;
                    // Beside another part it is a job of its own.
                    let (one, two) = futures::join!(chain(level), Dual::blocking(|| 1));
                    Some(one + two)
                };
                Dual::future(below).get().unwrap_or(0)
            };
            Dual::blocking(job).boxed()
        }
        set_limit(2);
        assert_eq!(await_all((0..10).map(|_| chain(20))), [20; 10]);
        assert_at_once(2);
    });
}

/// A job whose get panics after it parked holds one place, and gives one place back.
#[test]
fn job_whose_get_panics() {
    in_child(|| {
        set_limit(1);
        let job = || {
            let panics = || {
                let panics = async {
                    needs_the_pool().await;
                    panic!("after the park")
                };
                Dual::<u32, _>::future(panics).get()
            };
            Dual::blocking(move || panic::catch_unwind(panics).is_err())
        };
        assert_eq!(await_all((0..20).map(|_| job())), [true; 20]);
        assert_at_once(1);
    });
}

/// Waits whose handles were dropped may last for ever. They give their places back, but not without end.
#[cfg(target_os = "linux")]
#[test]
fn waits_that_were_given_up_are_bounded() {
    const LIMIT: usize = 8;
    in_child(|| {
        set_limit(LIMIT);
        let begun = Arc::new(AtomicUsize::new(0));
        for n in 1..=1_500 {
            let begins = Arc::clone(&begun);
            let (dropped, is_dropped) = mpsc::channel::<()>();
            let mut job = Box::pin(Dual::blocking(move || {
                begins.fetch_add(1, Ordering::SeqCst);
                // It waits until the handle is dropped, and then for ever.
                let _ = is_dropped.recv();
                offload::shield(|| Dual::future(never()).get());
            }));
            send_off(&mut job);
            wait_until(|| begun.load(Ordering::SeqCst) == n.min(2 * LIMIT));
            drop(job);
            drop(dropped);
        }
        assert_eq!(begun.load(Ordering::SeqCst), 2 * LIMIT);
        let threads = names_of_threads("blocking-") + names_of_threads("smartcall-spare");
        assert!(threads <= 3 * LIMIT, "{threads} threads");
        // They don't keep others from running that wait for nothing of theirs.
        set_limit(2 * LIMIT);
        assert_eq!(pollster::block_on(needs_the_pool()), 2);
    });
}

/// What such waits wait for may need a place as well. It gets one, though the waits have all places.
#[test]
fn waits_that_were_given_up_and_need_the_pool() {
    in_child(|| {
        set_limit(1);
        let (done, ends) = mpsc::channel();
        let dropped: Vec<_> = (0..2)
            .map(|_| {
                let (begun, begins) = mpsc::channel();
                let (dropped, is_dropped) = oneshot::channel::<()>();
                let done = done.clone();
                let mut job = Box::pin(Dual::blocking(move || {
                    begun.send(()).expect("it is awaited");
                    let waits = Dual::future(async move {
                        let _ = is_dropped.await;
                        needs_the_pool().await
                    });
                    done.send(waits.get()).expect("it is awaited");
                }));
                send_off(&mut job);
                begins.recv().expect("it begins");
                drop(job);
                dropped
            })
            .collect();
        drop(dropped);
        assert_eq!([ends.recv(), ends.recv()], [Ok(2), Ok(2)]);
        assert_at_once(1);
    });
}

/// A job gives its place back while it waits in an executor's `block_on`.
#[cfg(feature = "executor")]
#[test]
fn jobs_that_block_on_an_executor() {
    use smartcall::{Executor, LocalExecutor};

    in_child(|| {
        set_limit(1);
        let ex = Arc::new(Executor::builder().threads(1).build());
        let jobs = (0..40).map(|i| {
            let ex = Arc::clone(&ex);
            let job = move || match i % 2 {
                0 => ex.block_on(ex.spawn(needs_the_pool())),
                _ => LocalExecutor::new().block_on(needs_the_pool()),
            };
            Dual::blocking(job)
        });
        assert_eq!(await_all(jobs), [2; 40]);
        assert_at_once(1);
    });
}
