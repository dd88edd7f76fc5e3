//! What follows work to other threads, by hooks that the program registers.
//!
//! Hooks are the process's. Those of `install` concern two thread-locals of this file, and may be
//! there in all tests; a test with hooks of its own is a child.

use std::cell::Cell;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, Once, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;

use futures::future::join_all;
use smartcall::context::{self, Carry, Host};
use smartcall::offload::{self, Job};
use smartcall::{Dual, DualOf, Work};

use crate::common::{in_child, limit};

// Helpers ------------------------------------------------------------------------------

thread_local! {
    /// Which request this thread works for. It follows.
    static REQUEST: Cell<u32> = const { Cell::new(0) };

    /// What was spent on this thread. It comes back.
    static SPENT: Cell<u32> = const { Cell::new(0) };
}

/// What was spent elsewhere.
struct Spent(u32);

impl Carry for Spent {
    fn run(&mut self, body: &mut dyn FnMut()) {
        let previous = SPENT.replace(0);
        body();
        self.0 += SPENT.replace(previous);
    }

    fn bring_back(&mut self) {
        SPENT.set(SPENT.get() + self.0);
    }
}

/// Registers the hooks of both thread-locals.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        context::carry(|| {
            let request = REQUEST.get();
            move |body: &mut dyn FnMut()| {
                let previous = REQUEST.replace(request);
                body();
                REQUEST.set(previous);
            }
        });
        context::carry(|| Spent(0));
    });
}

/// Blocking code that tells its request, and whether it was called on the thread that made it.
fn request() -> DualOf<impl Work<Output = (u32, bool)> + Send> {
    let made = thread::current().id();
    Dual::blocking(move || (REQUEST.get(), thread::current().id() == made))
}

/// A future that has a request while it is polled, as those of a tracing library have.
struct For<F> {
    request: u32,
    spent: u32,
    future: Pin<Box<F>>,
}

fn work_for<F: Future>(request: u32, future: F) -> For<F> {
    For {
        request,
        spent: 0,
        future: Box::pin(future),
    }
}

impl<F: Future> Future for For<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let request = REQUEST.replace(self.request);
        let spent = SPENT.replace(self.spent);
        let poll = self.future.as_mut().poll(cx);
        self.spent = SPENT.replace(spent);
        REQUEST.set(request);
        poll
    }
}

/// A host with a pool of one thread of its own.
struct OwnPool(Mutex<mpsc::Sender<Errand>>);

/// What the thread of an `OwnPool` is sent.
enum Errand {
    Job(Job),
    /// A look at the thread, with nothing of this crate around it.
    Look(Box<dyn FnOnce() + Send>),
}

impl OwnPool {
    fn new() -> Self {
        let (errands, queue) = mpsc::channel();
        thread::spawn(move || {
            queue.into_iter().for_each(|errand| match errand {
                Errand::Job(job) => job.run(),
                Errand::Look(look) => look(),
            });
        });
        OwnPool(Mutex::new(errands))
    }

    fn send(&self, errand: Errand) -> Result<(), Errand> {
        let errands = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        errands.send(errand).map_err(|refused| refused.0)
    }
}

impl Host for OwnPool {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        self.send(Errand::Job(job))
            .map_err(|refused| match refused {
                Errand::Job(job) => job,
                Errand::Look(_) => unreachable!("it was a job"),
            })
    }
}

// In -----------------------------------------------------------------------------------

/// To the pool, from a foreign executor, from ours, and from a driven future with company.
#[test]
fn to_the_pool() {
    limit(|| {
        install();
        let there = pollster::block_on(work_for(7, request()));
        assert_eq!(there, (7, false));
        let both = join_all([1, 2].map(|n| work_for(n, request())));
        assert_eq!(Dual::future(both).get(), [(1, false), (2, false)]);
        // From one thread of the pool to another.
        let nested = Dual::blocking(|| pollster::block_on(request()).0);
        let nested = work_for(8, nested);
        assert_eq!(pollster::block_on(nested), 8);
        assert_eq!(REQUEST.get(), 0);
    });
}

/// From a task of the shim.
#[cfg(feature = "executor")]
#[test]
fn from_a_task() {
    limit(|| {
        install();
        let ex = smartcall::Executor::builder().threads(1).build();
        let task = ex.spawn(work_for(7, request()));
        assert_eq!(ex.block_on(task).0, 7);
        let local = smartcall::LocalExecutor::new();
        let task = local.spawn(work_for(8, request()));
        assert_eq!(local.block_on(task).0, 8);
    });
}

/// To tokio's pool.
#[cfg(feature = "tokio")]
#[test]
fn to_the_pool_of_tokio() {
    limit(|| {
        install();
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        let there = runtime.block_on(work_for(7, request()));
        assert_eq!(there, (7, false));
    });
}

/// To the pool of a host, of which every thread is as before.
#[test]
fn to_the_pool_of_a_host() {
    limit(|| {
        install();
        let host = Arc::new(OwnPool::new());
        for request in [7, 8] {
            let leaves_another = Dual::blocking(|| REQUEST.replace(9));
            let there = work_for(request, context::hosted(&host, leaves_another));
            assert_eq!(pollster::block_on(there), request);
        }
    });
}

/// A job that waits for its turn has what its caller had, not what was there as it started.
#[test]
fn queued() {
    in_child(|| {
        install();
        offload::set_max_jobs(1.try_into().expect("it is not zero"));
        let (go, gate) = mpsc::channel::<()>();
        let first = Dual::blocking(move || gate.recv().is_ok());
        let mut first = pin!(work_for(1, first));
        let mut second = pin!(work_for(2, request()));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut cx).is_pending());
        assert!(second.as_mut().poll(&mut cx).is_pending());
        go.send(()).expect("the first one waits");
        assert!(pollster::block_on(first));
        assert_eq!(pollster::block_on(second), (2, false));
    });
}

/// What is there when the handle is resolved follows, not what was when it was made.
#[test]
fn taken_as_it_leaves() {
    limit(|| {
        install();
        REQUEST.set(1);
        let dual = request();
        REQUEST.set(2);
        assert_eq!(pollster::block_on(dual), (2, false));
        REQUEST.set(0);
    });
}

/// A thread of a pool is as before, after a panic as well, which arrives as it was made.
#[test]
fn put_back_after_a_panic() {
    limit(|| {
        install();
        let host = Arc::new(OwnPool::new());
        let fails = work_for(
            7,
            context::hosted(&host, Dual::blocking(|| panic!("{}", 5))),
        );
        let caught = panic::catch_unwind(AssertUnwindSafe(|| pollster::block_on(fails)));
        let payload = caught.expect_err("it panics");
        assert_eq!(
            payload.downcast_ref::<String>().map(String::as_str),
            Some("5")
        );
        // The same thread, as it is between jobs.
        let (tell, told) = mpsc::channel();
        let look = Box::new(move || tell.send(REQUEST.get()).expect("it is waited for"));
        host.send(Errand::Look(look)).ok().expect("the thread runs");
        assert_eq!(told.recv(), Ok(0));
    });
}

/// What runs on its caller's thread asks no hook.
#[test]
fn nothing_is_taken_here() {
    in_child(|| {
        static TAKEN: Mutex<u32> = Mutex::new(0);
        context::carry(|| {
            *TAKEN.lock().expect("not poisoned") += 1;
            |body: &mut dyn FnMut()| body()
        });
        let taken = || *TAKEN.lock().expect("not poisoned");
        assert_eq!(Dual::blocking(|| 5).get(), 5);
        assert_eq!(Dual::future(async { Dual::blocking(|| 5).await }).get(), 5);
        assert_eq!(pollster::block_on(Dual::in_place(|| 5)), 5);
        assert_eq!(pollster::block_on(Dual::future(async { 5 })), 5);
        drop(Dual::blocking(|| 5));
        assert_eq!(taken(), 0);
        assert_eq!(pollster::block_on(Dual::blocking(|| 5)), 5);
        assert_eq!(taken(), 1);
    });
}

/// Hooks nest in the order in which they were registered.
#[test]
fn nested_in_order() {
    in_child(|| {
        static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
        fn log(what: &str, name: &str) {
            let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
            log.push(format!("{what} {name}"));
        }
        for name in ["a", "b", "c"] {
            context::carry(move || {
                log("take", name);
                move |body: &mut dyn FnMut()| {
                    log("enter", name);
                    body();
                    log("leave", name);
                }
            });
        }
        pollster::block_on(Dual::blocking(|| log("run", "it")));
        let log = LOG.lock().expect("not poisoned").join(", ");
        assert_eq!(
            log,
            "take a, take b, take c, enter a, enter b, enter c, run it, leave c, leave b, leave a"
        );
    });
}

/// Hooks that are registered at the same time, on many threads, are all there.
#[test]
fn registered_at_the_same_time() {
    in_child(|| {
        static RUNS: Mutex<u32> = Mutex::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    context::carry(|| {
                        |body: &mut dyn FnMut()| {
                            *RUNS.lock().expect("not poisoned") += 1;
                            body();
                        }
                    });
                });
            }
        });
        pollster::block_on(Dual::blocking(|| ()));
        assert_eq!(*RUNS.lock().expect("not poisoned"), 8);
    });
}

/// A hook may use handles, and register another hook: no lock is held.
#[test]
fn a_hook_that_registers_a_hook() {
    in_child(|| {
        static ONCE: Once = Once::new();
        context::carry(|| {
            ONCE.call_once(|| context::carry(|| |body: &mut dyn FnMut()| body()));
            assert_eq!(Dual::blocking(|| 5).get(), 5);
            |body: &mut dyn FnMut()| body()
        });
        assert_eq!(pollster::block_on(Dual::blocking(|| 5)), 5);
    });
}

/// A hook that does not call the body is told so, as is who awaits.
#[test]
fn a_hook_that_does_not_call() {
    in_child(|| {
        context::carry(|| |_: &mut dyn FnMut()| ());
        let awaits = || pollster::block_on(Dual::blocking(|| 5));
        let payload = panic::catch_unwind(awaits).expect_err("it panics");
        let said = payload.downcast_ref::<String>().map_or("", |said| said);
        assert!(said.contains("must call the body"), "{said}");
    });
}

/// 500 handles at once do not mix, across several hops each.
async fn many() {
    let one = |n| {
        let work = async move {
            for _ in 0..3 {
                let body = || {
                    SPENT.set(SPENT.get() + REQUEST.get());
                    REQUEST.get()
                };
                assert_eq!(Dual::blocking(body).await, n);
            }
            SPENT.get()
        };
        work_for(n, work)
    };
    for (n, spent) in (1..).zip(join_all((1..=500).map(one)).await) {
        assert_eq!(spent, 3 * n, "in and out again, of request {n}");
    }
}

/// In one future.
#[test]
fn many_in_one_future() {
    limit(|| {
        install();
        pollster::block_on(many());
        Dual::future(many()).get();
        assert_eq!((REQUEST.get(), SPENT.get()), (0, 0));
    });
}

/// In tasks of a few threads.
#[cfg(feature = "executor")]
#[test]
fn many_in_tasks() {
    limit(|| {
        install();
        let ex = smartcall::Executor::builder().threads(2).build();
        let tasks = (0..500).map(|n| {
            let work = async move {
                let (here, there) = (REQUEST.get(), request().await.0);
                // By a spare, or not: it is the same task.
                (here, there, Dual::future(async { request().await.0 }).get())
            };
            ex.spawn(work_for(n, work))
        });
        let all = ex.block_on(join_all(tasks.collect::<Vec<_>>()));
        assert!(all.iter().zip(0..).all(|(seen, n)| *seen == (n, n, n)));
    });
}

/// Under tokio.
#[cfg(feature = "tokio")]
#[test]
fn many_under_tokio() {
    limit(|| {
        install();
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        runtime.block_on(many());
    });
}

// Out again ----------------------------------------------------------------------------

/// Spends on a pool's thread.
fn spend(n: u32) -> DualOf<impl Work<Output = ()> + Send + 'static> {
    Dual::blocking(move || SPENT.set(SPENT.get() + n))
}

/// What comes back is there after the `.await`, and after a `.get()` that goes on from a poll.
#[test]
fn back_after_the_await() {
    limit(|| {
        install();
        let spent = pollster::block_on(async {
            spend(5).await;
            spend(6).await;
            SPENT.take()
        });
        assert_eq!(spent, 11);
        let (go, gate) = mpsc::channel();
        let waits = Dual::blocking(move || {
            SPENT.set(7);
            gate.recv()
        });
        let mut polled = Box::pin(waits);
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(polled.as_mut().poll(cx).is_pending());
        go.send(()).expect("it waits");
        assert_eq!(Dual::future(polled).get(), Ok(()));
        assert_eq!(SPENT.take(), 7);
    });
}

/// Nothing comes back of code that panics, or whose handle was dropped.
#[test]
fn nothing_back_from_what_is_lost() {
    limit(|| {
        install();
        let fails = Dual::blocking(|| -> u32 {
            SPENT.set(5);
            panic!("on purpose");
        });
        let awaits = AssertUnwindSafe(|| pollster::block_on(fails));
        assert!(panic::catch_unwind(awaits).is_err());
        let (go, gate) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let (done, ended) = mpsc::channel();
        let dropped = Dual::blocking(move || {
            SPENT.set(6);
            begun.send(()).expect("it is waited for");
            gate.recv().expect("it is told");
            done.send(()).expect("it is waited for");
        });
        let mut dropped = Box::pin(dropped);
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(dropped.as_mut().poll(cx).is_pending());
        begins.recv().expect("it begins");
        drop(dropped);
        go.send(()).expect("it waits");
        ended.recv().expect("it runs to its end");
        assert_eq!(SPENT.get(), 0);
    });
}

/// A started body has it at each of its polls, on whatever thread; and it comes back.
#[test]
#[cfg(feature = "executor")]
fn started_handles() {
    limit(|| {
        install();
        REQUEST.set(7);
        let (go, gate) = futures::channel::oneshot::channel::<()>();
        let started = Dual::future(async move {
            let first = REQUEST.get();
            gate.await.expect("it is told");
            SPENT.set(SPENT.get() + 5);
            [first, REQUEST.get(), Dual::blocking(|| REQUEST.get()).await]
        })
        .start();
        REQUEST.set(8);
        go.send(()).expect("it waits");
        assert_eq!(started.get(), [7; 3]);
        assert_eq!(SPENT.take(), 5);
        pollster::block_on(spend(6).start());
        assert_eq!(SPENT.take(), 6);
    });
}
