//! The graph of all waits, as it was at one moment.
//!
//! It is read in two passes. In the first one, each thread's waits are copied, one thread after the other, so it may show what was
//! never true at one moment. The second pass asks whether what the first has shown is still so: each wait has neither been woken
//! nor parked anew, and the holders of its waker are the same. Whatever passes was so all the time in between. Only of that it is
//! said that it is *certain*.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::Instant;

use crate::waits::edges::{Edge, Line, Target};
use crate::waits::queues;
use crate::waits::threads::{self, Kind, Level, Slot};

#[cfg(feature = "executor")]
use crate::waits::tasks;

/// What is reported once: a wait by its number, or a poll that holds its worker by that of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Wait(usize),
    Poll(usize),
}

/// A wait, with its thread.
#[derive(Clone)]
pub(crate) struct ThreadWait {
    pub(crate) thread: String,
    pub(crate) wait: threads::Wait,
    slot: Arc<Slot>,
}

/// What is known of a task.
#[derive(Clone, Debug)]
pub(crate) struct TaskState {
    pub(crate) spawned_at: Line,
    pub(crate) is: TaskIs,
}

#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "executor"), expect(dead_code))]
pub(crate) enum TaskIs {
    /// A worker's thread polls it. If that takes long, it is since when, and whether the thread is blocked.
    Polled {
        thread: String,
        long: Option<(Instant, Option<bool>)>,
    },
    /// It waits by `.await`.
    Waits {
        since: Instant,
        edges: Vec<Edge>,
        polls: usize,
        waker: usize,
        holders: usize,
    },
}

/// What is known of a job.
#[derive(Clone, Debug)]
pub(crate) enum JobState {
    /// This thread runs it. If it has a place in a pool for which others wait, the pool is described.
    Runs {
        thread: String,
        pool: Option<String>,
    },
    /// It is in a queue, which is described.
    Queued(String),
    /// It is on its way, or runs on a thread of another crate's pool.
    Unknown,
}

/// All waits, and all that is known of what they wait for.
#[derive(Default)]
pub(crate) struct Graph {
    pub(crate) waits: Vec<ThreadWait>,
    pub(crate) tasks: HashMap<usize, TaskState>,
    pub(crate) jobs: HashMap<usize, JobState>,
    /// The tasks whose polls hold a worker for long, and which no wait is in.
    pub(crate) stalled: Vec<usize>,
    /// The innermost wait in a task, by the task's number.
    in_task: HashMap<usize, usize>,
    /// The innermost wait in a job, by the job's address.
    in_job: HashMap<usize, usize>,
}

impl Graph {
    /// Reads what every thread has noted.
    pub(crate) fn read() -> Self {
        let mut graph = Graph::default();
        for slot in threads::slots() {
            let thread = name(slot.thread());
            // The inner ones come later, and take the places of the outer ones.
            for wait in slot.waits() {
                let at = graph.waits.len();
                graph.in_job.insert(wait.job, at);
                if let Some(task) = wait.task {
                    graph.in_task.insert(task, at);
                }
                graph.waits.push(ThreadWait {
                    thread: thread.clone(),
                    wait,
                    slot: Arc::clone(&slot),
                });
            }
        }
        graph.read_tasks();
        graph
    }

    #[cfg(feature = "executor")]
    fn read_tasks(&mut self) {
        for node in tasks::nodes() {
            let state = node.state();
            if state.polls % 2 == 0 {
                let is = TaskIs::Waits {
                    since: state.since,
                    edges: state.edges,
                    polls: state.polls,
                    waker: node.waker(),
                    holders: if node.is_woken() {
                        usize::MAX
                    } else {
                        node.holders()
                    },
                };
                let spawned_at = node.spawned().at;
                let known = TaskState { spawned_at, is };
                self.tasks.insert(node.spawned().number.get(), known);
            }
        }
        for polled in threads::polled() {
            let (number, spawned_at, long) = (polled.number, polled.spawned_at, polled.long);
            let thread = name(&polled.thread);
            // A wait in it says more.
            let long = long.filter(|_| !self.in_task.contains_key(&number));
            let is = TaskIs::Polled { thread, long };
            self.tasks.insert(number, TaskState { spawned_at, is });
            if long.is_some() {
                self.stalled.push(number);
            }
        }
    }

    #[cfg(not(feature = "executor"))]
    fn read_tasks(&mut self) {}

    /// Finds out what the jobs are at that something waits for. Only a report needs it.
    pub(crate) fn read_jobs(&mut self) {
        let slots = threads::slots();
        let runs: HashMap<usize, &Arc<Slot>> =
            slots.iter().map(|slot| (slot.job(), slot)).collect();
        let targets: HashSet<usize> = self
            .edges()
            .filter_map(|edge| match edge.target {
                Target::Job { address, .. } => Some(address),
                Target::Task { .. } => None,
            })
            .collect();
        for address in targets {
            let waits = || Some(&self.waits[self.wait_in_job(address)?].slot);
            let slot = runs.get(&address).copied().or_else(waits);
            let state = match slot {
                Some(slot) => JobState::Runs {
                    thread: name(slot.thread()),
                    pool: queues::describe_full(slot.pool()),
                },
                None => queues::describe(address).map_or(JobState::Unknown, JobState::Queued),
            };
            self.jobs.insert(address, state);
        }
    }

    fn edges(&self) -> impl Iterator<Item = &Edge> {
        let of_tasks = self.tasks.values().flat_map(|task| match &task.is {
            TaskIs::Waits { edges, .. } => &edges[..],
            TaskIs::Polled { .. } => &[],
        });
        self.waits
            .iter()
            .flat_map(|wait| &wait.wait.edges)
            .chain(of_tasks)
    }

    /// Returns the tasks that wait by `.await`.
    pub(crate) fn waiting_tasks(&self) -> impl Iterator<Item = usize> {
        let waits = self.tasks.iter();
        let waits = waits.filter(|(_, task)| matches!(task.is, TaskIs::Waits { .. }));
        waits.map(|(number, _)| *number)
    }

    /// Returns the innermost wait in a task that is being polled.
    pub(crate) fn wait_in_task(&self, number: usize) -> Option<usize> {
        self.in_task.get(&number).copied()
    }

    /// Returns the innermost wait in a job.
    pub(crate) fn wait_in_job(&self, address: usize) -> Option<usize> {
        self.in_job.get(&address).copied()
    }

    /// Returns whether a wait is as the first pass has found it, and only its own edges hold its waker.
    pub(crate) fn is_closed(&self, at: usize) -> bool {
        let ThreadWait { wait, slot, .. } = &self.waits[at];
        let is_same = |now: &threads::Wait| now.id == wait.id && now.parks == wait.parks;
        if wait.is_interruptible || !wait.is_parked() || !slot.waits().iter().any(is_same) {
            return false;
        }
        match (&wait.level, wait.kind) {
            (Some(level), _) => {
                let own = wait.edges.iter().filter(|edge| edge.waker == wait.waker);
                own.count() == wait.edges.len()
                    && wait.edges.len() == holders(level)
                    && level.upgrade().is_some_and(|level| !level.is_woken())
            }
            // Only the job ends it.
            (None, kind) => kind == Kind::Join,
        }
    }

    /// Returns whether a task that waits is as the first pass has found it, and only its own edges hold its waker.
    #[cfg(feature = "executor")]
    pub(crate) fn is_task_closed(&self, number: usize) -> bool {
        let Some(TaskState {
            is:
                TaskIs::Waits {
                    edges,
                    polls,
                    waker,
                    holders,
                    ..
                },
            ..
        }) = self.tasks.get(&number)
        else {
            return false;
        };
        let node = tasks::nodes()
            .into_iter()
            .find(|node| node.spawned().number.get() == number);
        edges.iter().all(|edge| edge.waker == *waker)
            && edges.len() == *holders
            && node.is_some_and(|node| {
                node.state().polls == *polls && node.holders() == *holders && !node.is_woken()
            })
    }

    #[cfg(not(feature = "executor"))]
    pub(crate) fn is_task_closed(&self, _number: usize) -> bool {
        false
    }
}

impl threads::Wait {
    /// Returns whether it is parked.
    pub(crate) fn is_parked(&self) -> bool {
        self.parks % 2 == 1
    }
}

/// Returns how many hold a wait's waker, besides its driver.
pub(crate) fn holders(level: &Weak<dyn Level>) -> usize {
    // Two are the driver's.
    level.strong_count().saturating_sub(2)
}

/// Returns the name of a thread.
fn name(thread: &std::thread::Thread) -> String {
    match thread.name() {
        Some(name) => format!("\"{name}\""),
        None => format!("{:?}", thread.id()),
    }
}
