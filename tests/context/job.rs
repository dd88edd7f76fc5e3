//! `Host::offload`: the pool of a host, and the jobs that it gets.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::{panic, thread};

use smartcall::Dual;
use smartcall::context::{self, Place, current};
use smartcall::offload::Job;

use crate::common::{Helpful, WithPool, assert_contains, limit, message, panic_of};

/// The name of this thread.
fn name() -> Option<String> {
    thread::current().name().map(String::from)
}

/// `Host::offload` is called once a call, and its pool runs the job.
#[test]
fn host_offloads_each_call_once() {
    limit(|| {
        let jobs = Arc::new(AtomicUsize::new(0));
        let host = Arc::new(WithPool({
            let jobs = Arc::clone(&jobs);
            move |job: Job| {
                jobs.fetch_add(1, Ordering::Relaxed);
                let thread = thread::Builder::new().name("custom".into());
                thread.spawn(move || job.run()).expect("a thread");
                Ok(())
            }
        }));
        let custom = Some(String::from("custom"));

        for calls in 1..=3 {
            let part = context::hosted(&host, Dual::blocking(name));
            assert_eq!(pollster::block_on(part), custom);
            assert_eq!(jobs.load(Ordering::Relaxed), calls);
        }

        // Under a get through the host, sync parts that overlap go there, one alone does not.
        let both = async { futures::join!(Dual::blocking(name), Dual::blocking(name)) };
        let both = context::with_host(&host, || Dual::future(both).get());
        assert_eq!(both, (custom.clone(), custom));
        assert_eq!(jobs.load(Ordering::Relaxed), 5);
        let alone = async { Dual::blocking(name).await };
        assert_eq!(
            context::with_host(&host, || Dual::future(alone).get()),
            name()
        );
        assert_eq!(jobs.load(Ordering::Relaxed), 5);
    });
}

/// A job that the host refuses runs on the default pool. A panic in it arrives as well.
#[test]
fn host_that_refuses_jobs() {
    limit(|| {
        let refusals = Arc::new(AtomicUsize::new(0));
        let host = Arc::new(WithPool({
            let refusals = Arc::clone(&refusals);
            move |job| {
                refusals.fetch_add(1, Ordering::Relaxed);
                Err(job)
            }
        }));
        let here = thread::current().id();
        let part = Dual::blocking(|| (current(), thread::current().id()));
        let (place, thread) = pollster::block_on(context::hosted(&host, part));
        assert_eq!(place, Place::Outside);
        assert_ne!(thread, here);
        assert_eq!(refusals.load(Ordering::Relaxed), 1);

        let fails = context::hosted(&host, Dual::blocking(|| panic!("in the part")));
        assert_eq!(panic_of(|| pollster::block_on(fails)), "in the part");
        assert_eq!(refusals.load(Ordering::Relaxed), 2);
    });
}

/// A host without `offload` uses the default pool.
#[test]
fn host_without_a_pool() {
    limit(|| {
        let here = thread::current().id();
        let part = Dual::blocking(|| thread::current().id());
        assert_ne!(
            pollster::block_on(context::hosted(&Helpful::new(), part)),
            here
        );
    });
}

/// A caller whose job is dropped by its host panics.
#[test]
fn host_that_drops_the_job() {
    limit(|| {
        let ran = Arc::new(AtomicBool::new(false));
        let part = Dual::blocking({
            let ran = Arc::clone(&ran);
            move || ran.store(true, Ordering::Relaxed)
        });
        let host = Arc::new(WithPool(|job| {
            drop(job);
            Ok(())
        }));
        let said = panic_of(|| pollster::block_on(context::hosted(&host, part)));
        assert_contains(
            &said,
            "the pool refused this job, or dropped it before it ran",
        );
        assert!(!ran.load(Ordering::Relaxed));
        assert_eq!(
            Arc::strong_count(&ran),
            1,
            "the code is dropped with the job"
        );

        // The same when it is dropped later, while the caller waits.
        let host = Arc::new(WithPool(|job| {
            thread::spawn(move || drop(job));
            Ok(())
        }));
        let part = context::hosted(&host, Dual::blocking(|| 5));
        let said = panic_of(|| pollster::block_on(part));
        assert_contains(
            &said,
            "the pool refused this job, or dropped it before it ran",
        );
    });
}

/// A job is outside and has no host, even on the executor's own thread. Its panic goes to the
/// caller, and the place is restored.
#[test]
fn job_runs_outside() {
    limit(|| {
        let host = Arc::new(WithPool(|job: Job| {
            assert_eq!(current(), Place::Inside);
            job.run();
            assert_eq!(current(), Place::Inside);
            Ok(())
        }));
        let here = thread::current().id();
        let look = || {
            let (sender, dual) = message();
            thread::spawn(move || sender.send(7));
            (current(), thread::current().id(), dual.get())
        };
        let seen = pollster::block_on(context::hosted(&host, Dual::blocking(look)));
        assert_eq!(seen, (Place::Outside, here, 7));

        let fails = context::hosted(&host, Dual::blocking(|| panic!("in the job")));
        assert_eq!(panic_of(|| pollster::block_on(fails)), "in the job");
        assert_eq!(current(), Place::Outside);
    });
}

/// A get in a job does not ask the host that runs the job.
#[test]
fn get_in_a_job_asks_no_host() {
    limit(|| {
        let helpful = Helpful::new();
        let (jobs, received) = mpsc::channel();
        let host = Arc::new(WithPool(move |job| jobs.send(job).map_err(|lost| lost.0)));
        let runs = thread::spawn({
            let helpful = Arc::clone(&helpful);
            move || {
                let job: Job = received.recv().expect("a job");
                context::with_host(&helpful, || job.run());
            }
        });
        let (sender, dual) = message();
        thread::spawn(move || sender.send(7));
        let part = Dual::blocking(|| dual.get());
        assert_eq!(pollster::block_on(context::hosted(&host, part)), 7);
        runs.join().expect("no panic");
        assert_eq!(helpful.calls(), (0, Vec::new()));
    });
}
