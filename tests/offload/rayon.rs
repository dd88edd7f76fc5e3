//! A pool of rayon.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use smartcall::{Dual, offload};

use super::support::{CALLERS, here, needs_the_pool, send_off, this_thread};
use crate::common::limit;

/// `Dual::on` a pool of rayon: its threads run the code.
#[test]
fn on_a_rayon_pool() {
    limit(|| {
        for resolve in CALLERS {
            assert_ne!(resolve(here().on(&offload::Rayon).boxed()), this_thread());
        }
        let pool = pool_of(1);
        // Jobs that wait for jobs of the same pool, of one thread.
        let inner = Arc::clone(&pool);
        let job = Dual::blocking(move || (this_thread(), here().on(&inner).get()));
        let (outer, inner) = job.on(&pool).get();
        assert_eq!(outer, inner);
        // Any other get blocks, as in any closure of rayon.
        let job = Dual::blocking(|| Dual::future(needs_the_pool()).get());
        assert_eq!(job.on(&pool).get(), 2);
    });
}

fn pool_of(threads: usize) -> Arc<rayon_core::ThreadPool> {
    let pool = rayon_core::ThreadPoolBuilder::new().num_threads(threads);
    Arc::new(pool.build().expect("it starts"))
}

/// A job that runs other closures on top of itself until it is told to stop. It has begun.
fn job_that_yields(
    bind: impl FnOnce(Dual<()>) -> Dual<()>,
) -> (Pin<Box<Dual<()>>>, Arc<AtomicBool>) {
    let (begins, begun) = mpsc::channel();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let job = Dual::blocking(move || {
        begins.send(()).expect("somebody waits");
        while !stopped.load(Ordering::Relaxed) {
            rayon_core::yield_now();
        }
    });
    let mut job = Box::pin(bind(job.boxed()));
    send_off(&mut job);
    begun.recv().expect("it begins");
    (job, stop)
}

/// All gets in closures that rayon spreads over its threads go through, wherever they are stolen.
#[test]
fn gets_in_stolen_closures() {
    limit(|| {
        let pool = pool_of(2);
        for _ in 0..20 {
            let job = Dual::blocking(|| {
                let done = AtomicUsize::new(0);
                rayon_core::scope(|scope| {
                    for _ in 0..64 {
                        scope.spawn(|_| {
                            let got = Dual::future(async { 1 }).try_get();
                            done.fetch_add(got.expect("it may block"), Ordering::Relaxed);
                        });
                    }
                });
                done.into_inner()
            });
            assert_eq!(pollster::block_on(job.on(&pool)), 64);
        }
    });
}

/// A closure of others that runs on top of a job is not told that the job was cancelled.
#[test]
fn closure_on_top_of_a_cancelled_job() {
    limit(|| {
        let pool = pool_of(1);
        let (job, stop) = job_that_yields(|job| job.on(&pool).boxed());
        drop(job);
        let (tells, told) = mpsc::channel();
        pool.spawn(move || {
            let cancelled = offload::is_cancelled();
            let token = offload::CancellationToken::current();
            let got = Dual::future(needs_the_pool()).try_get().ok();
            tells
                .send((cancelled, token.is_cancelled(), got))
                .expect("somebody waits");
        });
        assert_eq!(told.recv(), Ok((false, false, Some(2))));
        stop.store(true, Ordering::Relaxed);
    });
}

/// A closure of others that runs on top of a job that is joined on drop: the closure's blocking code is not joined.
#[test]
fn closure_on_top_of_a_joined_job() {
    limit(|| {
        let pool = pool_of(1);
        let (job, stop) = job_that_yields(|job| offload::join_on_drop(job).on(&pool).boxed());
        let (tells, told) = mpsc::channel();
        pool.spawn(move || {
            let (begins, begun) = mpsc::channel();
            let (sender, receiver) = mpsc::channel::<()>();
            let mut code = Box::pin(Dual::blocking(move || {
                begins.send(()).expect("somebody waits");
                receiver.recv().is_err()
            }));
            send_off(&mut code);
            begun.recv().expect("it begins");
            // A drop that joins would wait for as long as the sender lives.
            drop(code);
            drop(sender);
            tells.send(()).expect("somebody waits");
        });
        told.recv().expect("it was not joined");
        stop.store(true, Ordering::Relaxed);
        pollster::block_on(job);
    });
}
