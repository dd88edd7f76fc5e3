//! `context::carry`: thread-local state that follows work to other threads, by hooks.
//!
//! A hook is registered for the whole process, so each test runs as a child.

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

use crate::common::in_child;

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
    context::carry(|| {
        let request = REQUEST.get();
        move |body: &mut dyn FnMut()| {
            let previous = REQUEST.replace(request);
            body();
            REQUEST.set(previous);
        }
    });
    context::carry(|| Spent(0));
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

/// The state follows to the pool: from a foreign executor, from an `Executor`, and from a driven
/// future with two parts.
#[test]
fn carried_to_the_pool() {
    in_child(|| {
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

/// The state of a task follows to the pool.
#[cfg(feature = "executor")]
#[test]
fn carried_from_a_task() {
    in_child(|| {
        install();
        let ex = smartcall::Executor::builder().threads(1).build();
        let task = ex.spawn(work_for(7, request()));
        assert_eq!(ex.block_on(task).0, 7);
        let local = smartcall::LocalExecutor::new();
        let task = local.spawn(work_for(8, request()));
        assert_eq!(local.block_on(task).0, 8);
    });
}

/// The state follows to tokio's pool.
#[cfg(feature = "tokio")]
#[test]
fn carried_to_the_pool_of_tokio() {
    in_child(|| {
        install();
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        let there = runtime.block_on(work_for(7, request()));
        assert_eq!(there, (7, false));
    });
}

/// The state follows to the pool of a host, and the threads of that pool are as before.
#[test]
fn carried_to_the_pool_of_a_host() {
    in_child(|| {
        install();
        let host = Arc::new(OwnPool::new());
        for request in [7, 8] {
            let leaves_another = Dual::blocking(|| REQUEST.replace(9));
            let there = work_for(request, context::hosted(&host, leaves_another));
            assert_eq!(pollster::block_on(there), request);
        }
    });
}

/// A job that waits for its turn has the state of its caller, and not that of the thread that
/// starts it.
#[test]
fn carried_with_a_queued_job() {
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

/// The state is taken when the handle is resolved, not when it is made.
#[test]
fn carried_as_of_the_resolving() {
    in_child(|| {
        install();
        REQUEST.set(1);
        let dual = request();
        REQUEST.set(2);
        assert_eq!(pollster::block_on(dual), (2, false));
        REQUEST.set(0);
    });
}

/// A thread of a pool is as before, also after a panic. The panic arrives as it was made.
#[test]
fn restored_after_a_panic() {
    in_child(|| {
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

/// Code that runs on its caller's thread runs no hook. If it is awaited under a get, the hook takes a value, because the
/// code might be sent away.
#[test]
fn no_hook_runs_for_code_on_its_own_thread() {
    in_child(|| {
        static TAKEN: Mutex<u32> = Mutex::new(0);
        context::carry(|| {
            *TAKEN.lock().expect("not poisoned") += 1;
            |body: &mut dyn FnMut()| body()
        });
        let taken = || *TAKEN.lock().expect("not poisoned");
        assert_eq!(Dual::blocking(|| 5).get(), 5);
        assert_eq!(pollster::block_on(Dual::in_place(|| 5)), 5);
        assert_eq!(pollster::block_on(Dual::future(async { 5 })), 5);
        drop(Dual::blocking(|| 5));
        assert_eq!(taken(), 0);
        assert_eq!(pollster::block_on(Dual::blocking(|| 5)), 5);
        assert_eq!(taken(), 1);
        assert_eq!(Dual::future(async { Dual::blocking(|| 5).await }).get(), 5);
        assert_eq!(taken(), 2);
    });
}

/// Hooks nest in the order in which they were registered.
#[test]
fn hooks_nest_in_order() {
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

/// Hooks that many threads register at the same time are all registered.
#[test]
fn hooks_registered_by_many_threads() {
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

/// A hook may use handles and register another hook: no lock is held meanwhile.
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

/// A hook that does not call the body panics, and so does the caller that awaits.
#[test]
fn a_hook_that_does_not_call_the_body() {
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

/// 500 handles at once in one future keep their states apart.
#[test]
fn five_hundred_handles_in_one_future() {
    in_child(|| {
        install();
        pollster::block_on(many());
        Dual::future(many()).get();
        assert_eq!((REQUEST.get(), SPENT.get()), (0, 0));
    });
}

/// 500 handles at once in tasks on a few threads keep their states apart.
#[cfg(feature = "executor")]
#[test]
fn five_hundred_handles_in_tasks() {
    in_child(|| {
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

/// 500 handles at once in tokio keep their states apart.
#[cfg(feature = "tokio")]
#[test]
fn five_hundred_handles_in_tokio() {
    in_child(|| {
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

/// `Carry::bring_back` has run after the `.await`, and after a `.get()` that continues from a poll.
#[test]
fn brought_back_after_the_await() {
    in_child(|| {
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

/// `Carry::bring_back` does not run for code that panics or whose handle is dropped.
#[test]
fn nothing_is_brought_back_from_a_panic_or_a_drop() {
    in_child(|| {
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

/// A started body has the state in each of its polls, on every thread, and brings it back.
#[test]
#[cfg(feature = "executor")]
fn carried_to_started_handles() {
    in_child(|| {
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
