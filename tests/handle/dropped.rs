//! Handles that are dropped before their body begins, and while it runs.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::{panic, thread};

use smartcall::Dual;
use smartcall::context::{self, Host};
use smartcall::offload::{self, Job};

use crate::common::{Counted, Steps, in_child, limit, one_thread, poll};

/// A handle that is dropped unused never runs, and drops what it holds.
#[test]
fn dropped_unused() {
    let (counted, drops) = Counted::new();
    drop(Dual::future(async move {
        let _counted = counted;
        panic!("it never runs");
    }));
    drops.wait_for_one();

    let (counted, drops) = Counted::new();
    let never = move || -> Counted {
        let _counted = &counted;
        panic!("it never runs");
    };
    drop(Dual::blocking(never).boxed());
    drops.wait_for_one();

    let (counted, drops) = Counted::new();
    let never = |_: &Counted| -> u32 { panic!("it never runs") };
    drop(Dual::pair(
        counted,
        move |counted| never(&counted),
        async move |counted| never(&counted),
    ));
    drops.wait_for_one();

    let (counted, drops) = Counted::new();
    drop(Dual::ready(counted));
    drops.wait_for_one();
}

/// A sync part that has only asked for its turn, under a get, never runs either.
#[test]
fn dropped_after_it_asked() {
    limit(|| {
        let (counted, drops) = Counted::new();
        Dual::future(async {
            let mut part = pin!(Dual::blocking(move || -> u32 {
                let _counted = &counted;
                panic!("it never runs");
            }));
            assert!(futures::poll!(&mut part).is_pending());
        })
        .get();
        drops.wait_for_one();
    });
}

/// A task that is dropped before its first poll never runs.
#[test]
fn task_dropped_before_it_started() {
    limit(|| {
        let ex = one_thread();
        let (body, begun, tell) = Steps::new();
        let busy = ex.spawn(async { body.run() });
        begun.recv().expect("it begins");
        let (counted, drops) = Counted::new();
        let task = ex.spawn(async move {
            let _counted = counted;
            panic!("it never runs");
        });
        assert!(!task.is_finished());
        drop(task);
        assert_eq!(drops.count(), 0, "the executor drops it");
        tell.send(()).expect("it waits");
        Dual::future(busy).get();
        drops.wait_for_one();
    });
}

/// A job that is dropped while it is queued never runs.
#[test]
fn job_dropped_in_the_queue() {
    in_child(|| {
        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        let (body, begun, tell) = Steps::new();
        let mut first = Box::pin(Dual::blocking(|| body.run()));
        assert!(poll(&mut first).is_pending());
        begun.recv().expect("it begins");

        let (counted, drops) = Counted::new();
        let mut queued = Box::pin(Dual::blocking(move || -> u32 {
            let _counted = &counted;
            panic!("it never runs");
        }));
        assert!(poll(&mut queued).is_pending());
        drop(queued);
        tell.send(()).expect("it waits");
        pollster::block_on(first);
        drops.wait_for_one();
    });
}

/// A job that is dropped while it runs ends, and its value is dropped once; nothing waits
/// for that.
#[test]
fn job_dropped_while_it_runs() {
    limit(|| {
        let (body, begun, tell) = Steps::new();
        let (captured, captured_drops) = Counted::new();
        let (value, drops) = Counted::new();
        let mut part = Box::pin(Dual::blocking(move || {
            let _captured = captured;
            body.run();
            value
        }));
        assert!(poll(&mut part).is_pending());
        begun.recv().expect("it begins");
        drop(part);
        // Had the drop waited, we would not be here to tell it.
        assert_eq!((captured_drops.count(), drops.count()), (0, 0));
        tell.send(()).expect("it is still at it");
        captured_drops.wait_for_one();
        drops.wait_for_one();
    });
}

/// The same for jobs that had to queue, and for those of a host's pool.
#[test]
fn handed_over_job_dropped_while_it_runs() {
    struct ThreadEach;

    impl Host for ThreadEach {
        fn can_block(&self) -> bool {
            false
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            block();
        }

        fn offload(&self, job: Job) -> Result<(), Job> {
            thread::spawn(move || job.run());
            Ok(())
        }
    }

    fn check(first_poll: impl FnOnce(&mut (dyn Future<Output = Counted> + Unpin))) {
        let (body, begun, tell) = Steps::new();
        let (value, drops) = Counted::new();
        let mut part = Box::pin(Dual::blocking(move || {
            body.run();
            value
        }));
        first_poll(&mut part);
        begun.recv().expect("it begins");
        drop(part);
        assert_eq!(drops.count(), 0);
        tell.send(()).expect("it is still at it");
        drops.wait_for_one();
    }

    in_child(|| {
        let host = Arc::new(ThreadEach);
        check(|part| context::with_host(&host, || assert!(poll(part).is_pending())));

        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        let (body, begun, tell) = Steps::new();
        let mut first = Box::pin(Dual::blocking(|| body.run()));
        assert!(poll(&mut first).is_pending());
        begun.recv().expect("it begins");
        check(|part| {
            assert!(poll(part).is_pending());
            tell.send(()).expect("it waits");
            pollster::block_on(first);
        });
    });
}

/// A part that panics after its handle was dropped disturbs nothing else.
#[test]
fn job_that_panics_after_it_was_dropped() {
    limit(|| {
        let (body, begun, tell) = Steps::new();
        let (counted, drops) = Counted::new();
        let mut part = Box::pin(Dual::blocking(move || -> u32 {
            let _counted = counted;
            body.run();
            panic!("no caller hears it");
        }));
        assert!(poll(&mut part).is_pending());
        begun.recv().expect("it begins");
        drop(part);
        tell.send(()).expect("it is still at it");
        drops.wait_for_one();
        assert_eq!(pollster::block_on(Dual::blocking(|| 5)), 5);
    });
}
