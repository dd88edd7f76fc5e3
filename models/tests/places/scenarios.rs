//! Scenarios of a worker and a spare, explored for each order in which the threads can run and each value that they may
//! read.

use std::sync::{Arc, Once, OnceLock};

use crate::executor::roster::Worker;
use crate::executor::scheduler::Scheduler;
use crate::executor::worker_loop;
use crate::executor::workers::{Config, Workers};
use crate::sync::{AtomicBool, Fences, Ordering, Thread, current, park, thread};

/// Explores the steps between the start of the worker and the start of the spare, with a limit on preemptions.
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

/// State that the worker, the spare and the main thread share.
struct Shared {
    /// The worker's thread.
    worker: OnceLock<Thread>,
    /// Set by the spare, when it runs.
    relieved: AtomicBool,
    /// Set by the worker, when it has finished.
    done: AtomicBool,
    main: Thread,
    /// Called when the interesting steps are over: the rest runs in one order only.
    rest: Once,
}

impl Shared {
    /// Waits until the spare runs its task.
    fn wait_for_spare(&self) {
        while !self.relieved.load(Ordering::Acquire) {
            park();
        }
    }
}

/// Runs `code` on one worker, and on a spare the task that `code` waits for.
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
    let config = Config {
        name: "worker".into(),
        max_spares: 1,
        stack_size: None,
        on_stall: None,
    };
    let workers =
        Workers::start(scheduler, worker_loop::run, 1, config).expect("there are threads");
    while !shared.done.load(Ordering::Acquire) {
        park();
    }
    shared.rest.call_once(loom::stop_exploring);
    // The spare stops, and can be activated again.
    let mut looks = 0;
    while !workers.has_spares() {
        looks += 1;
        assert!(looks < 100, "the spare should have come back");
        thread::yield_now();
    }
    workers.stop(|wait| wait());
}

/// Ends a call as `hosts.rs` does.
fn end(workers: &Workers, worker: &Worker, call: crate::executor::call_state::CallId) -> bool {
    let handed_off = worker.call_state.end(call);
    if handed_off {
        workers.reclaim(worker);
    }
    handed_off
}

/// A worker that was idle gets busy, in a call that only the monitor can find.
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

/// A call ends at about the time when the monitor finds it.
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

/// A call parks at about the time when the monitor finds it.
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
