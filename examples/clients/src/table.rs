//! The table of clients and modes. Each cell is a process of its own.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::clients::{Client, Health, LocalObjects, MemoryObjects, Nats, Postgres, Redis, Sqlite};
use crate::modes::{COUNT, Mode, modes};
use crate::servers::{self, Server};

/// How long a cell may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// A client and its server.
struct Subject {
    name: &'static str,
    start: fn() -> Result<Server>,
    modes: [(&'static str, Mode); COUNT],
}

fn subject<C: Client>(name: &'static str, start: fn() -> Result<Server>) -> Subject {
    let modes = modes::<C>();
    Subject { name, start, modes }
}

fn subjects() -> [Subject; 7] {
    [
        subject::<Sqlite>("sqlx", servers::file),
        subject::<Postgres>("postgres", servers::postgres),
        subject::<Redis>("redis", servers::redis),
        subject::<Health>("tonic", servers::health),
        subject::<MemoryObjects>("memory", servers::folder),
        subject::<LocalObjects>("local", servers::folder),
        subject::<Nats>("nats", servers::nats),
    ]
}

/// Runs a cell in this process.
///
/// # Errors
///
/// Returns the error of the client, or that there is no such client or mode.
pub fn run_cell(client: &str, mode: &str, at: &str) -> Result<()> {
    let subjects = subjects();
    let subject = subjects.iter().find(|subject| subject.name == client);
    let mut modes = subject.ok_or("there is no such client")?.modes.iter();
    let mode = modes.find(|(name, _)| *name == mode);
    let (_, run) = mode.ok_or("there is no such mode")?;
    run(at)
}

/// How each client went.
#[derive(Debug)]
pub struct Table(Vec<(&'static str, Row)>);

/// How a client went.
#[derive(Debug)]
enum Row {
    Ran(Vec<(&'static str, Cell)>),
    /// Why its server can't be had.
    Skipped(String),
}

/// How a mode of a client went.
#[derive(Debug)]
enum Cell {
    Ok,
    Hangs,
    Failed(String),
}

impl Table {
    /// Runs each cell by a program that calls [`run_cell`] with its arguments.
    ///
    /// # Errors
    ///
    /// Returns the error of starting the program.
    pub fn run(program: &Path) -> Result<Self> {
        let mut rows = Vec::new();
        for Subject { name, start, modes } in subjects() {
            let row = match start() {
                Ok(server) => {
                    let cell =
                        |(mode, _)| Ok((mode, Cell::run(program, [name, mode, &server.at])?));
                    Row::Ran(modes.into_iter().map(cell).collect::<Result<_>>()?)
                }
                Err(error) => Row::Skipped(error.to_string()),
            };
            rows.push((name, row));
        }
        Ok(Table(rows))
    }

    /// Returns whether nothing has failed or hung.
    pub fn is_green(&self) -> bool {
        self.0.iter().all(|(_, row)| match row {
            Row::Ran(cells) => cells.iter().all(|(_, cell)| matches!(cell, Cell::Ok)),
            Row::Skipped(_) => true,
        })
    }
}

impl Cell {
    fn run(program: &Path, arguments: [&str; 3]) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()?;
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if begin.elapsed() > LIMIT {
                child.kill()?;
                child.wait()?;
                return Ok(Cell::Hangs);
            }
            thread::sleep(Duration::from_millis(2));
        };
        if status.success() {
            return Ok(Cell::Ok);
        }
        let mut said = String::new();
        if let Some(mut stderr) = child.stderr {
            stderr.read_to_string(&mut said)?;
        }
        Ok(Cell::Failed(format!("{status}: {}", said.trim())))
    }

    fn word(&self) -> &'static str {
        match self {
            Cell::Ok => "ok",
            Cell::Hangs => "HANGS",
            Cell::Failed(_) => "FAILED",
        }
    }
}

/// A mode a row, a client a column, and then why something failed or was skipped.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:15}", "")?;
        for (client, _) in &self.0 {
            write!(f, " {client:9}")?;
        }
        for (at, (mode, _)) in modes::<Sqlite>().iter().enumerate() {
            write!(f, "\n{mode:15}")?;
            for (_, row) in &self.0 {
                let word = match row {
                    Row::Ran(cells) => cells[at].1.word(),
                    Row::Skipped(_) => "SKIPPED",
                };
                write!(f, " {word:9}")?;
            }
        }
        for (client, row) in &self.0 {
            match row {
                Row::Skipped(why) => write!(f, "\n{client} was SKIPPED: {why}")?,
                Row::Ran(cells) => {
                    for (mode, cell) in cells {
                        if let Cell::Failed(why) = cell {
                            write!(f, "\n{client}, {mode}: {why}")?;
                        }
                    }
                }
            }
        }
        writeln!(f)
    }
}
