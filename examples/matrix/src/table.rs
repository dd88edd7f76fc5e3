//! The table: runs the cells, compares them with the promises, and prints them.

use std::fmt::Write;
use std::mem;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::behaviours::{BEHAVIOURS, Behaviour, Body};
use crate::executors::{EXECUTORS, Executor};
use crate::promises::{Outcome, Promise, promise};

/// How long a cell may take before it counts as hung.
pub const LIMIT: Duration = Duration::from_secs(20);

/// The limit for an executor that has hung before. Its threads may be shared by the whole process, and never be free
/// again.
const LIMIT_AFTERWARDS: Duration = Duration::from_millis(500);

/// Why an executor without tasks does not run a behaviour with tasks.
const NO_TASKS: &str = "pollster drives one future and has no tasks: there is no other one to \
     spawn, and none to wait for.";

/// The result of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The outcome is the promised one.
    Kept(Outcome),
    /// The outcome is another one.
    Broken(String),
    /// The behaviour does not apply, for this reason.
    NotApplicable(&'static str),
    /// This system can't run the executor, for this reason.
    Skipped(String),
}

/// Runs a behaviour on an executor, unless it does not apply.
///
/// The limit is `LIMIT` at first, and is lowered if the behaviour hangs.
pub fn run(executor: &'static Executor, behaviour: &Behaviour, limit: &mut Duration) -> Cell {
    let &(_, _, ask, body) = behaviour;
    if matches!(body, Body::Tasks(_)) && !executor.has_tasks {
        return Cell::NotApplicable(NO_TASKS);
    }
    let promised = match promise(ask, executor.class) {
        Promise::Is(outcome) => outcome,
        Promise::Nothing(reason) => return Cell::NotApplicable(reason),
    };
    // A behaviour that hangs is left behind with its thread.
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send((executor.run)(body)));
    match told.recv_timeout(*limit) {
        Ok(Ok(seen)) if seen == promised => Cell::Kept(seen),
        Ok(Ok(Outcome::Wrong(words))) => {
            Cell::Broken(format!("promised {}, but {words}", code(&promised)))
        }
        Ok(Ok(seen)) => Cell::Broken(format!(
            "promised {}, seen {}",
            code(&promised),
            code(&seen)
        )),
        Ok(Err(reason)) => Cell::Skipped(reason),
        Err(RecvTimeoutError::Timeout) => {
            let waited = mem::replace(limit, LIMIT_AFTERWARDS);
            Cell::Broken(format!("hangs: no end after {waited:?}"))
        }
        Err(RecvTimeoutError::Disconnected) => {
            Cell::Broken("the executor's own thread panicked".into())
        }
    }
}

/// Returns the text of a cell.
fn code(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Works => "ok",
        Outcome::Here => "here",
        Outcome::Pool => "pool",
        Outcome::Through => "thru",
        Outcome::Refused => "no",
        Outcome::Inside => "in",
        Outcome::Outside => "out",
        Outcome::Wrong(_) => "FAIL",
    }
}

/// The meaning of the codes in the cells.
const LEGEND: &str = "\
ok    it does what its name says
here  the body ran on the thread that awaited or got the handle
pool  the body ran on another thread
thru  the blocking call went through, with the value
no    the blocking call was refused, in words and at the caller's line
in    context::current() says that this is a task
out   context::current() knows of no executor";

/// Wraps a sentence into lines that fit beside its number.
fn wrapped(sentence: &str) -> String {
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 96 => {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines.join("\n   ")
}

/// A table that is being printed.
struct Table {
    /// The sentences of the cells that show a number.
    sentences: Vec<String>,
    /// The cells with an outcome that was not promised.
    broken: Vec<String>,
    /// The number of cells with the promised outcome.
    kept: usize,
}

impl Table {
    /// Returns the number of a sentence.
    fn number(&mut self, sentence: &str) -> usize {
        let known = self.sentences.iter().position(|known| known == sentence);
        1 + known.unwrap_or_else(|| {
            self.sentences.push(sentence.into());
            self.sentences.len() - 1
        })
    }

    /// Returns the text of a cell.
    fn show(&mut self, cell: Cell, name: &str) -> String {
        match cell {
            Cell::Kept(outcome) => {
                self.kept += 1;
                code(&outcome).into()
            }
            Cell::NotApplicable(reason) => format!("n/a{}", self.number(reason)),
            Cell::Skipped(reason) => format!("({})", self.number(&format!("Skipped: {reason}."))),
            Cell::Broken(words) => {
                self.broken.push(format!("{name}: {words}"));
                "FAIL".into()
            }
        }
    }
}

/// Runs and prints the table, or the part that a name selects.
///
/// # Errors
///
/// Returns the cells without the promised outcome, or an error if there is no such name.
pub fn print(name: Option<&str>) -> Result<(), String> {
    let is_asked = |candidate: &str| name.is_none_or(|name| name.eq_ignore_ascii_case(candidate));
    let mut executors: Vec<_> = EXECUTORS.iter().filter(|ex| is_asked(ex.name)).collect();
    let mut behaviours: Vec<_> = BEHAVIOURS.iter().filter(|b| is_asked(b.0)).collect();
    match (executors.is_empty(), behaviours.is_empty()) {
        (true, true) => {
            let names: Vec<_> = EXECUTORS.iter().map(|ex| ex.name).collect();
            return Err(format!(
                "there is no executor and no behaviour of that name. The executors are {}; the \
                 behaviours are the ids of the table, such as A2a.",
                names.join(", ")
            ));
        }
        (true, false) => executors = EXECUTORS.iter().collect(),
        (false, true) => behaviours = BEHAVIOURS.iter().collect(),
        (false, false) => {}
    }

    let letters: Vec<_> = ('a'..).take(executors.len()).collect();
    for (letter, ex) in letters.iter().zip(&executors) {
        println!("{letter}  {:21} {}", ex.name, ex.class.words());
    }
    let heading = letters.iter().fold(String::new(), |mut line, letter| {
        let _ = write!(line, "{letter:5}");
        line
    });
    println!("\n{:30}{}", "", heading.trim_end());

    let mut table = Table {
        sentences: Vec::new(),
        broken: Vec::new(),
        kept: 0,
    };
    let mut limits = vec![LIMIT; executors.len()];
    for behaviour in behaviours {
        let &(id, what, ..) = behaviour;
        let mut line = format!("{id:5}{what:25}");
        for (ex, limit) in executors.iter().zip(&mut limits) {
            let name = format!("{id} ({what}) on {}", ex.name);
            let _ = write!(line, "{:5}", table.show(run(ex, behaviour, limit), &name));
        }
        println!("{}", line.trim_end());
    }

    println!("\n{LEGEND}\n");
    for (i, sentence) in table.sentences.iter().enumerate() {
        println!("{}  {}", i + 1, wrapped(sentence));
    }
    println!("\n{} cells are what is promised.", table.kept);
    match table.broken.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{} are not:\n{}",
            table.broken.len(),
            table.broken.join("\n")
        )),
    }
}
