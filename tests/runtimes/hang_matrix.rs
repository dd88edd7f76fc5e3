//! The hang matrix: what becomes of a blocking wait on the threads of each executor.
//!
//! `cargo test --test runtimes hang_matrix -- --nocapture` prints it. Each cell is a process of its own,
//! so that one that blocks can be killed. The table says what each has to show.

use std::env;
use std::io::Read;
use std::panic::{self, PanicHookInfo};
use std::process::{self, Child, Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::limit;

mod executors;
mod scenarios;

use executors::{Scenario, run};
use scenarios::*;

// The table -----------------------------------------------------------------------------

/// The executors, and how many workers each is tried with.
///
/// `+` is the cure for those that can't be detected, `context::inside` around each future.
/// Where pollster or a plain thread is the executor, each task is a thread of its own.
const EXECUTORS: [(&str, &[usize]); 11] = [
    ("shim", &[1, 2, 8]),
    ("LocalExecutor", &[1]),
    ("tokio", &[1, 2, 8]),
    ("tokio, one thread", &[1]),
    ("smol", &[1, 2, 8]),
    ("smol+", &[1, 2, 8]),
    ("ThreadPool", &[1, 2, 8]),
    ("LocalPool", &[1]),
    ("pollster", &[1]),
    ("pollster+", &[1]),
    ("thread", &[1]),
];

/// The rows: the scenario by name, the scenario, and the cell of each executor in the order of
/// `EXECUTORS`.
///
/// | in the table | the cell |
/// |---|---|
/// | `t` | through |
/// | `b` | blocks (cannot be detected) |
/// | `I` `A` `F` `C` `L` | refused: in a task, by a host that cannot, in futures' or tokio's executor, in tokio's `LocalSet` |
/// | `T` | refused by tokio itself |
/// | `-` | does not apply |
/// | `btt` | with 1, 2 and 8 workers |
/// | `F/t/b` | the first whose feature is on: F is `futures-executor`, and all others but the last are `tokio` |
#[rustfmt::skip]
const ROWS: [(&str, Scenario, [&str; 11]); 48] = [
    //                                                                                           shim   Local  tokio  one    smol   smol+ TPool      LPool    poll.  p.+  thread
    ("a task gets a task that it spawned",               task_gets_its_task,                    ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("a task blocks on a task",                          task_blocks_on_its_task,               ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("the root gets a task, after a wait",               root_gets_a_task_after_a_wait,         ["t",   "A",   "t",   "C/b", "t",   "I", "F/t",     "F/b",   "t",   "I", "t"]),
    ("a task gets a task, after a wait",                 task_gets_its_task_after_a_wait,       ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("a task gets one that is behind it in the queue",   task_gets_the_next_in_the_queue,       ["t",   "A",   "t",   "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("a task of a LocalExecutor, run in a task, gets",   local_task_in_a_task_gets_a_task,      ["A",   "A",   "A",   "C/A", "A",   "I", "F/A",     "F/A",   "A",   "I", "A"]),
    ("a task is got by the one that it waits for",       task_is_got_by_the_one_it_waits_for,   ["t",   "A",   "t/btt", "C/b", "btt", "I", "F/btt", "F/b",   "t",   "I", "t"]),
    ("pairs that wait for each other, round by round",   pairs,                                 ["t",   "A",   "t/b", "C/b", "b",   "I", "F/b",     "F/b",   "t",   "I", "t"]),
    ("a plain thread gets a task",                       plain_thread_gets_a_task,              ["t",   "t",   "t",   "t",   "t",   "t", "t",       "t",     "t",   "t", "t"]),
    ("the root gets a task",                             root_gets_a_task,                      ["t",   "A",   "t",   "C/b", "t",   "I", "F/t",     "F/b",   "t",   "I", "t"]),
    ("blocking code, awaited by a task, gets a task",    blocking_code_gets_a_task,             ["t",   "t",   "t",   "t",   "t",   "t", "t",       "t",     "t",   "t", "t"]),
    ("a task gets in tokio's spawn_blocking",            spawn_blocking_gets_a_task,            ["-",   "-",   "t",   "t",   "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("a task gets in tokio's block_in_place",            block_in_place_gets_a_task,            ["-",   "-",   "t",   "-",   "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("a plain thread gets under tokio's enter guard",    enter_guard_gets_a_task,               ["-",   "-",   "t",   "t",   "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("a task beside the LocalSet gets a task",           task_beside_the_local_set_gets,        ["-",   "-",   "-",   "C/b", "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("a task of a LocalSet on a multi-thread root gets", local_set_task_gets,                   ["-",   "-",   "L/b", "-",   "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("the root of a LocalSet on a multi-thread root",    local_set_root_gets,                   ["-",   "-",   "T/b", "-",   "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("a task that has entered a tokio of one thread",    task_in_a_tokio_of_one_gets,           ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("a task that has entered a tokio of two threads",   task_in_a_tokio_of_two_gets,           ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("a task gets a yield",                              task_gets_a_yield,                     ["t",   "A",   "t/b", "C/b", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("a task gets 1,000 messages that are there",        task_gets_messages_that_are_there,     ["t",   "A",   "t/b", "C/b", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("a task gets what comes from elsewhere",            task_gets_from_elsewhere,              ["t",   "A",   "t",   "C/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("a task derefs what comes from elsewhere",          task_derefs,                           ["I",   "I",   "I/t", "I/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("a task tries to get; else it awaits the handle",   task_tries_to_get,                     ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("a task gets a value that is there, and in place",  task_gets_what_is_there,               ["t",   "t",   "t",   "t",   "t",   "t", "t",       "t",     "t",   "t", "t"]),
    ("nested gets on one stack",                         nested_gets_on_one_stack,              ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("nested gets with a task at every level",           nested_gets_with_tasks,                ["t",   "A",   "t/b", "C/b", "b",   "I", "F/b",     "F/b",   "t",   "I", "t"]),
    ("nested gets in jobs, on a pool of two",            nested_gets_in_jobs,                   ["t",   "t",   "t",   "t",   "t",   "t", "t",       "t",     "t",   "t", "t"]),
    ("a host's pool",                                    pool_of_a_host,                        ["t",   "t",   "t",   "t",   "t",   "t", "t",       "t",     "t",   "t", "t"]),
    ("every worker gets, ten times over",                every_worker_gets,                     ["t",   "A",   "t/b", "C/b", "b",   "I", "F/b",     "F/b",   "t",   "I", "t"]),
    ("a task waits for one in a blocked worker's queue",scenarios::task_waits_for_one_in_a_queue,         ["t",   "A",   "t/b", "C/b", "bbt", "I", "F/bbt",   "F/b",   "t",   "I", "t"]),
    ("try_get in a drop",                                try_get_in_a_drop,                     ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("try_get in a task that is cancelled",              try_get_in_a_cancelled_task,           ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("get in a worker that ends, before pollster's end",scenarios::get_before_pollster_ends,              ["t",   "t",   "t",   "t",   "-",   "-", "t",       "t",     "t",   "t", "t"]),
    ("get in a worker that ends, after pollster's end",  get_after_pollster_has_ended,          ["t",   "t",   "t",   "t",   "-",   "-", "t",       "t",     "t",   "t", "t"]),
    ("a task gets a join of sync parts that meet",       get_of_parts_that_meet,                ["t",   "A",   "t",   "C/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("a task gets a timeout over a sync part",           get_of_a_timeout,                      ["t",   "A",   "t",   "C/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("a task gets eight sync parts, unordered",          get_of_unordered_parts,                ["t",   "A",   "t",   "C/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("a task gets a sync part that is polled once",      get_of_a_part_that_is_left,            ["t",   "A",   "t",   "C/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("a task gets a LocalPool",                          get_of_a_local_pool,                   ["t",   "A",   "t",   "C/t", "t",   "I", "F/-",     "F/-",   "t",   "I", "t"]),
    ("a task gets sync code that runs a LocalPool",      get_of_a_local_pool_in_sync_code,      ["t",   "A",   "t",   "C/t", "t",   "I", "F/-",     "F/-",   "t",   "I", "t"]),
    ("a task gets a tokio of one thread that gets",      get_of_a_tokio_that_gets,              ["C/b", "A",   "C/-", "C/-", "C/b", "I", "F/C/b",   "F/C/b", "C/b", "I", "C/b"]),
    ("a task runs a tokio of one thread that gets",      tokio_in_a_task_gets,                  ["C/b", "A",   "-",   "-",   "C/b", "I", "F/C/b",   "F/C/b", "C/b", "I", "C/b"]),
    ("a task runs a tokio of two threads that gets",     tokio_of_two_in_a_task_gets,           ["t/b", "A",   "-",   "-",   "t/b", "I", "F/t/b",   "F/t/b", "t/b", "I", "t/b"]),
    ("a task runs a LocalPool that gets",                local_pool_in_a_task_gets,             ["F/b", "A",   "F/b", "F/C/b", "F/b", "I", "-",     "-",     "F/b", "I", "F/b"]),
    ("a task gets sync code that waits for a task",      get_of_sync_code_that_waits,           ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("a task gets a future whose first poll waits",      get_of_a_poll_that_waits,              ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("a nested get in a task's first poll",              nested_get_in_a_first_poll,            ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
];

/// What each code of the table stands for.
fn cell_of(code: char) -> String {
    match code {
        't' => "through".into(),
        'b' => "blocks (cannot be detected)".into(),
        'T' => format!("refused by tokio: {TOKIO_REFUSES}"),
        code => format!("refused: {}", words_of(code)),
    }
}

/// The first sentence of a refusal.
fn words_of(code: char) -> String {
    let refusal = match code {
        'I' => "this thread is polling a task of an executor",
        'A' => "this thread is polling a task of an executor that can't go on without it",
        'F' => "this thread is running an executor of the `futures` crate",
        'C' => "this thread is running a current-thread runtime of tokio",
        'L' => "this thread is running a `LocalSet` of tokio",
        'T' => return format!("by tokio: {TOKIO_REFUSES}"),
        code => panic!("the table has no code {code:?}"),
    };
    format!("cannot block here: {refusal}")
}

/// What tokio says where it refuses by itself.
const TOKIO_REFUSES: &str = "can call blocking only when running on the multi-threaded runtime";

/// The code of one cell, or none where the scenario does not apply.
fn code(cell: &str, workers: usize) -> Option<char> {
    let mut choices = cell.split('/').peekable();
    while let Some(codes) = choices.next() {
        let feature = match codes {
            _ if choices.peek().is_none() => true,
            "F" => cfg!(feature = "futures-executor"),
            _ => cfg!(feature = "tokio"),
        };
        if feature {
            let which = match (codes.len(), workers) {
                (1, _) | (3, 1) => 0,
                (3, 2) => 1,
                (3, 8) => 2,
                _ => panic!("the table has a cell {cell:?}"),
            };
            return codes.chars().nth(which).filter(|&code| code != '-');
        }
    }
    None
}

// The matrix ----------------------------------------------------------------------------

/// Says which cell a child process is.
const CELL: &str = "SMARTCALL_HANG_MATRIX_CELL";

/// How long a cell may take that is to end.
const LIMIT: Duration = Duration::from_secs(30);

/// How long a cell is watched that is to block.
const BLOCKS: Duration = Duration::from_secs(2);

/// How many cells are run at once: most of the time they wait.
const AT_ONCE: usize = 12;

/// One cell of the matrix.
struct Cell {
    row: usize,
    column: usize,
    workers: usize,
    expected: char,
    shown: String,
}

/// Each cell is as the table says.
#[test]
fn hang_matrix() {
    if let Ok(cell) = env::var(CELL) {
        run_cell(&cell);
    }
    limit(|| {
        let mut cells = cells();
        run_cells(&mut cells);
        println!("\n{}\n", matrix(&cells));
        let wrong: Vec<_> = cells.iter().filter_map(differs).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// The table is that of the docs, and blocks only where the executor cannot be detected.
#[test]
fn table() {
    assert_eq!(ROWS.len(), 48);
    let mut cells = cells();
    if cfg!(all(feature = "tokio", feature = "futures-executor")) {
        assert_eq!(cells.len(), 876);
        for cell in &mut cells {
            cell.shown = cell_of(cell.expected);
        }
        let documented = include_str!("../../docs/hang-matrix.md");
        let matrix = matrix(&cells);
        assert!(
            documented.contains(&matrix),
            "docs/hang-matrix.md should have:\n{matrix}",
        );
        for cell in cells.iter().filter(|cell| cell.expected == 'b') {
            assert_eq!(EXECUTORS[cell.column].0, "smol", "{}", name(cell));
        }
    }
}

/// All cells that apply.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, (.., columns)) in ROWS.iter().enumerate() {
        for (column, (_, workers)) in EXECUTORS.iter().enumerate() {
            for &workers in *workers {
                cells.extend(code(columns[column], workers).map(|expected| Cell {
                    row,
                    column,
                    workers,
                    expected,
                    shown: String::new(),
                }));
            }
        }
    }
    cells
}

fn name(cell: &Cell) -> String {
    let (scenario, ..) = ROWS[cell.row];
    let (executor, _) = EXECUTORS[cell.column];
    format!("{scenario}; {executor}, {} workers", cell.workers)
}

fn differs(cell: &Cell) -> Option<String> {
    let expected = cell_of(cell.expected);
    let shown = &cell.shown;
    (*shown != expected).then(|| format!("{}: expected {expected:?}, got {shown:?}", name(cell)))
}

/// Runs each cell in a process of its own, several at once.
fn run_cells(cells: &mut [Cell]) {
    let cells = Mutex::new(cells.iter_mut());
    let next = || cells.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(cell) = next() {
                    cell.shown = run_child(cell);
                }
            });
        }
    });
}

fn run_child(cell: &Cell) -> String {
    let limit = if cell.expected == 'b' { BLOCKS } else { LIMIT };
    let mut child = Command::new(env::current_exe().expect("the test's own path"))
        .args(["hang_matrix::hang_matrix", "--exact", "--nocapture"])
        .env(
            CELL,
            format!("{} {} {}", cell.row, cell.column, cell.workers),
        )
        .env("SMOL_THREADS", cell.workers.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the child starts");
    if !ends(&mut child, limit) {
        child.kill().expect("it can be killed");
        child.wait().expect("it is gone");
        return cell_of('b');
    }
    let mut output = String::new();
    let stdout = child.stdout.as_mut().expect("it is piped");
    stdout.read_to_string(&mut output).expect("it is text");
    let shown = output.lines().find_map(|line| line.strip_prefix(SHOWN));
    shown.unwrap_or("died without a word").to_owned()
}

fn ends(child: &mut Child, limit: Duration) -> bool {
    let until = Instant::now() + limit;
    while Instant::now() < until {
        if child.try_wait().expect("it is our child").is_some() {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}

/// The matrix, as the docs have it.
fn matrix(cells: &[Cell]) -> String {
    let mut lines = Vec::new();
    let names = EXECUTORS.map(|(name, _)| name).join(" | ");
    lines.push(format!("| | {names} |"));
    lines.push(format!("|---|{}", "---|".repeat(EXECUTORS.len())));
    for (row, (scenario, ..)) in ROWS.iter().enumerate() {
        let columns = (0..EXECUTORS.len()).map(|column| {
            let runs = cells
                .iter()
                .filter(|cell| cell.row == row && cell.column == column);
            short_cells(&runs.collect::<Vec<_>>())
        });
        let columns: Vec<_> = columns.collect();
        lines.push(format!("| {scenario} | {} |", columns.join(" | ")));
    }
    lines.push(String::new());
    for code in "IAFCLT".chars() {
        lines.push(format!("- **refused {code}**: {}", words_of(code)));
    }
    lines.push("- **blocks**: it hangs, and the executor can't be detected".into());
    lines.join("\n")
}

/// The cells of one executor, by the number of workers where that matters.
fn short_cells(cells: &[&Cell]) -> String {
    let groups: Vec<_> = cells
        .chunk_by(|cell, next| short(cell) == short(next))
        .collect();
    match groups[..] {
        [] => "–".into(),
        [group] => short(group[0]),
        _ => {
            let groups = groups.iter().map(|group| {
                let workers: Vec<_> = group.iter().map(|cell| cell.workers.to_string()).collect();
                format!("{}: {}", workers.join(", "), short(group[0]))
            });
            groups.collect::<Vec<_>>().join("; ")
        }
    }
}

/// A cell, as short as it has to be in a table.
fn short(cell: &Cell) -> String {
    let same = "tbIAFCLT".chars().find(|&code| cell_of(code) == cell.shown);
    match same {
        Some('t') => "through".into(),
        Some('b') => "blocks".into(),
        Some(code) => format!("refused {code}"),
        None => cell.shown.clone(),
    }
}

// A cell --------------------------------------------------------------------------------

/// What the line begins with by which a cell shows its result.
const SHOWN: &str = "the cell: ";

/// Runs one cell, as the whole of this process.
fn run_cell(cell: &str) -> ! {
    let mut numbers = cell
        .split(' ')
        .map(|n| n.parse::<usize>().expect("a number"));
    let mut next = || numbers.next().expect("three of them");
    let (_, scenario, _) = ROWS[next()];
    let (executor, _) = EXECUTORS[next()];
    let workers = next();
    panic::set_hook(Box::new(show_panic));
    // A thread that ends, so that what it does last is part of the cell.
    let ran = thread::spawn(move || run(executor, workers, scenario)).join();
    if ran.is_ok() {
        let last_words = LAST_WORDS.lock().expect("not poisoned").take();
        last_words.map(|words| words.recv().expect("they are said"));
        show("through");
    }
    show("panicked without a word");
}

/// Shows the result of the cell, and ends the process.
fn show(result: &str) -> ! {
    println!("\n{SHOWN}{result}");
    process::exit(0)
}

/// The first panic, on whatever thread, is the result.
fn show_panic(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (_, Some(text)) => text.as_str(),
        _ => "something else than text",
    };
    let place = info.location().expect("a panic has one");
    let here = place.file() == scenarios::FILE;
    let sentence = text.split(". ").next().unwrap_or(text);
    match text {
        TOKIO_REFUSES => show(&format!("refused by tokio: {text}")),
        _ if here && text.starts_with("cannot block here: ") => {
            show(&format!("refused: {sentence}"))
        }
        _ => show(&format!("panicked at {place}: {text}")),
    }
}

/// Where a thread says that it has run to its very end.
static LAST_WORDS: Mutex<Option<mpsc::Receiver<u32>>> = Mutex::new(None);
