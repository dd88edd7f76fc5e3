//! What a graph says, in words.

use std::collections::HashSet;
use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::diagnose::certainty::Certainty;
use crate::diagnose::graph::{Graph, JobState, TaskIs, ThreadWait, holders};
use crate::waits::edges::{Edge, Line, Target};
#[cfg(feature = "executor")]
use crate::waits::tasks::is_watched;
use crate::waits::threads::Kind;

/// A node of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// A wait, by its place in the graph.
    Wait(usize),
    /// A task, by its number.
    Task(usize),
    /// A job, by its address.
    Job(usize),
}

impl Node {
    fn of(target: Target) -> Self {
        match target {
            Target::Task { number, .. } => Node::Task(number),
            Target::Job { address, .. } => Node::Job(address),
        }
    }
}

/// Describes a graph at a moment.
pub(crate) struct Describe<'a> {
    graph: &'a Graph,
    now: Instant,
}

impl<'a> Describe<'a> {
    pub(crate) fn new(graph: &'a Graph, now: Instant) -> Self {
        Describe { graph, now }
    }

    /// Returns what a node waits for.
    fn next(&self, node: Node) -> Vec<Node> {
        let of_edges = |edges: &[Edge]| edges.iter().map(|edge| Node::of(edge.target)).collect();
        let of_wait = |at: Option<usize>| at.map(Node::Wait).into_iter().collect();
        match node {
            Node::Wait(at) => of_edges(&self.graph.waits[at].wait.edges),
            Node::Task(number) => match self.graph.tasks.get(&number).map(|task| &task.is) {
                Some(TaskIs::Waits { edges, .. }) => of_edges(edges),
                Some(TaskIs::Polled { .. }) => of_wait(self.graph.wait_in_task(number)),
                None => Vec::new(),
            },
            Node::Job(address) => of_wait(self.graph.wait_in_job(address)),
        }
    }

    /// Adds what a node leads to, over any number of others.
    pub(crate) fn add_led_to(&self, from: Node, led_to: &mut HashSet<Node>) {
        for next in self.next(from) {
            if led_to.insert(next) {
                self.add_led_to(next, led_to);
            }
        }
    }

    /// Returns a circle that a node is in, beginning with it.
    pub(crate) fn cycle_from(&self, node: Node) -> Option<Vec<Node>> {
        let mut path = self.path(node, node, &mut HashSet::new())?;
        path.pop();
        Some(path)
    }

    /// Returns a path from one node to another, with both of them.
    fn path(&self, from: Node, to: Node, seen: &mut HashSet<Node>) -> Option<Vec<Node>> {
        for next in self.next(from) {
            if next == to {
                return Some(vec![from, to]);
            }
            if seen.insert(next) {
                if let Some(mut path) = self.path(next, to, seen) {
                    path.insert(0, from);
                    return Some(path);
                }
            }
        }
        None
    }

    /// Returns how sure it is that a circle never ends.
    pub(crate) fn certainty(&self, nodes: &[Node]) -> Certainty {
        let mut reached: Vec<Node> = nodes.to_vec();
        let mut at = 0;
        while let Some(node) = reached.get(at).copied() {
            let next = self.next(node);
            let is_closed = match node {
                Node::Wait(at) => self.graph.is_closed(at),
                Node::Task(number) => match self.graph.tasks.get(&number).map(|task| &task.is) {
                    Some(TaskIs::Waits { .. }) => self.graph.is_task_closed(number),
                    // It goes on after the wait that is in it.
                    Some(TaskIs::Polled { .. }) => true,
                    None => false,
                },
                Node::Job(_) => true,
            };
            // All that it waits for is among them, and it waits for something.
            if next.is_empty() || !is_closed {
                return Certainty::Likely;
            }
            for next in next {
                if !reached.contains(&next) {
                    reached.push(next);
                }
            }
            at += 1;
        }
        Certainty::Certain
    }

    /// Returns how sure it is that a wait never ends.
    pub(crate) fn certainty_of_wait(&self, at: usize) -> Certainty {
        if let Some(nodes) = self.cycle_from(Node::Wait(at)) {
            return self.certainty(&nodes);
        }
        let known = &self.graph.waits[at].wait;
        if known.edges.is_empty() && known.kind == Kind::Get && self.graph.is_closed(at) {
            return Certainty::Certain;
        }
        // No circle is led to from outside: what is in it has no other handle.
        Certainty::Slow
    }

    fn since(&self, since: Instant) -> String {
        seconds(self.now.saturating_duration_since(since))
    }

    /// Describes one node.
    fn describe(&self, node: Node, reached_by: Option<Target>) -> String {
        match node {
            Node::Wait(at) => {
                let ThreadWait { wait, thread, .. } = &self.graph.waits[at];
                let (line, since) = (wait.line, self.since(wait.since));
                match wait.kind {
                    Kind::Get => format!("`.get()` at {line}, on thread {thread}, {since}"),
                    Kind::Send => {
                        format!("`send` of the `produce` at {line}, on thread {thread}, {since}")
                    }
                    Kind::BlockOn => format!("`block_on` at {line}, on thread {thread}, {since}"),
                    Kind::Join => {
                        format!("drop of a handle that joins its code, on thread {thread}, {since}")
                    }
                }
            }
            Node::Task(number) => self.describe_task(number, reached_by),
            Node::Job(address) => {
                let made_at = match reached_by {
                    Some(Target::Job { made_at, .. }) => format!(" made at {made_at}"),
                    _ => String::new(),
                };
                let is = match self.graph.jobs.get(&address) {
                    Some(JobState::Runs { thread, pool: None }) => {
                        format!("run by thread {thread}")
                    }
                    Some(JobState::Runs {
                        thread,
                        pool: Some(pool),
                    }) => format!("run by thread {thread} for {pool}"),
                    Some(JobState::Queued(described)) => described.clone(),
                    _ => "on its way to a thread, or on a thread of another crate's pool".into(),
                };
                format!("blocking code{made_at}, {is}")
            }
        }
    }

    fn describe_task(&self, number: usize, reached_by: Option<Target>) -> String {
        let known = self.graph.tasks.get(&number);
        let spawned_at: Option<Line> = match (known, reached_by) {
            (Some(known), _) => Some(known.spawned_at),
            (None, Some(Target::Task { spawned_at, .. })) => Some(spawned_at),
            _ => None,
        };
        let task = match spawned_at {
            Some(at) => format!("task spawned at {at}"),
            None => "task".into(),
        };
        match known.map(|known| &known.is) {
            Some(TaskIs::Polled { thread, long: None }) => {
                format!("{task}, polled by thread {thread}")
            }
            Some(TaskIs::Polled {
                thread,
                long: Some((since, is_blocked)),
            }) => {
                let since = self.since(*since);
                let how = match is_blocked {
                    Some(true) => {
                        ", which is blocked by something that is no `.get()`: a lock, a `OnceLock`, a channel, a system call"
                    }
                    Some(false) => ", which computes",
                    None => "",
                };
                format!("{task}, in one poll for {since} on thread {thread}{how}")
            }
            Some(TaskIs::Waits { since, .. }) => {
                format!("{task}, has waited for {}", self.since(*since))
            }
            None => format!("{task}, which no thread polls"),
        }
    }

    /// Describes what follows a node that no other node follows.
    fn end(&self, node: Node) -> Option<String> {
        match node {
            Node::Wait(at) => {
                let wait = &self.graph.waits[at].wait;
                let held = wait.level.as_ref().map_or(0, holders);
                match (wait.edges.is_empty(), held) {
                    (false, _) => None,
                    (true, 0) if wait.kind == Kind::BlockOn => Some(
                        "nothing: nothing can wake it. This is meant if it serves for ever, as `block_on(pending())` does".into(),
                    ),
                    (true, 0) if wait.is_interruptible => {
                        Some("nothing: it ends when the handle of its code is dropped".into())
                    }
                    (true, _) if wait.kind == Kind::Send => Some(
                        "the handle of that stream: it holds as many items as may be made ahead, and takes none".into(),
                    ),
                    (true, 0) => Some("nothing: nothing can wake it, so it never ends".into()),
                    (true, _) => Some(
                        "something that is not of smartcall holds its waker: a timer, a socket, a channel, an async lock, a \
                         task of another runtime. If that belongs to a runtime that stands still, it never comes"
                            .into(),
                    ),
                }
            }
            Node::Task(number) => match self.graph.tasks.get(&number).map(|task| &task.is) {
                Some(TaskIs::Waits { edges, .. }) if edges.is_empty() => {
                    Some("something that is not of smartcall: a timer, a socket, a channel, an async lock".into())
                }
                None if is_watched(number) => Some(
                    "a worker: it was never polled. All workers are busy, or it is a task of a `LocalExecutor`, which only the \
                     `block_on` of that executor runs"
                        .into(),
                ),
                None => Some(
                    "a worker, or something that was not noted: the task was spawned before SMARTCALL_STUCK was read, or \
                     `on_stuck` or `waits` was first called"
                        .into(),
                ),
                _ => None,
            },
            Node::Job(address) => match self.graph.jobs.get(&address) {
                Some(JobState::Runs { .. }) if self.next(node).is_empty() => Some(
                    "what is in that code is not known: it computes, or is blocked by a lock, a channel, a system call".into(),
                ),
                _ => None,
            },
        }
    }

    /// Describes what else stands still.
    fn note(&self, node: Node) -> Option<&'static str> {
        let Node::Wait(at) = node else {
            return None;
        };
        self.graph.waits[at]
            .wait
            .in_poll
            .then_some("it is called in async code: nothing else in this future can go on")
    }

    fn target_to(&self, from: Node, to: Node) -> Option<Target> {
        let find = |edges: &[Edge]| {
            let mut targets = edges.iter().map(|edge| edge.target);
            targets.find(|target| Node::of(*target) == to)
        };
        match from {
            Node::Wait(at) => find(&self.graph.waits[at].wait.edges),
            Node::Task(number) => match &self.graph.tasks.get(&number)?.is {
                TaskIs::Waits { edges, .. } => find(edges),
                TaskIs::Polled { .. } => None,
            },
            Node::Job(_) => None,
        }
    }

    /// Describes the members of a circle, each with how the one before it leads to it.
    fn members(&self, nodes: &[Node]) -> Vec<String> {
        let before = nodes.iter().cycle().skip(nodes.len().saturating_sub(1));
        nodes
            .iter()
            .zip(before)
            .map(|(node, before)| self.describe(*node, self.target_to(*before, *node)))
            .collect()
    }

    /// Describes a circle in one line.
    pub(crate) fn line_of_cycle(&self, nodes: &[Node]) -> String {
        let members = self.members(nodes);
        format!("{} -> the first one again", members.join(" -> "))
    }

    /// Writes a circle over several lines.
    pub(crate) fn write_cycle(&self, text: &mut String, nodes: &[Node], certainty: Certainty) {
        let words = match certainty {
            Certainty::Certain => "these wait for each other, and nothing else can wake them",
            _ => "these wait for each other. Something else may wake or drop one of them",
        };
        let _ = writeln!(text, "{certainty}: {words}");
        for (n, (node, member)) in nodes.iter().zip(self.members(nodes)).enumerate() {
            let arrow = if n == 0 { "" } else { "-> " };
            let _ = writeln!(text, "  {arrow}{member}");
            for other in self.next(*node) {
                if !nodes.contains(&other) {
                    let described = self.describe(other, self.target_to(*node, other));
                    let _ = writeln!(text, "     also -> {described}");
                }
            }
        }
        let _ = writeln!(text, "  -> the first one again");
    }

    /// Describes a node and what it leads to in one line.
    pub(crate) fn line_of(&self, node: Node) -> String {
        let mut line = self.describe(node, None);
        let (mut at, mut seen) = (node, HashSet::from([node]));
        loop {
            let next = self.next(at);
            let Some(first) = next.first().copied() else {
                break;
            };
            let described = self.describe(first, self.target_to(at, first));
            let _ = write!(line, " -> {described}");
            if next.len() > 1 {
                let _ = write!(line, " (and {} more)", next.len() - 1);
            }
            if !seen.insert(first) {
                return line + " again";
            }
            at = first;
        }
        if let Some(end) = self.end(at) {
            let _ = write!(line, " -> {end}");
        }
        line
    }

    /// Writes a node, and what it leads to, over several lines.
    pub(crate) fn write_tree(&self, text: &mut String, node: Node, shown: &mut HashSet<Node>) {
        let _ = writeln!(text, "  {}", self.describe(node, None));
        self.write_rest(text, node, shown, 1);
    }

    fn write_rest(&self, text: &mut String, node: Node, shown: &mut HashSet<Node>, depth: usize) {
        let next = self.next(node);
        let indent = "  ".repeat(depth);
        if let Some(note) = self.note(node) {
            let _ = writeln!(text, "{indent}   ({note})");
        }
        for other in &next {
            let described = self.describe(*other, self.target_to(node, *other));
            let is_new = shown.insert(*other);
            let again = if is_new { "" } else { " (see above)" };
            let _ = writeln!(text, "{indent}-> {described}{again}");
            if is_new {
                let deeper = depth + usize::from(next.len() > 1);
                self.write_rest(text, *other, shown, deeper);
            }
        }
        if let Some(end) = self.end(node) {
            let _ = writeln!(text, "{indent}-> {end}");
        }
    }

    /// Returns a poll that holds its worker.
    pub(crate) fn stalled(&self, number: usize) -> Option<Stalled> {
        let known = self.graph.tasks.get(&number)?;
        let TaskIs::Polled {
            thread,
            long: Some((since, _)),
        } = &known.is
        else {
            return None;
        };
        Some(Stalled {
            number,
            spawned_at: known.spawned_at,
            thread: thread.clone(),
            lasted: self.now.saturating_duration_since(*since),
            text: self.describe(Node::Task(number), None),
        })
    }
}

/// A poll that holds its worker.
pub(crate) struct Stalled {
    pub(crate) number: usize,
    pub(crate) spawned_at: Line,
    pub(crate) thread: String,
    pub(crate) lasted: Duration,
    pub(crate) text: String,
}

/// Writes a duration as a person reads it.
pub(crate) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0..100 => format!("{:.1} s", duration.as_secs_f64()),
        100..6000 => format!("{} min", duration.as_secs() / 60),
        _ => format!("{:.1} h", duration.as_secs_f64() / 3600.0),
    }
}

/// Without an executor there are no tasks.
#[cfg(not(feature = "executor"))]
fn is_watched(_: usize) -> bool {
    false
}
