//! [`Waits`]: the graph as the program sees it.

use std::collections::HashSet;
use std::fmt::{self, Write};
use std::panic::Location;
use std::time::{Duration, Instant};

use crate::diagnose::certainty::Certainty;
use crate::diagnose::chain::{self, Describe, Node, Stalled};
use crate::diagnose::graph::{Graph, Key};
#[cfg(feature = "executor")]
use crate::waits::tasks;
use crate::waits::threads::Kind;

/// Returns who waits for whom at this moment.
///
/// It takes the locks under which each thread notes its waits, one after the other and for some 100 ns each, and holds none of them
/// while it does anything else. So it can be called anywhere, also in a program that hangs: by a signal's thread, or in a handler
/// of a server.
///
/// Tasks that are spawned after the first call are *watched*: it is known what they `.await`, and each of them has one allocation
/// more.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
/// use smartcall::{Dual, diagnose};
///
/// let (sender, receiver) = futures::channel::oneshot::channel::<u32>();
/// let line = line!() + 1;
/// let waits = std::thread::spawn(|| Dual::future(receiver).get());
/// let wait = loop {
///     let waits = diagnose::waits();
///     if let Some(wait) = waits.iter().find(|wait| wait.line().is_some_and(|at| at.line() == line)) {
///         break wait.to_string();
///     }
/// };
/// assert!(wait.contains("`.get()` at "));
/// sender.send(5).unwrap();
/// assert_eq!(waits.join().unwrap(), Ok(5));
/// ```
pub fn waits() -> Waits {
    #[cfg(feature = "executor")]
    tasks::watch();
    Waits::of(Graph::read(), |_| true)
}

/// Who waits for whom at one moment.
///
/// `Display` prints a tree over several lines, cycles first. [`Wait`] and [`Cycle`] print one line each, for a log.
#[derive(Debug)]
pub struct Waits {
    waits: Vec<Wait>,
    cycles: Vec<Cycle>,
    ended: Vec<Wait>,
    /// The polls that hold workers, and that the waits lead to.
    polls: Vec<Wait>,
    text: String,
}

/// A wait that a thread is in, or a poll that holds its worker for long.
///
/// `Display` is one line: the wait, what it waits for, and so on, with arrows in between.
#[derive(Clone, Debug)]
pub struct Wait {
    key: Key,
    line: Option<&'static Location<'static>>,
    thread: String,
    lasted: Duration,
    certainty: Certainty,
    text: String,
}

/// Waits, tasks and blocking code that wait for each other in a circle.
///
/// `Display` is one line, with arrows between its members; it ends where it began.
#[derive(Clone, Debug)]
pub struct Cycle {
    certainty: Certainty,
    length: usize,
    text: String,
}

impl Waits {
    /// Reads a graph. The waits that are wanted are listed, by their number, and all that they lead to.
    pub(crate) fn of(mut graph: Graph, is_wanted: impl Fn(Key) -> bool) -> Self {
        graph.read_jobs();
        let describe = Describe::new(&graph, Instant::now());
        let wanted: Vec<usize> = (0..graph.waits.len())
            .filter(|at| is_wanted(Key::Wait(graph.waits[*at].wait.id)))
            .collect();
        let mut text = String::new();
        let mut in_cycles = HashSet::new();
        let mut cycles = Vec::new();
        // Tasks that only await each other have no thread, and no wait of one leads to them.
        let tasks = graph.waiting_tasks();
        let tasks = tasks.filter(|number| is_wanted(Key::Poll(*number)));
        let waits = wanted.iter().map(|at| Node::Wait(*at));
        for node in waits.chain(tasks.map(Node::Task)) {
            let Some(nodes) = describe.cycle_from(node) else {
                continue;
            };
            if nodes.iter().any(|node| in_cycles.contains(node)) {
                continue;
            }
            in_cycles.extend(nodes.iter().copied());
            let certainty = describe.certainty(&nodes);
            describe.write_cycle(&mut text, &nodes, certainty);
            cycles.push(Cycle {
                certainty,
                length: nodes.len(),
                text: describe.line_of_cycle(&nodes),
            });
        }
        let mut shown: HashSet<Node> = in_cycles.clone();
        // What nothing else leads to comes first, so that each tree is shown from its root.
        let mut led_to = HashSet::new();
        for at in &wanted {
            describe.add_led_to(Node::Wait(*at), &mut led_to);
        }
        let is_root = |at: &usize| !led_to.contains(&Node::Wait(*at));
        let (roots, rest): (Vec<_>, Vec<_>) = wanted.iter().copied().partition(is_root);
        for at in roots.into_iter().chain(rest) {
            if shown.insert(Node::Wait(at)) {
                let certainty = describe.certainty_of_wait(at);
                let _ = writeln!(text, "{certainty}:");
                describe.write_tree(&mut text, Node::Wait(at), &mut shown);
            }
        }
        let stalled = graph
            .stalled
            .iter()
            .filter(|number| is_wanted(Key::Poll(**number)));
        let stalled: Vec<usize> = stalled.copied().collect();
        for number in &stalled {
            if shown.insert(Node::Task(*number)) {
                let _ = writeln!(text, "{}:", Certainty::Slow);
                describe.write_tree(&mut text, Node::Task(*number), &mut shown);
            }
        }
        let waits = wanted.iter().map(|at| {
            let known = &graph.waits[*at];
            Wait {
                key: Key::Wait(known.wait.id),
                line: (known.wait.kind != Kind::Join).then_some(known.wait.line),
                thread: known.thread.clone(),
                lasted: known.wait.since.elapsed(),
                certainty: describe.certainty_of_wait(*at),
                text: describe.line_of(Node::Wait(*at)),
            }
        });
        let poll = |number: &usize| describe.stalled(*number).map(Wait::of_poll);
        let led_to = graph
            .stalled
            .iter()
            .filter(|number| !stalled.contains(number) && shown.contains(&Node::Task(**number)));
        Waits {
            waits: waits.chain(stalled.iter().filter_map(poll)).collect(),
            cycles,
            ended: Vec::new(),
            polls: led_to.filter_map(poll).collect(),
            text,
        }
    }

    /// The report of waits that were reported before, and have ended.
    pub(crate) fn of_ended(ended: Vec<Wait>) -> Self {
        let mut text = String::new();
        for wait in &ended {
            let _ = writeln!(text, "  {wait}");
        }
        Waits {
            waits: Vec::new(),
            cycles: Vec::new(),
            ended,
            polls: Vec::new(),
            text,
        }
    }

    /// Returns the waits by what is reported once.
    pub(crate) fn by_key(&self) -> impl Iterator<Item = (Key, &Wait)> {
        let shown = self.waits.iter().chain(&self.polls);
        shown.map(|wait| (wait.key, wait))
    }

    /// Returns the circles in which waits, tasks and blocking code wait for each other.
    pub fn cycles(&self) -> impl Iterator<Item = &Cycle> {
        self.cycles.iter()
    }

    /// Returns the waits, those in circles too.
    pub fn iter(&self) -> impl Iterator<Item = &Wait> {
        self.waits.iter()
    }

    /// Returns the waits that were reported before, and have ended since. There are some only in a report of
    /// [`on_stuck`](super::on_stuck).
    pub fn ended(&self) -> impl Iterator<Item = &Wait> {
        self.ended.iter()
    }

    /// Returns whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waits.is_empty()
    }
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize, what: &str| match n {
            1 => format!("1 {what}"),
            n => format!("{n} {what}s"),
        };
        if !self.ended.is_empty() {
            write!(f, "smartcall: {} ended", count(self.ended.len(), "wait"))?;
        } else {
            write!(f, "smartcall: {}", count(self.waits.len(), "wait"))?;
        }
        if !self.cycles.is_empty() {
            write!(f, ", {}", count(self.cycles.len(), "cycle"))?;
        }
        write!(f, "\n{}", self.text.trim_end())
    }
}

impl Wait {
    /// A poll that holds its worker.
    fn of_poll(poll: Stalled) -> Self {
        Wait {
            key: Key::Poll(poll.number),
            line: Some(poll.spawned_at),
            thread: poll.thread,
            lasted: poll.lasted,
            certainty: Certainty::Slow,
            text: poll.text,
        }
    }

    /// The same wait, which has ended.
    pub(crate) fn into_ended(self, lasted: Duration) -> Self {
        let thread = &self.thread;
        let what = match (self.line, self.key) {
            (Some(line), Key::Wait(_)) => format!("the wait at {line} on thread {thread}"),
            (Some(line), Key::Poll(_)) => format!("the poll of the task spawned at {line}"),
            (None, _) => format!("a drop that waits on thread {thread}"),
        };
        let text = format!("{what} has ended after {}", chain::seconds(lasted));
        Wait {
            lasted,
            text,
            ..self
        }
    }

    /// Returns the line of the `.get()` or `block_on`, or where the task was spawned that holds a worker. A drop that waits has none.
    pub fn line(&self) -> Option<&'static Location<'static>> {
        self.line
    }

    /// Returns the name of the thread in quotation marks, or its id if it has none.
    pub fn thread(&self) -> &str {
        &self.thread
    }

    /// Returns how long it has lasted so far.
    pub fn lasted(&self) -> Duration {
        self.lasted
    }

    /// Returns how sure it is that it never ends.
    pub fn certainty(&self) -> Certainty {
        self.certainty
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Cycle {
    /// Returns how sure it is that it never ends: likely or certain.
    pub fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// Returns how many members it has: waits, tasks, and pieces of blocking code.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.length
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.certainty, self.text)
    }
}
