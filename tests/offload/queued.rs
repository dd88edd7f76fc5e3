//! Blocking code that is given up before it begins: what it captured is dropped with the handle.

use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, ThreadId};

use smartcall::Dual;
use smartcall::context;
use smartcall::offload::{Job, Limited, Pool, SingleThread, join_on_drop};

use super::support::{limited, set_limit, this_thread};
use crate::common::{WithPool, in_child, limit, poll, polled};

/// A value that tells which thread drops it.
struct TellsThread(mpsc::Sender<ThreadId>);

impl Drop for TellsThread {
    fn drop(&mut self) {
        let _ = self.0.send(thread::current().id());
    }
}

/// Occupies a pool of one thread, and shows that what later code captured is dropped with its handle, there and then.
///
/// `bind` binds a handle to the pool.
fn assert_dropped_with_the_handle(bind: impl Fn(Dual<bool>) -> Dual<bool>) {
    let (begun, begins) = mpsc::channel();
    let (go, goes) = mpsc::channel::<()>();
    let first = polled(bind(
        Dual::blocking(move || {
            begun.send(()).expect("it waits");
            goes.recv().is_err()
        })
        .boxed(),
    ));
    begins.recv().expect("it begins");
    assert_no_queued_code_is_kept(&bind);
    // The place of the code that never begins is free.
    let next = polled(bind(Dual::blocking(|| true).boxed()));
    drop(go);
    assert!(pollster::block_on(first));
    assert!(pollster::block_on(next));
}

/// The same, for a pool that begins no code now.
#[track_caller]
fn assert_no_queued_code_is_kept(bind: &impl Fn(Dual<bool>) -> Dual<bool>) {
    for joined in [false, true] {
        // Little and much that is captured, and a lot that is returned, are kept in different ways.
        let (tells, told) = mpsc::channel();
        let (small, large, output) = (
            TellsThread(tells.clone()),
            (TellsThread(tells.clone()), [0_u8; 1000]),
            TellsThread(tells),
        );
        let codes = [
            Dual::blocking(move || Some(small).is_some()).boxed(),
            Dual::blocking(move || Some(large).is_some()).boxed(),
            Dual::blocking(move || (output, [0_u8; 1000]))
                .map(|_| true)
                .boxed(),
        ];
        for code in codes {
            let code = bind(code);
            let code = if joined {
                join_on_drop(code).boxed()
            } else {
                code
            };
            drop(polled(code));
            assert_eq!(told.try_recv(), Ok(this_thread()));
        }
        assert!(told.recv().is_err(), "each is dropped once");
    }
}

#[test]
fn default_pool() {
    in_child(|| {
        set_limit(1);
        assert_dropped_with_the_handle(|code| code);
    });
}

#[test]
fn pools_of_one() {
    limit(|| {
        let pool = limited(1);
        assert_dropped_with_the_handle(|code| code.on(&pool).boxed());
        let pool = SingleThread::new(|| ());
        assert_dropped_with_the_handle(|code| code.on(&pool).boxed());
    });
}

#[test]
#[cfg(feature = "rayon")]
fn pool_of_rayon() {
    limit(|| {
        let pool = rayon_core::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = Arc::new(pool.expect("it starts"));
        assert_dropped_with_the_handle(|code| code.on(&pool).boxed());
    });
}

#[test]
#[cfg(feature = "tokio")]
fn pool_of_tokio() {
    limit(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(1)
            .build()
            .expect("it starts");
        let handle = runtime.handle().clone();
        assert_dropped_with_the_handle(|code| code.on(&handle).boxed());
    });
}

/// A pool that keeps its jobs.
#[derive(Default)]
struct Keeps(Mutex<Vec<Job>>);

impl Pool for Keeps {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.0.lock().expect("not poisoned").push(job);
        Ok(())
    }
}

/// A pool and a host of the program. The jobs that they keep are empty, and do nothing when they are run.
#[test]
fn pools_of_the_program() {
    limit(|| {
        let pool = Arc::new(Keeps::default());
        assert_no_queued_code_is_kept(&|code: Dual<bool>| code.on(&pool).boxed());
        let kept = Arc::clone(&pool);
        let host = Arc::new(WithPool(move |job| kept.offload(job)));
        assert_no_queued_code_is_kept(&|code: Dual<bool>| {
            Dual::future(context::hosted(&host, code)).boxed()
        });
        let jobs = std::mem::take(&mut *pool.0.lock().expect("not poisoned"));
        assert_eq!(jobs.len(), 12);
        jobs.into_iter().for_each(Job::run);
    });
}

/// The drop of the handle runs destructors outside of all locks: they may use the same pool.
#[test]
fn destructor_that_uses_the_pool() {
    struct Uses(Limited, mpsc::Sender<bool>);

    impl Drop for Uses {
        fn drop(&mut self) {
            let mut waits = Box::pin(Dual::blocking(|| ()).on(&self.0));
            let _ = self.1.send(poll(&mut waits).is_pending());
        }
    }

    limit(|| {
        let pool = limited(1);
        let (go, goes) = mpsc::channel::<()>();
        let first = polled(Dual::blocking(move || goes.recv().is_err()).on(&pool));
        let (used, uses) = mpsc::channel();
        let captured = Uses(pool.clone(), used);
        drop(polled(Dual::blocking(move || drop(captured)).on(&pool)));
        assert_eq!(uses.try_recv(), Ok(true));
        drop(go);
        assert!(pollster::block_on(first));
    });
}
