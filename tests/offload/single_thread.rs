//! `SingleThread`: a pool of one thread, which owns a value.

#![allow(
    clippy::redundant_async_block,
    reason = "handles are made in one place and resolved in another"
)]

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread::{self, ThreadId};

use futures::future::join_all;
use smartcall::offload::SingleThread;
use smartcall::{Dual, context};

use super::support::{here, this_thread};
use crate::common::{limit, panic_of};

/// The value need not be `Send`: it is made, used and dropped on one thread, by both callers.
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

/// Code for the thread that is resolved on that thread runs inline.
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

/// A second use of the value on its thread panics, and the thread goes on.
#[test]
fn value_in_use() {
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

/// A get on the thread panics, since the value may need that thread. `try_get` gives the handle
/// back.
#[test]
fn get_on_the_only_thread() {
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

/// A deref on the thread works where a `get` does, and panics with the same message.
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
