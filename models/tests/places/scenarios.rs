//! What a worker does on its thread, and the spare on its own, for each order in which the threads
//! can run and each value that memory may show them.

use std::sync::{Arc, Once, OnceLock};

use crate::crew::{Crew, Worker};
use crate::sync::{AtomicBool, Fences, Ordering, Thread, current, park, thread};
use crate::tasks::Tasks;

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
fn one_worker(code: impl Fn(&Arc<Crew>, &Arc<Worker>, &Shared) + Send + Sync + 'static) {
    let shared = Arc::new(Shared {
        worker: OnceLock::new(),
        relieved: AtomicBool::new(false),
        done: AtomicBool::new(false),
        main: current(),
        rest: Once::new(),
    });
    let theirs = Arc::clone(&shared);
    let tasks = Tasks::new(move |crew, worker| match theirs.worker.get() {
        None => {
            let _ = theirs.worker.set(current());
            loom::explore();
            code(crew, worker, &theirs);
            theirs.done.store(true, Ordering::Release);
            theirs.main.unpark();
        }
        Some(thread) => {
            theirs.rest.call_once(loom::stop_exploring);
            theirs.relieved.store(true, Ordering::Release);
            thread.unpark();
        }
    });
    let crew = Crew::start(tasks, 1, "worker", 1).expect("there are threads");
    while !shared.done.load(Ordering::Acquire) {
        park();
    }
    shared.rest.call_once(loom::stop_exploring);
    // Whoever stood in leaves, and can be had again.
    let mut looks = 0;
    while !crew.has_spares() {
        looks += 1;
        assert!(looks < 100, "the spare should have come back");
        thread::yield_now();
    }
    crew.stop();
}

/// Ends a call as `host.rs` does.
fn end(crew: &Crew, worker: &Worker, call: crate::slot::Call) -> bool {
    let handed_over = worker.slot.end(call);
    if handed_over {
        crew.take_back(worker);
    }
    handed_over
}

/// A worker that has been idle gets busy, in a call that only the monitor can see.
pub(crate) fn busy_worker() {
    explore(3, || {
        one_worker(|crew, worker, shared| {
            crew.is_waiting(worker);
            crew.is_busy(worker);
            let call = worker.slot.begin().expect("no call runs");
            shared.wait_for_spare();
            assert!(end(crew, worker, call), "who took the place?");
        });
    });
}

/// A call that ends about when the monitor finds it.
pub(crate) fn short_call() {
    explore(3, || {
        one_worker(|crew, worker, _| {
            let call = worker.slot.begin().expect("no call runs");
            crew.monitor.tell();
            thread::yield_now();
            end(crew, worker, call);
        });
    });
}

/// A call that parks about when the monitor finds it.
pub(crate) fn parked_call() {
    explore(3, || {
        one_worker(|crew, worker, shared| {
            let call = worker.slot.begin().expect("no call runs");
            thread::yield_now();
            if let Some(call) = worker.slot.call() {
                crew.hand_over(worker, call).expect("a spare is free");
            }
            shared.wait_for_spare();
            assert!(end(crew, worker, call), "who took the place?");
        });
    });
}
