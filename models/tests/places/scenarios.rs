//! What a worker does on its thread, and the spare on its own, for each order in which the threads
//! can run and each value that memory may show them.

use std::sync::{Arc, Once, OnceLock};

use crate::executor::roster::Worker;
use crate::executor::scheduler::Scheduler;
use crate::executor::worker_loop;
use crate::executor::workers::Workers;
use crate::sync::{AtomicBool, Fences, Ordering, Thread, current, park, thread};

/// Explores what happens between the start of the worker and that of the spare, with so many
/// preemptions at most.
fn explore(preemptions: usize, scenario: impl Fn() + Clone + Sync + Send + 'static) {
    for fences in [Fences::AfterStores, Fences::BeforeLoads] {
        fences.set();
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(preemptions);
        model.max_branches = 5_000;
        model.expect_explicit_explore = true;
        model.check(scenario.clone());
    }
}

/// What the worker, the spare and the main thread know of each other.
struct Shared {
    /// The worker's thread.
    worker: OnceLock<Thread>,
    /// Set by the spare, when it runs.
    relieved: AtomicBool,
    /// Set by the worker, when it is done.
    done: AtomicBool,
    main: Thread,
    /// When all that matters is over: the rest is run in one order only.
    rest: Once,
}

impl Shared {
    /// What a call waits for: the task that the spare runs.
    fn wait_for_spare(&self) {
        while !self.relieved.load(Ordering::Acquire) {
            park();
        }
    }
}

/// Has one worker do this, and a spare what sets it free.
fn one_worker(code: impl Fn(&Arc<Workers>, &Arc<Worker>, &Shared) + Send + Sync + 'static) {
    let shared = Arc::new(Shared {
        worker: OnceLock::new(),
        relieved: AtomicBool::new(false),
        done: AtomicBool::new(false),
        main: current(),
        rest: Once::new(),
    });
    let theirs = Arc::clone(&shared);
    let scheduler = Scheduler::new(move |workers, worker| match theirs.worker.get() {
        None => {
            let _ = theirs.worker.set(current());
            loom::explore();
            code(workers, worker, &theirs);
            theirs.done.store(true, Ordering::Release);
            theirs.main.unpark();
        }
        Some(thread) => {
            theirs.rest.call_once(loom::stop_exploring);
            theirs.relieved.store(true, Ordering::Release);
            thread.unpark();
        }
    });
    let workers =
        Workers::start(scheduler, worker_loop::run, 1, "worker", 1).expect("there are threads");
    while !shared.done.load(Ordering::Acquire) {
        park();
    }
    shared.rest.call_once(loom::stop_exploring);
    // The spare stops, and can be had again.
    let mut looks = 0;
    while !workers.has_spares() {
        looks += 1;
        assert!(looks < 100, "the spare should have come back");
        thread::yield_now();
    }
    workers.stop();
}

/// Ends a call as `hosts.rs` does.
fn end(workers: &Workers, worker: &Worker, call: crate::executor::call_state::CallId) -> bool {
    let handed_off = worker.call_state.end(call);
    if handed_off {
        workers.reclaim(worker);
    }
    handed_off
}

/// A worker that has been idle gets busy, in a call that only the monitor can see.
pub(crate) fn busy_worker() {
    explore(3, || {
        one_worker(|workers, worker, shared| {
            workers.set_idle(worker);
            workers.set_busy(worker);
            let call = worker.call_state.begin().expect("no call runs");
            shared.wait_for_spare();
            assert!(end(workers, worker, call), "who took the place?");
        });
    });
}

/// A call that ends about when the monitor finds it.
pub(crate) fn short_call() {
    explore(3, || {
        one_worker(|workers, worker, _| {
            let call = worker.call_state.begin().expect("no call runs");
            workers.monitor.notify();
            thread::yield_now();
            end(workers, worker, call);
        });
    });
}

/// A call that parks about when the monitor finds it.
pub(crate) fn parked_call() {
    explore(3, || {
        one_worker(|workers, worker, shared| {
            let call = worker.call_state.begin().expect("no call runs");
            thread::yield_now();
            if let Some(call) = worker.call_state.current_call() {
                workers.hand_off(worker, call).expect("a spare is free");
            }
            shared.wait_for_spare();
            assert!(end(workers, worker, call), "who took the place?");
        });
    });
}
