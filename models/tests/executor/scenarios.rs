//! Scenarios of tasks that block, in schedules that are drawn by chance.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

use async_executor::Executor;
use async_task::Task;
use shuttle::rand::Rng;

use smartcall_context::internal::{self as context, Host, HostRef, InternalHost};

use crate::drive::cancel::{self, AnyJob};
use crate::drive::driver;
use crate::drive::job::{Job, OnDrop};
use crate::executor::hosts::AdoptedHost;
use crate::executor::scheduler::Scheduler;
use crate::executor::worker_loop;
use crate::executor::workers::{self, Workers};
use crate::sync::{AtomicBool, Condvar, Mutex, Ordering, PoisonError, thread};

/// Panics. The panic of a `.get()` whose executor stops does not call the panic hook.
pub(crate) fn raise(message: String) -> ! {
    if message == context::STOPPED {
        std::panic::resume_unwind(Box::new(message));
    }
    std::panic!("{message}");
}

/// Explores a scenario of this file.
fn explore(n: usize, scenario: impl Fn() + Send + Sync + Clone + 'static) {
    smartcall_models::explore(module_path!(), n, scenario);
}

/// `.get()` of a future.
fn get<F: Future>(future: F) -> F::Output {
    let wait = || driver::block_on(pin!(future), Location::caller());
    let waited = match context::request_blocking() {
        Ok(permission) => permission.block(wait),
        Err(refusal) => refusal.panic(),
    };
    waited.expect("something can wake it")
}

/// An event. A task awaits it, and a thread waits for it without the executor's knowledge.
#[derive(Clone)]
struct Event(Arc<(Mutex<EventState>, Condvar)>);

#[derive(Default)]
struct EventState {
    set: bool,
    waker: Option<Waker>,
}

impl Event {
    fn new() -> Self {
        Event(Arc::new((Mutex::default(), Condvar::new())))
    }

    fn set(&self) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.set = true;
        let waker = state.waker.take();
        drop(state);
        self.0.1.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn done(&self) {
        poll_fn(|cx| {
            let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.set {
                return Poll::Ready(());
            }
            state.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn wait(&self) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.set {
            state = self.0.1.wait(state);
        }
    }
}

/// Starts the threads of an executor.
fn start(scheduler: Scheduler, threads: usize, max_spares: usize) -> Arc<Workers> {
    let config = workers::Config {
        name: "worker".into(),
        max_spares,
        stack_size: None,
        on_stall: None,
    };
    Workers::start(scheduler, worker_loop::run, threads, config).expect("there are threads")
}

/// Drops an executor.
fn stop(workers: &Workers) {
    workers.stop(|wait| wait());
}

/// Spawns a task in an executor of ours.
fn spawn<F>(workers: &Workers, future: F) -> async_task::FallibleTask<Option<F::Output>>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let scheduler = workers.scheduler();
    let spawned = scheduler.number(Location::caller());
    scheduler.spawn(future, spawned).fallible()
}

/// An executor with its threads.
struct Fixture {
    ex: Arc<Executor<'static>>,
    threads: Arc<Workers>,
    workers: usize,
    max_spares: usize,
}

impl Fixture {
    /// Starts the threads of an executor whose tasks are already spawned.
    fn start(ex: &Arc<Executor<'static>>, workers: usize, max_spares: usize) -> Self {
        let threads = start(Scheduler::adopt(Arc::clone(ex)), workers, max_spares);
        Fixture {
            ex: Arc::clone(ex),
            threads,
            workers,
            max_spares,
        }
    }

    /// Checks the workers and spares after all calls have ended, and stops the executor.
    fn end(self) {
        // Each spare can be activated. So no spare is lost, and no spare still has a worker's place.
        let mut called = Vec::new();
        until("all spares can be called in", || {
            called.extend(self.threads.activate_spare());
            called.len() == self.max_spares
        });
        until("all that are on duty run tasks", || {
            self.ex.runners() == self.workers + self.max_spares
        });
        for spare in called {
            self.threads.retire_spare(spare);
        }
        until("the spares leave", || self.ex.runners() == self.workers);
        until("the monitor sleeps", thread::is_monitor_parked);
        // It returns once all threads have ended. shuttle fails if a thread continues.
        stop(&self.threads);
    }
}

/// Waits until a condition is true.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        thread::yield_now();
    }
    panic!("it should come to that: {what}");
}

/// Takes any amount of time.
fn linger() {
    for _ in 0..shuttle::rand::thread_rng().gen_range(0..12) {
        thread::yield_now();
    }
}

/// Tasks that are spawned after the task that waits for them, so that they come after it in the queues.
type Later = Arc<std::sync::Mutex<Vec<Task<()>>>>;

fn take(later: &Later) -> Task<()> {
    let mut tasks = later.lock().expect("nobody panics");
    tasks.pop().expect("it was spawned")
}

/// The tasks are in the local queue of the worker that waits for them.
pub(crate) fn tasks_in_the_queue_of_who_waits() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let later = Later::default();
        let tasks = Arc::clone(&later);
        let first = ex.spawn(async move {
            get(take(&tasks));
            get(take(&tasks));
        });
        for _ in 0..3 {
            let task = ex.spawn(async {});
            later.lock().expect("nobody panics").push(task);
        }
        let fixture = Fixture::start(&ex, 1, 2);
        get(first);
        fixture.end();
    });
}

/// Tasks spawn the tasks that they wait for.
pub(crate) fn tasks_that_spawn() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let fixture = Fixture::start(&ex, 2, 2);
        let tasks = [(); 2].map(|()| {
            let inner = Arc::clone(&ex);
            ex.spawn(async move { get(inner.spawn(async {})) })
        });
        tasks.into_iter().for_each(get);
        fixture.end();
    });
}

/// A spare blocks as well.
pub(crate) fn chain() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let (first, second) = (Event::new(), Event::new());
        let tasks = [
            ex.spawn({
                let first = first.clone();
                async move { get(first.done()) }
            }),
            ex.spawn({
                let second = second.clone();
                async move {
                    get(second.done());
                    first.set();
                }
            }),
            ex.spawn(async move { second.set() }),
        ];
        let fixture = Fixture::start(&ex, 1, 2);
        tasks.into_iter().for_each(get);
        fixture.end();
    });
}

/// The first worker of a chain reclaims its place while the next one still blocks: all spares behind that one retire.
pub(crate) fn chain_that_is_cut() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let (first, second) = (Event::new(), Event::new());
        let waits = ex.spawn({
            let first = first.clone();
            async move { get(first.done()) }
        });
        let stands_in = ex.spawn({
            let second = second.clone();
            async move {
                get(async {
                    first.set();
                    second.done().await;
                });
            }
        });
        let fixture = Fixture::start(&ex, 1, 2);
        get(waits);
        // The monitor has nothing left to do.
        until("the monitor sleeps", thread::is_monitor_parked);
        until("who stood in is all there is", || ex.runners() <= 2);
        second.set();
        get(stands_in);
        fixture.end();
    });
}

/// A call that waits without parking through the host: only the monitor can find it.
pub(crate) fn in_place() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let event = Event::new();
        let fixture = Fixture::start(&ex, 1, 1);
        let waits = ex.spawn({
            let event = event.clone();
            async move { context::run_in_place(|| event.wait()) }
        });
        let sets = ex.spawn(async move { event.set() });
        get(waits);
        get(sets);
        fixture.end();
    });
}

/// Calls end at about the time when the monitor finds them.
pub(crate) fn short_calls() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let fixture = Fixture::start(&ex, 1, 1);
        let task = ex.spawn(async {
            for _ in 0..3 {
                context::run_in_place(linger);
            }
        });
        get(task);
        fixture.end();
    });
}

/// A call parks at about the time when the monitor finds it.
pub(crate) fn slow_then_parked() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let event = Event::new();
        let fixture = Fixture::start(&ex, 1, 1);
        let waits = ex.spawn({
            let event = event.clone();
            async move {
                get(async {
                    linger();
                    event.done().await;
                });
            }
        });
        let sets = ex.spawn(async move { event.set() });
        get(waits);
        get(sets);
        fixture.end();
    });
}

/// A retired spare blocks in the task that it has not finished yet.
pub(crate) fn retired_and_blocked() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let [called, back, end] = [(); 3].map(|()| Event::new());
        let first = ex.spawn({
            let (called, back) = (called.clone(), back.clone());
            async move {
                get(called.done());
                back.set();
            }
        });
        let second = ex.spawn({
            let end = end.clone();
            async move {
                called.set();
                get(back.done());
                get(end.done());
            }
        });
        let fixture = Fixture::start(&ex, 1, 3);
        get(first);
        // The monitor can do nothing for it.
        until("the monitor sleeps", thread::is_monitor_parked);
        end.set();
        get(second);
        fixture.end();
    });
}

/// Threads outside of the executor run a task of it, and block.
pub(crate) fn guests() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let fixture = Fixture::start(&ex, 1, 2);
        let guest = HostRef::Own(Arc::new(AdoptedHost(Arc::downgrade(&fixture.threads))));
        for _ in 0..2 {
            let task = ex.spawn(async {});
            context::with_host_by(guest.clone(), || get(task));
        }
        fixture.end();
    });
}

/// A call panics while a spare has its worker's place.
pub(crate) fn panics() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let fixture = Fixture::start(&ex, 1, 1);
        let (fails, ends) = (Event::new(), Event::new());
        let waits = ex.spawn({
            let (fails, ends) = (fails.clone(), ends.clone());
            async move {
                let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    get(async {
                        fails.done().await;
                        let quiet: Box<dyn Any + Send> = Box::new(());
                        std::panic::resume_unwind(quiet);
                    })
                }));
                assert!(caught.is_err());
                ends.set();
            }
        });
        let sets = ex.spawn(async move { fails.set() });
        get(ends.done());
        get(waits);
        get(sets);
        fixture.end();
    });
}

/// A poll waits for another task, and says nothing: it is stalled.
pub(crate) fn stall() {
    explore(500, || {
        let ex = Arc::new(Executor::new());
        let event = Event::new();
        let fixture = Fixture::start(&ex, 1, 2);
        // Only tasks of ours are noted: by the wrapper of the scheduler.
        let waits = spawn(&fixture.threads, {
            let event = event.clone();
            async move { event.wait() }
        });
        let sets = ex.spawn(async move { event.set() });
        get(waits);
        get(sets);
        fixture.end();
    });
}

/// The same poll then parks in a call, and needs no second spare.
pub(crate) fn stalled_then_parked() {
    explore(500, || {
        let ex = Arc::new(Executor::new());
        let [first, second] = [(); 2].map(|()| Event::new());
        let fixture = Fixture::start(&ex, 1, 2);
        let waits = spawn(&fixture.threads, {
            let (first, second) = (first.clone(), second.clone());
            async move {
                first.wait();
                get(second.done());
            }
        });
        let sets = ex.spawn(async move {
            first.set();
            linger();
            second.set();
        });
        get(waits);
        get(sets);
        fixture.end();
    });
}

/// Polls end at about the time when they are relieved.
pub(crate) fn slow_polls() {
    explore(500, || {
        let ex = Arc::new(Executor::new());
        let fixture = Fixture::start(&ex, 1, 2);
        let task = spawn(&fixture.threads, async {
            for _ in 0..2 {
                for _ in 0..30 {
                    thread::yield_now();
                }
                futures_lite::future::yield_now().await;
            }
        });
        get(task);
        fixture.end();
    });
}

/// Tasks wait for what the thread holds that drops their executor, and another one waits forever.
pub(crate) fn stop_while_blocked() {
    explore(100, || {
        let threads = start(Scheduler::new(), 2, 2);
        let value = Arc::new(());
        let never = Event::new();
        let tasks = [(); 2].map(|()| {
            let [begun, event] = [(); 2].map(|()| Event::new());
            let task = spawn(&threads, {
                let (begun, event, never) = (begun.clone(), event.clone(), never.clone());
                let value = Arc::clone(&value);
                async move {
                    begun.set();
                    event.wait();
                    never.done().await;
                    value
                }
            });
            (task, begun, event)
        });
        let pends = spawn(&threads, async move { never.done().await });
        for (_, begun, _) in &tasks {
            get(begun.done());
        }
        stop(&threads);
        drop(threads);
        assert!(get(pends).flatten().is_none(), "it never ends by itself");
        for (task, _, event) in tasks {
            event.set();
            // Others are still blocked.
            assert!(get(task).flatten().is_none(), "it ends in its poll");
        }
        until("nothing is left", || Arc::strong_count(&value) == 1);
    });
}

/// Two executors are dropped, each by a task of the other: in its poll, or with the task, if its own executor is dropped first.
pub(crate) fn stop_each_other() {
    /// Drops an executor when dropped.
    struct Owns(Arc<Workers>);

    impl Drop for Owns {
        fn drop(&mut self) {
            stop(&self.0);
        }
    }

    explore(300, || {
        let [a, b] = [(); 2].map(|()| start(Scheduler::new(), 1, 0));
        let stops = |own: &Workers, other: &Arc<Workers>| {
            let other = Owns(Arc::clone(other));
            spawn(own, async move { drop(other) })
        };
        let tasks = [stops(&a, &b), stops(&b, &a)];
        drop((a, b));
        for task in tasks {
            let _ = get(task);
        }
    });
}

/// The executor is dropped while tasks wait forever.
pub(crate) fn stop_while_parked() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let started = [(); 2].map(|()| Event::new());
        let never = Event::new();
        let fixture = Fixture::start(&ex, 1, 2);
        for started in started.clone() {
            let never = never.clone();
            ex.spawn(async move {
                get(async {
                    started.set();
                    never.done().await;
                });
            })
            .detach();
        }
        started.iter().for_each(|started| get(started.done()));
        stop(&fixture.threads);
    });
}

/// The executor is dropped at any time.
pub(crate) fn stop_at_any_time() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let fixture = Fixture::start(&ex, 2, 4);
        let event = Event::new();
        for _ in 0..2 {
            let (inner, event) = (Arc::clone(&ex), event.clone());
            ex.spawn(async move {
                get(inner.spawn(async {}));
                get(event.done());
            })
            .detach();
        }
        stop(&fixture.threads);
    });
}

/// A task drops its own executor.
pub(crate) fn stop_from_within() {
    explore(1000, || {
        let ex = Arc::new(Executor::new());
        let fixture = Fixture::start(&ex, 2, 1);
        let (threads, never) = (Arc::clone(&fixture.threads), Event::new());
        ex.spawn(async move { get(never.done()) }).detach();
        let stops = ex.spawn(async move { stop(&threads) });
        drop(fixture);
        get(stops);
    });
}

/// The executor is dropped while other threads wake one of its tasks and cancel another.
pub(crate) fn stop_as_threads_wake_and_cancel() {
    explore(1000, || {
        let threads = start(Scheduler::new(), 1, 0);
        let (event, value) = (Event::new(), Arc::new(()));
        let hold = || {
            let (event, value) = (event.clone(), Arc::clone(&value));
            async move {
                event.done().await;
                value
            }
        };
        let waits = spawn(&threads, hold());
        let cancelled = spawn(&threads, hold());
        linger();
        let stop_before = shuttle::rand::thread_rng().gen_bool(0.5);
        if stop_before {
            stop(&threads);
        }
        let sets = shuttle::thread::spawn({
            let event = event.clone();
            move || event.set()
        });
        let cancels = shuttle::thread::spawn(move || drop(cancelled));
        linger();
        if !stop_before {
            stop(&threads);
        }
        drop(threads);
        // The next executor reuses the memory of the first, while these threads are still running.
        let next = start(Scheduler::new(), 1, 0);
        let task = spawn(&next, async { 5 });
        assert_eq!(get(task).flatten(), Some(5));
        stop(&next);
        // The task ends, with its value or without.
        drop(get(waits));
        sets.join().expect("nobody panics");
        cancels.join().expect("nobody panics");
        until("nothing is left", || Arc::strong_count(&value) == 1);
    });
}

/// The tasks of an executor without threads end while another thread wakes one of them.
pub(crate) fn scheduler_dropped_as_a_thread_wakes() {
    explore(1000, || {
        let scheduler = Scheduler::new();
        let event = Event::new();
        let waits = scheduler.spawn(
            {
                let event = event.clone();
                async move { event.done().await }
            },
            scheduler.number(Location::caller()),
        );
        // It polls the task.
        scheduler.end_rest();
        let sets = shuttle::thread::spawn(move || event.set());
        linger();
        drop(scheduler);
        // It ends, with its value or without.
        let _ = get(waits.fallible());
        sets.join().expect("nobody panics");
    });
}

/// A job whose drop interrupts its code.
fn interruptible() -> Arc<Job<()>> {
    let interrupts = true;
    let joins = false;
    Arc::new(Job::new(
        OnDrop { joins, interrupts },
        Location::caller(),
        (),
    ))
}

/// A handle is dropped at any time, before its code parks or while it is parked, and interrupts the code.
///
/// One job only: for `std`, all threads of a schedule are one thread. While one of them unwinds, `thread::panicking` is true
/// in all of them.
pub(crate) fn interrupted_as_it_parks() {
    explore(1000, || {
        let (job, never) = (interruptible(), Event::new());
        let any: Arc<AnyJob> = job.clone();
        assert!(job.begin(), "nothing else begins it");
        let code = shuttle::thread::spawn(move || {
            let code = || cancel::run_job(any, || get(never.done()));
            catch_unwind(AssertUnwindSafe(code)).is_err()
        });
        // A thread of its own, so that each schedule has a choice even if no thread lingers: the scheduler by priorities
        // rejects a scenario whose first schedule has no choice.
        let drops = shuttle::thread::spawn(move || {
            linger();
            job.abandon();
        });
        assert!(code.join().expect("it is caught"), "the wait ends");
        drops.join().expect("nobody panics");
    });
}

/// A handle is dropped at any time. A wait that is not interrupted goes on, and parks anew as one that was given up.
pub(crate) fn given_up_as_it_parks() {
    /// A host that counts the waits that are parked, and those of them that were given up.
    #[derive(Default)]
    struct Counts {
        given_up: AtomicBool,
    }

    impl Host for Counts {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            block();
        }

        fn park(&self, park: &mut dyn FnMut()) {
            self.given_up.store(cancel::is_given_up(), Ordering::SeqCst);
            park();
        }
    }

    impl InternalHost for Counts {}

    explore(1000, || {
        let (job, event) = (
            Arc::new(Job::new(OnDrop::TELLS, Location::caller(), ())),
            Event::new(),
        );
        let any: Arc<AnyJob> = job.clone();
        assert!(job.begin(), "nothing else begins it");
        let counts = Arc::new(Counts::default());
        let code = shuttle::thread::spawn({
            let (host, event) = (HostRef::Own(counts.clone()), event.clone());
            move || {
                let wait = || {
                    driver::block_on(pin!(event.done()), Location::caller())
                        .expect("something can wake it");
                };
                cancel::run_job(any, || context::on_pool_thread(Some(host), wait));
            }
        });
        let drops = shuttle::thread::spawn(move || {
            linger();
            job.abandon();
        });
        drops.join().expect("nobody panics");
        until("it parks as one that was given up", || {
            counts.given_up.load(Ordering::SeqCst)
        });
        event.set();
        code.join().expect("it is not interrupted");
    });
}

/// What waits for the value looks and registers while the code ends.
pub(crate) fn awaited_as_it_ends() {
    explore(1000, || {
        let job = Arc::new(Job::new(OnDrop::TELLS, Location::caller(), ()));
        let code = shuttle::thread::spawn({
            let job = Arc::clone(&job);
            move || {
                linger();
                assert!(job.begin(), "it is not abandoned");
                assert!(job.end(), "its value is wanted");
            }
        });
        get(poll_fn(|cx| job.poll_ended(cx)));
        code.join().expect("nobody panics");
    });
}

/// One thread drops the handle while another is about to run the code, runs it, or has run it. One of them drops what the code
/// holds, or its value: never both, and never none.
pub(crate) fn dropped_at_any_time() {
    explore(1000, || {
        let parcel = std::sync::Mutex::new(Some(Arc::new(())));
        let held = parcel.lock().expect("nobody panics").clone();
        let held = held.expect("it was just made");
        let joins = true;
        let interrupts = false;
        let job = Arc::new(Job::new(
            OnDrop { joins, interrupts },
            Location::caller(),
            parcel,
        ));
        let ran = Arc::new(AtomicBool::new(false));
        let take = |job: &Job<std::sync::Mutex<Option<Arc<()>>>>| {
            job.parcel().lock().expect("nobody panics").take()
        };
        let code = shuttle::thread::spawn({
            let (job, ran) = (Arc::clone(&job), Arc::clone(&ran));
            move || {
                linger();
                if !job.begin() {
                    return;
                }
                let value = take(&job).expect("whoever begins has the code");
                ran.store(true, Ordering::SeqCst);
                linger();
                *job.parcel().lock().expect("nobody panics") = Some(value);
                if !job.end() {
                    drop(take(&job).expect("the handle does not take it"));
                    job.end_of_told();
                }
            }
        });
        linger();
        if job.abandon() {
            job.wait();
        } else {
            drop(take(&job).expect("the code has it no more, or not yet"));
        }
        let has_run = ran.load(Ordering::SeqCst);
        assert_eq!(Arc::strong_count(&held), 1, "nothing is left");
        code.join().expect("nobody panics");
        assert_eq!(
            ran.load(Ordering::SeqCst),
            has_run,
            "it does not begin late"
        );
    });
}
