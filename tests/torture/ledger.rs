//! What happens to the bodies and values of one run of a program.

use std::any::Any;
use std::fmt::Write;
use std::ops::Range;
use std::panic::panic_any;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smartcall::offload;

use super::generator::{Call, Caller, Program, Site, calls_of};
use super::model::{Model, Runs};
use super::sites::Sites;
use super::tally::{Extra, Tally};

/// One run of a program on one site.
///
/// All that the run makes holds it, directly or by a [`Value`]: when nothing else does, nothing of
/// the run is left.
pub struct Run {
    pub program: Arc<Program>,
    /// How the program is known to who reads about it.
    pub name: Arc<str>,
    pub sites: Arc<Sites>,
    pub tally: Arc<Tally>,
    entries: Vec<Entry>,
    failures: Mutex<Vec<String>>,
}

/// What is noted about a call.
#[derive(Default)]
struct Entry {
    /// How often the body has begun.
    begun: AtomicUsize,
    /// The step at which it is, from 1 on. Beyond the last one it has ended.
    step: AtomicUsize,
    /// How many values were made for it: what its handle holds, and what it gives.
    made: AtomicUsize,
    /// How many of these were dropped.
    dropped: AtomicUsize,
    /// How many of these are there that no panic carries.
    kept: AtomicUsize,
    /// How often its sync code is being run.
    running: AtomicUsize,
    /// Whether it was dropped with a joined handle before it began, and so never does.
    left: AtomicBool,
    /// Whether its sync code may end by a wait that is interrupted.
    interruptible: bool,
}

impl Run {
    pub fn new(
        program: &Arc<Program>,
        name: &str,
        sites: &Arc<Sites>,
        tally: &Arc<Tally>,
    ) -> Arc<Self> {
        let mut entries: Vec<_> = (0..program.calls()).map(|_| Entry::default()).collect();
        mark_interruptible(&program.root, &mut entries);
        Arc::new(Run {
            program: Arc::clone(program),
            name: name.into(),
            sites: Arc::clone(sites),
            tally: Arc::clone(tally),
            entries,
            failures: Mutex::default(),
        })
    }

    /// Makes a value for a call.
    pub fn value(self: &Arc<Self>, id: usize, number: u64) -> Value {
        self.entries[id].made.fetch_add(1, Ordering::Relaxed);
        if number != PANIC {
            self.entries[id].kept.fetch_add(1, Ordering::Relaxed);
        }
        Value {
            number,
            id,
            run: Arc::clone(self),
        }
    }

    /// Makes a value for a call that what the call has started may keep for longer.
    pub fn value_apart(self: &Arc<Self>, id: usize) -> Value {
        self.value(id, PANIC)
    }

    /// Notes that a body has begun.
    pub fn begin(&self, id: usize) {
        self.entries[id].begun.fetch_add(1, Ordering::Relaxed);
        if self.entries[id].left.load(Ordering::Relaxed) {
            self.fail(format!(
                "call {id} began after its joined handle was dropped"
            ));
        }
    }

    /// Whether a body has begun.
    pub fn has_begun(&self, id: usize) -> bool {
        self.entries[id].begun.load(Ordering::Relaxed) > 0
    }

    /// Notes that sync code of a call runs, until it is dropped.
    pub fn run_here(&self, id: usize) -> RunHere<'_> {
        let running = &self.entries[id].running;
        running.fetch_add(1, Ordering::Relaxed);
        RunHere(running)
    }

    /// Whether sync code of a call runs.
    pub fn is_running(&self, id: usize) -> bool {
        self.entries[id].running.load(Ordering::Relaxed) > 0
    }

    /// Checks that nothing runs of a call whose joined handle was dropped, and nothing is left.
    pub fn check_left(&self, call: &Call) {
        let entry = &self.entries[call.id];
        if self.is_running(call.id) {
            self.fail(format!(
                "it runs after its joined handle was dropped: {call}"
            ));
        }
        if entry.begun.load(Ordering::Relaxed) == 0 {
            entry.left.store(true, Ordering::Relaxed);
        } else if entry.kept.load(Ordering::Relaxed) > 0 {
            self.fail(format!("values are left of a joined handle: {call}"));
        }
        // Tasks are their own.
        let parts = calls_of(call).filter(|call| call.caller != Caller::Spawn);
        parts.for_each(|call| self.check_left(call));
    }

    /// Notes that a body comes to a step, by its index.
    pub fn at_step(&self, id: usize, step: usize) {
        self.entries[id].step.store(step + 1, Ordering::Relaxed);
    }

    /// Notes something that should not be.
    pub fn fail(&self, failure: String) {
        self.failures().push(failure);
    }

    fn failures(&self) -> MutexGuard<'_, Vec<String>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Panics as the body of a call.
    pub fn panic(self: &Arc<Self>, id: usize) -> ! {
        self.tally.panics.fetch_add(1, Ordering::Relaxed);
        panic_any(Payload(self.value(id, PANIC)))
    }

    /// Checks what a call's sync code is unwound with. Code that has begun runs to its end, unless its handle says otherwise.
    pub fn check_unwinding(&self, call: &Call, payload: &(dyn Any + Send)) {
        if payload.is::<Payload>() {
            return;
        }
        if call.interruptible && offload::is_cancelled() {
            self.tally.extra(Extra::Interrupted);
        } else {
            let text = text(payload);
            self.fail(format!("sync code is torn by {text:?}: {call}"));
        }
    }

    /// Checks a panic that came out of some calls, and that goes no further. Returns the body that
    /// has panicked.
    pub fn check_panic(&self, ids: Range<usize>, payload: Box<dyn Any + Send>) -> Option<usize> {
        let first = ids.start;
        match payload.downcast::<Payload>() {
            Ok(payload) if ids.contains(&payload.id()) => Some(payload.id()),
            Ok(payload) => {
                let id = payload.id();
                self.fail(format!(
                    "a panic of call {id} came out of call {first}, which is not above"
                ));
                None
            }
            // No caller waits for the code above, so its own waits end.
            Err(_) if self.entries[first].interruptible && offload::is_cancelled() => None,
            Err(payload) => {
                let text = text(&*payload);
                self.fail(format!(
                    "a panic of no body's came out of call {first}: {text}"
                ));
                None
            }
        }
    }

    /// Checks what is known when all is over, and returns what is wrong.
    pub fn check(self, model: &Model) -> Vec<String> {
        let mut failures = self
            .failures
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        for (id, (entry, runs)) in self.entries.iter().zip(&model.runs).enumerate() {
            let begun = entry.begun.load(Ordering::Relaxed);
            let right = match runs {
                Runs::Never => begun == 0,
                Runs::AtMostOnce => begun <= 1,
                Runs::Once => begun == 1,
            };
            if !right {
                failures.push(format!(
                    "the body of call {id} ran {begun} times, not {runs:?}"
                ));
            }
            let made = entry.made.load(Ordering::Relaxed);
            let dropped = entry.dropped.load(Ordering::Relaxed);
            if made != dropped {
                failures.push(format!("{made} values of call {id}, and {dropped} drops"));
            }
        }
        failures
    }

    /// The calls that have begun and not ended, a line each.
    pub fn unfinished(&self) -> String {
        let mut lines = String::new();
        self.walk(&self.program.root, &mut lines);
        lines
    }

    fn walk(&self, call: &Call, lines: &mut String) {
        let entry = &self.entries[call.id];
        let step = entry.step.load(Ordering::Relaxed);
        let held = entry.made.load(Ordering::Relaxed) - entry.dropped.load(Ordering::Relaxed);
        if held > 0 || (1..=call.steps.len()).contains(&step) {
            let of = call.steps.len();
            // Writing to a string does not fail.
            let _ = writeln!(lines, "    {call}: at step {step} of {of}, {held} values");
        }
        for call in calls_of(call) {
            self.walk(call, lines);
        }
    }
}

fn mark_interruptible(call: &Call, entries: &mut [Entry]) {
    entries[call.id].interruptible = call.interruptible;
    calls_of(call).for_each(|call| mark_interruptible(call, entries));
}

/// Says that sync code of a call runs, until it is dropped.
#[must_use = "the code counts as ended as soon as it is dropped"]
pub struct RunHere<'a>(&'a AtomicUsize);

impl Drop for RunHere<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What values hold that a panic carries, or a task of its own.
const PANIC: u64 = u64::MAX;

/// A value of a program: it knows its run, and the run counts it.
pub struct Value {
    number: u64,
    id: usize,
    run: Arc<Run>,
}

impl Value {
    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn set_number(&mut self, number: u64) {
        self.number = number;
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        let entry = &self.run.entries[self.id];
        entry.dropped.fetch_add(1, Ordering::Relaxed);
        if self.number != PANIC {
            entry.kept.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// What bodies panic with.
pub struct Payload(Value);

impl Payload {
    /// The body that has panicked.
    pub fn id(&self) -> usize {
        self.0.id
    }
}

/// The text of a panic that is not a body's.
pub fn text(payload: &(dyn Any + Send)) -> &str {
    match payload.downcast_ref::<String>() {
        Some(text) => text,
        None => payload.downcast_ref::<&str>().unwrap_or(&"no text"),
    }
}

/// Where a body runs, and for which run.
#[derive(Clone)]
pub struct Env {
    pub run: Arc<Run>,
    pub site: Site,
}
