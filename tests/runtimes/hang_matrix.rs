//! The hang matrix: what becomes of a blocking wait on the threads of each executor.
//!
//! `cargo test --test hang_matrix -- --nocapture` prints it. Each cell is a process of its own,
//! so that one that blocks can be killed. The table says what each has to show.

use std::cell::{OnceCell, RefCell};
use std::env;
use std::future::pending;
use std::io::Read;
use std::panic::{self, PanicHookInfo};
use std::process::{self, Child, Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use futures::executor::{LocalPool, LocalSpawner, ThreadPool};
use futures::future::{BoxFuture, Either, abortable, join_all, select};
use futures::stream::{FuturesUnordered, StreamExt};
use futures::task::{LocalSpawnExt, SpawnExt};
use smartcall::context::{self, Host, Job};
use smartcall::{CannotBlock, Dual, Executor, LocalExecutor, offload};

use crate::common::limit;

// The table ----------------------------------------------------------------------------

/// The executors, and how many workers each is tried with.
///
/// `+` is the cure for those that can't be recognised, `context::inside` around each future.
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

/// The rows: the id in BEHAVIOURS.md, or F and the section of FACTS.md; the scenario; and the
/// cell of each executor, in the order of `EXECUTORS`.
///
/// | in the table | the cell |
/// |---|---|
/// | `t` | through |
/// | `b` | blocks (cannot be recognised) |
/// | `I` `A` `F` `C` | refused: in a task, by a host that cannot, in futures' or tokio's executor |
/// | `T` | refused by tokio itself |
/// | `-` | does not apply |
/// | `btt` | with 1, 2 and 8 workers |
/// | `F/t/b` | the first whose feature is on: F is `futures-executor`, and all others but the last are `tokio` |
#[rustfmt::skip]
const ROWS: [(&str, &str, Scenario, [&str; 11]); 44] = [
    //                                                                                                     shim   Local  tokio  one    smol   smol+ TPool      LPool    poll.  p.+  thread
    ("F3",     "a task gets a task that it spawned",               task_gets_its_task,                    ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("F3 C19", "a task blocks on a task",                          task_blocks_on_its_task,               ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("F3",     "the root gets a task, after a wait",               root_gets_a_task_after_a_wait,         ["t",   "A",   "t",   "C/b", "t",   "I", "F/t",     "F/b",   "t",   "I", "t"]),
    ("F3",     "a task gets a task, after a wait",                 task_gets_its_task_after_a_wait,       ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("F3",     "a task gets one that is behind it in the queue",   task_gets_the_next_in_the_queue,       ["t",   "A",   "t",   "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("F3",     "a task of a LocalExecutor, run in a task, gets",   local_task_in_a_task_gets_a_task,      ["A",   "A",   "A",   "C/A", "A",   "I", "F/A",     "F/A",   "A",   "I", "A"]),
    ("F3",     "a task is got by the one that it waits for",       task_is_got_by_the_one_it_waits_for,   ["t",   "A",   "t/btt", "C/b", "btt", "I", "F/btt", "F/b",   "t",   "I", "t"]),
    ("F3",     "pairs that wait for each other, round by round",   pairs,                                 ["t",   "A",   "t/b", "C/b", "b",   "I", "F/b",     "F/b",   "t",   "I", "t"]),
    ("F4",     "a plain thread gets a task",                       plain_thread_gets_a_task,              ["t",   "t",   "t",   "t",   "t",   "t", "t",       "t",     "t",   "t", "t"]),
    ("F4",     "the root gets a task",                             root_gets_a_task,                      ["t",   "A",   "t",   "C/b", "t",   "I", "F/t",     "F/b",   "t",   "I", "t"]),
    ("F4",     "blocking code, awaited by a task, gets a task",    blocking_code_gets_a_task,             ["t",   "t",   "t",   "t",   "t",   "t", "t",       "t",     "t",   "t", "t"]),
    ("F4",     "a task gets in tokio's spawn_blocking",            spawn_blocking_gets_a_task,            ["-",   "-",   "t",   "t",   "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("F4",     "a task gets in tokio's block_in_place",            block_in_place_gets_a_task,            ["-",   "-",   "t",   "-",   "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("F4",     "a plain thread gets under tokio's enter guard",    enter_guard_gets_a_task,               ["-",   "-",   "t",   "t",   "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("F4",     "a task beside the LocalSet gets a task",           task_beside_the_local_set_gets,        ["-",   "-",   "-",   "C/b", "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("F4",     "a LocalSet on a multi-thread root gets",           local_set_on_the_root_gets,            ["-",   "-",   "T/b", "-",   "-",   "-", "-",       "-",     "-",   "-", "-"]),
    ("F4",     "a task gets a yield",                              task_gets_a_yield,                     ["t",   "A",   "t/b", "C/b", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("F4",     "a task gets 1,000 messages that are there",        task_gets_messages_that_are_there,     ["t",   "A",   "t/b", "C/b", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("A12",    "a task gets what comes from elsewhere",            task_gets_from_elsewhere,              ["t",   "A",   "t",   "C/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("A12",    "a task derefs what comes from elsewhere",          task_derefs,                           ["I",   "I",   "I/t", "I/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("A12",    "a task tries to get; else it awaits the handle",   task_tries_to_get,                     ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("A12",    "a task gets a value that is there, and in place",  task_gets_what_is_there,               ["t",   "t",   "t",   "t",   "t",   "t", "t",       "t",     "t",   "t", "t"]),
    ("C2",     "nested gets on one stack",                         nested_gets_on_one_stack,              ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("C2",     "nested gets with a task at every level",           nested_gets_with_tasks,                ["t",   "A",   "t/b", "C/b", "b",   "I", "F/b",     "F/b",   "t",   "I", "t"]),
    ("C2",     "nested gets in jobs, on a pool of two",            nested_gets_in_jobs,                   ["t",   "t",   "t",   "t",   "t",   "t", "t",       "t",     "t",   "t", "t"]),
    ("C5",     "a host's pool",                                    pool_of_a_host,                        ["t",   "t",   "t",   "t",   "t",   "t", "t",       "t",     "t",   "t", "t"]),
    ("C14",    "every worker gets, ten times over",                every_worker_gets,                     ["t",   "A",   "t/b", "C/b", "b",   "I", "F/b",     "F/b",   "t",   "I", "t"]),
    ("C15",    "a task waits for one in a blocked worker's queue", task_waits_for_one_in_a_queue,         ["t",   "A",   "t/b", "C/b", "bbt", "I", "F/bbt",   "F/b",   "t",   "I", "t"]),
    ("C16",    "try_get in a drop",                                try_get_in_a_drop,                     ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("C16",    "try_get in a task that is cancelled",              try_get_in_a_cancelled_task,           ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("C16",    "get in a worker that ends, before pollster's end", get_before_pollster_ends,              ["t",   "t",   "t",   "t",   "-",   "-", "t",       "t",     "t",   "t", "t"]),
    ("C16",    "get in a worker that ends, after pollster's end",  get_after_pollster_has_ended,          ["t",   "t",   "t",   "t",   "-",   "-", "t",       "t",     "t",   "t", "t"]),
    ("C17",    "a task gets a join of sync parts that meet",       get_of_parts_that_meet,                ["t",   "A",   "t",   "C/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("C17",    "a task gets a timeout over a sync part",           get_of_a_timeout,                      ["t",   "A",   "t",   "C/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("C17",    "a task gets eight sync parts, unordered",          get_of_unordered_parts,                ["t",   "A",   "t",   "C/t", "t",   "I", "F/t",     "F/t",   "t",   "I", "t"]),
    ("C17",    "a task gets a LocalPool",                          get_of_a_local_pool,                   ["t",   "A",   "t",   "C/t", "t",   "I", "F/-",     "F/-",   "t",   "I", "t"]),
    ("C17",    "a task gets sync code that runs a LocalPool",      get_of_a_local_pool_in_sync_code,      ["t",   "A",   "t",   "C/t", "t",   "I", "F/-",     "F/-",   "t",   "I", "t"]),
    ("C17",    "a task gets a tokio of one thread that gets",      get_of_a_tokio_that_gets,              ["C/b", "A",   "C/-", "C/-", "C/b", "I", "F/C/b",   "F/C/b", "C/b", "I", "C/b"]),
    ("C17",    "a task runs a tokio of one thread that gets",      tokio_in_a_task_gets,                  ["C/b", "A",   "-",   "-",   "C/b", "I", "F/C/b",   "F/C/b", "C/b", "I", "C/b"]),
    ("C17",    "a task runs a tokio of two threads that gets",     tokio_of_two_in_a_task_gets,           ["t/b", "A",   "-",   "-",   "t/b", "I", "F/t/b",   "F/t/b", "t/b", "I", "t/b"]),
    ("C17",    "a task runs a LocalPool that gets",                local_pool_in_a_task_gets,             ["F/b", "A",   "F/b", "F/C/b", "F/b", "I", "-",     "-",     "F/b", "I", "F/b"]),
    ("C18",    "a task gets sync code that waits for a task",      get_of_sync_code_that_waits,           ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("C18",    "a task gets a future whose first poll waits",      get_of_a_poll_that_waits,              ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
    ("C20",    "a nested get in a task's first poll",              nested_get_in_a_first_poll,            ["t",   "A",   "t/b", "C/b", "btt", "I", "F/btt",   "F/b",   "t",   "I", "t"]),
];

/// What each code of the table stands for.
fn cell_of(code: char) -> String {
    match code {
        't' => "through".into(),
        'b' => "blocks (cannot be recognised)".into(),
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

// The matrix ---------------------------------------------------------------------------

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

/// The table covers what it is to cover, and blocks where there is no help for it.
#[test]
fn table() {
    assert_eq!(ROWS.len(), 44);
    let mut cells = cells();
    if cfg!(all(feature = "tokio", feature = "futures-executor")) {
        assert_eq!(cells.len(), 810);
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
    let (id, scenario, ..) = ROWS[cell.row];
    let (executor, _) = EXECUTORS[cell.column];
    format!("{id}: {scenario}; {executor}, {} workers", cell.workers)
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
        .args(["hang_matrix", "--exact", "--nocapture"])
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
    for (row, (_, scenario, ..)) in ROWS.iter().enumerate() {
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
    for code in "IAFCT".chars() {
        lines.push(format!("- **refused {code}**: {}", words_of(code)));
    }
    lines.push("- **blocks**: it hangs, and the executor can't be recognised".into());
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
    let same = "tbIAFCT".chars().find(|&code| cell_of(code) == cell.shown);
    match same {
        Some('t') => "through".into(),
        Some('b') => "blocks".into(),
        Some(code) => format!("refused {code}"),
        None => cell.shown.clone(),
    }
}

// A cell -------------------------------------------------------------------------------

/// What the line begins with by which a cell shows its result.
const SHOWN: &str = "the cell: ";

/// Runs one cell, as the whole of this process.
fn run_cell(cell: &str) -> ! {
    let mut numbers = cell
        .split(' ')
        .map(|n| n.parse::<usize>().expect("a number"));
    let mut next = || numbers.next().expect("three of them");
    let (_, _, scenario, _) = ROWS[next()];
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
    let here = place.file() == file!();
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

// The executors ------------------------------------------------------------------------

type Run = BoxFuture<'static, ()>;
type Scenario = fn(Ex) -> Run;

/// Ends a task's handle: by cancelling the task, or not.
type End = Box<dyn FnOnce(Cancel) + Send>;

enum Cancel {
    Yes,
    No,
}

/// An executor, as the scenarios see it.
#[derive(Clone)]
struct Ex {
    name: &'static str,
    workers: usize,
    spawn: Arc<dyn Fn(Run) -> End + Send + Sync>,
    shim: Option<Arc<Executor>>,
}

impl Ex {
    fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> BoxFuture<'static, T> {
        let (sender, receiver) = oneshot::channel();
        let task = async move { drop(sender.send(future.await)) };
        (self.spawn)(Box::pin(task))(Cancel::No);
        Box::pin(async { receiver.await.expect("the task ends") })
    }

    /// Spawns a task that can be cancelled.
    fn spawn_to_cancel(&self, future: impl Future<Output = ()> + Send + 'static) -> End {
        (self.spawn)(Box::pin(future))
    }

    fn is_tokio(&self) -> bool {
        self.name.starts_with("tokio")
    }
}

thread_local! {
    /// The executors of one thread, whose handles can't leave it.
    static LOCAL_EXECUTOR: OnceCell<Rc<LocalExecutor>> = const { OnceCell::new() };
    static LOCAL_POOL: OnceCell<LocalSpawner> = const { OnceCell::new() };
}

/// Runs a scenario as the root of an executor.
fn run(name: &'static str, workers: usize, scenario: Scenario) {
    let ex = |spawn: Arc<dyn Fn(Run) -> End + Send + Sync>| Ex {
        name,
        workers,
        spawn,
        shim: None,
    };
    match name {
        "shim" => {
            let shim = Arc::new(Executor::builder().threads(workers).build());
            let spawner = Arc::clone(&shim);
            let ex = Ex {
                shim: Some(Arc::clone(&shim)),
                ..ex(Arc::new(move |run| {
                    let task = spawner.spawn(run);
                    Box::new(|cancel| match cancel {
                        Cancel::Yes => drop(task),
                        Cancel::No => task.detach(),
                    })
                }))
            };
            shim.block_on(scenario(ex));
        }
        "LocalExecutor" => {
            let local = Rc::new(LocalExecutor::new());
            LOCAL_EXECUTOR.with(|cell| cell.set(Rc::clone(&local)).expect("it is new"));
            let ex = ex(Arc::new(|run| {
                let task = LOCAL_EXECUTOR.with(|cell| cell.get().expect(OTHER_THREAD).spawn(run));
                Box::new(|cancel| match cancel {
                    Cancel::Yes => drop(task),
                    Cancel::No => task.detach(),
                })
            }));
            local.block_on(scenario(ex));
        }
        "tokio" => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(workers)
                // Each worker that blocks takes one, and at the default of 512 tokio has no
                // more of them: a 513th get would hang.
                .max_blocking_threads(4096)
                .enable_all()
                .build()
                .expect("it starts");
            let handle = runtime.handle().clone();
            let ex = ex(Arc::new(move |run| abort(handle.spawn(run))));
            runtime.block_on(scenario(ex));
        }
        "tokio, one thread" => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .max_blocking_threads(4096)
                .enable_all()
                .build()
                .expect("it starts");
            let ex = ex(Arc::new(|run| abort(tokio::task::spawn_local(run))));
            tokio::task::LocalSet::new().block_on(&runtime, scenario(ex));
        }
        "smol" => smol::block_on(scenario(ex(Arc::new(|run| cancel(smol::spawn(run)))))),
        "smol+" => smol::block_on(context::inside(scenario(ex(Arc::new(|run| {
            cancel(smol::spawn(context::inside(run)))
        }))))),
        "ThreadPool" => {
            let pool = ThreadPool::builder()
                .pool_size(workers)
                .create()
                .expect("it starts");
            let spawner = pool.clone();
            let ex = ex(Arc::new(move |run| {
                let handle = spawner.spawn_with_handle(run).expect("it runs");
                Box::new(|cancel| match cancel {
                    Cancel::Yes => drop(handle),
                    Cancel::No => handle.forget(),
                })
            }));
            futures::executor::block_on(scenario(ex));
        }
        "LocalPool" => {
            let mut pool = LocalPool::new();
            LOCAL_POOL.with(|cell| cell.set(pool.spawner()).expect("it is new"));
            let ex = ex(Arc::new(|run| {
                let handle = LOCAL_POOL.with(|cell| {
                    let spawner = cell.get().expect(OTHER_THREAD);
                    spawner.spawn_local_with_handle(run).expect("it runs")
                });
                Box::new(|cancel| match cancel {
                    Cancel::Yes => drop(handle),
                    Cancel::No => handle.forget(),
                })
            }));
            pool.run_until(scenario(ex));
        }
        "pollster" => {
            let ex = ex(Arc::new(|run| on_a_thread(run, pollster::block_on)));
            pollster::block_on(scenario(ex));
        }
        "pollster+" => {
            let ex = ex(Arc::new(|run| {
                on_a_thread(run, |run| pollster::block_on(context::inside(run)))
            }));
            pollster::block_on(context::inside(scenario(ex)));
        }
        "thread" => {
            let ex = ex(Arc::new(|run| {
                on_a_thread(run, |run| Dual::future(run).get())
            }));
            Dual::future(scenario(ex)).get();
        }
        name => panic!("there is no executor {name}"),
    }
}

const OTHER_THREAD: &str = "only the executor's thread can spawn";

fn abort(task: tokio::task::JoinHandle<()>) -> End {
    Box::new(move |cancel| match cancel {
        Cancel::Yes => task.abort(),
        Cancel::No => drop(task),
    })
}

fn cancel(task: smol::Task<()>) -> End {
    Box::new(|cancel| match cancel {
        Cancel::Yes => drop(task),
        Cancel::No => task.detach(),
    })
}

/// Runs a task on a thread of its own.
fn on_a_thread(run: Run, block_on: fn(Run)) -> End {
    let (run, handle) = abortable(run);
    thread::spawn(move || block_on(Box::pin(async { run.await.unwrap_or(()) })));
    Box::new(move |cancel| match cancel {
        Cancel::Yes => handle.abort(),
        Cancel::No => drop(handle),
    })
}

// FACTS 3 ------------------------------------------------------------------------------

/// Gets a future's value on this thread, whatever it is.
#[track_caller]
fn get<T>(future: impl Future<Output = T>) -> T {
    Dual::future(future).get()
}

/// Runs sync code in a task.
fn in_a_task(ex: Ex, code: impl FnOnce(&Ex) + Send + 'static) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        ex.spawn(async move { code(&inner) }).await;
    })
}

fn task_gets_its_task(ex: Ex) -> Run {
    in_a_task(ex, |ex| assert_eq!(get(ex.spawn(async { 5 })), 5))
}

/// By the shim's `block_on`, whosever the task is.
fn task_blocks_on_its_task(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let other = || Arc::new(Executor::builder().threads(1).build());
        let shim = ex.shim.clone().unwrap_or_else(other);
        assert_eq!(shim.block_on(ex.spawn(async { 5 })), 5);
    })
}

fn root_gets_a_task_after_a_wait(ex: Ex) -> Run {
    Box::pin(async move {
        ex.spawn(async {}).await;
        assert_eq!(get(ex.spawn(async { 5 })), 5);
    })
}

fn task_gets_its_task_after_a_wait(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        ex.spawn(async move {
            inner.spawn(async {}).await;
            assert_eq!(get(inner.spawn(async { 5 })), 5);
        })
        .await;
    })
}

fn task_gets_the_next_in_the_queue(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        let tasks = ex.spawn(async move {
            let (sender, receiver) = oneshot::channel();
            let gets = inner.spawn(async { assert_eq!(get(receiver), Ok(5)) });
            let sends = inner.spawn(async { assert_eq!(sender.send(5), Ok(())) });
            (gets, sends)
        });
        let (gets, sends) = tasks.await;
        gets.await;
        sends.await;
    })
}

fn local_task_in_a_task_gets_a_task(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let local = LocalExecutor::new();
        let task = ex.spawn(async { 5 });
        let gets = local.spawn(async { get(task) });
        assert_eq!(local.block_on(gets), 5);
    })
}

fn task_is_got_by_the_one_it_waits_for(ex: Ex) -> Run {
    Box::pin(async move {
        let (sender, receiver) = oneshot::channel();
        let first = ex.spawn(async { get(receiver) });
        let second = ex.spawn(async {
            assert_eq!(sender.send(5), Ok(()));
            get(first)
        });
        assert_eq!(second.await, Ok(5));
    })
}

/// Meetings of the first few to come, so that all workers are taken at once.
struct Meeting {
    come: AtomicUsize,
    workers: usize,
    barrier: Barrier,
}

impl Meeting {
    fn of(workers: usize) -> Arc<Self> {
        Arc::new(Meeting {
            come: AtomicUsize::new(0),
            workers,
            barrier: Barrier::new(workers),
        })
    }

    fn meet(&self) {
        if self.come.fetch_add(1, Ordering::Relaxed) < self.workers {
            self.barrier.wait();
        }
    }
}

fn pairs(ex: Ex) -> Run {
    Box::pin(async move {
        let meeting = Meeting::of(ex.workers);
        for _ in 0..200 {
            let pairs = (0..8).map(|i| {
                let inner = ex.clone();
                let meeting = Arc::clone(&meeting);
                ex.spawn(async move {
                    let (sender, receiver) = oneshot::channel();
                    meeting.meet();
                    let sends = inner.spawn(async move { assert_eq!(sender.send(i), Ok(())) });
                    assert_eq!(get(receiver), Ok(i));
                    sends.await;
                })
            });
            join_all(pairs).await;
        }
    })
}

// FACTS 4 ------------------------------------------------------------------------------

fn plain_thread_gets_a_task(ex: Ex) -> Run {
    Box::pin(async move {
        let task = ex.spawn(async { 5 });
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || sender.send(get(task)));
        assert_eq!(receiver.await, Ok(5));
    })
}

fn root_gets_a_task(ex: Ex) -> Run {
    Box::pin(async move { assert_eq!(get(ex.spawn(async { 5 })), 5) })
}

fn blocking_code_gets_a_task(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        ex.spawn(async move {
            let task = inner.spawn(async { 5 });
            assert_eq!(Dual::blocking(move || get(task)).await, 5);
        })
        .await;
    })
}

fn spawn_blocking_gets_a_task(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        ex.spawn(async move {
            let task = inner.spawn(async { 5 });
            let got = tokio::task::spawn_blocking(move || get(task)).await;
            assert_eq!(got.expect("it ends"), 5);
        })
        .await;
    })
}

fn block_in_place_gets_a_task(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let got = tokio::task::block_in_place(|| get(ex.spawn(async { 5 })));
        assert_eq!(got, 5);
    })
}

fn enter_guard_gets_a_task(ex: Ex) -> Run {
    Box::pin(async move {
        let task = ex.spawn(async { 5 });
        let handle = tokio::runtime::Handle::current();
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || {
            let _entered = handle.enter();
            sender.send(get(task))
        });
        assert_eq!(receiver.await, Ok(5));
    })
}

fn task_beside_the_local_set_gets(_: Ex) -> Run {
    Box::pin(async {
        let task = tokio::spawn(async { get(tokio::spawn(async { 5 })).expect("it ends") });
        assert_eq!(task.await.expect("it ends"), 5);
    })
}

/// A `LocalSet` can't leave its thread, so this root has one of its own.
fn local_set_on_the_root_gets(_: Ex) -> Run {
    Box::pin(async {
        let handle = tokio::runtime::Handle::current();
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || {
            let gets = async { get(tokio::task::spawn_local(async { 5 })).expect("it ends") };
            let task = async { tokio::task::spawn_local(gets).await.expect("it ends") };
            sender.send(handle.block_on(tokio::task::LocalSet::new().run_until(task)))
        });
        assert_eq!(receiver.await, Ok(5));
    })
}

fn task_gets_a_yield(ex: Ex) -> Run {
    in_a_task(ex, |ex| match ex.is_tokio() {
        true => get(tokio::task::yield_now()),
        false => get(futures_lite::future::yield_now()),
    })
}

fn task_gets_messages_that_are_there(ex: Ex) -> Run {
    in_a_task(ex, |_| get_messages_that_are_there())
}

/// More of tokio's messages than the budget of one of its tasks allows for.
fn get_messages_that_are_there() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    for i in 0..1000 {
        sender.send(i).expect("it is open");
    }
    get(async {
        for i in 0..1000 {
            assert_eq!(receiver.recv().await, Some(i));
        }
    });
}

// A12 ----------------------------------------------------------------------------------

/// A value from a thread that is no executor's.
fn from_elsewhere() -> impl Future<Output = u32> + Send + 'static {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || sender.send(5));
    async { receiver.await.expect("it is sent") }
}

fn task_gets_from_elsewhere(ex: Ex) -> Run {
    in_a_task(ex, |_| assert_eq!(get(from_elsewhere()), 5))
}

fn task_derefs(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        assert_eq!(*Dual::future(from_elsewhere()).boxed(), 5)
    })
}

fn task_tries_to_get(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        let words = ex.spawn(async move {
            match Dual::future(inner.spawn(async { 5 })).try_get() {
                Ok(five) => {
                    assert_eq!(five, 5);
                    None
                }
                Err(refused) => Some(await_handle(refused).await),
            }
        });
        show_refusal(words.await);
    })
}

/// Awaits the handle that `try_get` gave back, and returns the words.
async fn await_handle<D: Future<Output = u32>>(refused: CannotBlock<D>) -> String {
    let words = refused.to_string();
    assert_eq!(refused.into_handle().await, 5);
    words
}

fn show_refusal(words: Option<String>) {
    if let Some(words) = words {
        show(&format!("refused: {words}"));
    }
}

fn task_gets_what_is_there(ex: Ex) -> Run {
    Box::pin(async move {
        ex.spawn(async {
            assert_eq!(Dual::ready(5).get(), 5);
            assert_eq!(Dual::in_place(|| 5).get(), 5);
            assert_eq!(Dual::in_place(|| 5).await, 5);
        })
        .await;
    })
}

// C2, C5, C14, C15 ---------------------------------------------------------------------

/// A level takes more of the stack without optimisation.
const LEVELS: u32 = if cfg!(debug_assertions) { 200 } else { 1000 };

fn nested_gets_on_one_stack(ex: Ex) -> Run {
    fn down(ex: &Ex, level: u32) -> u32 {
        match level {
            0 => get(ex.spawn(async { 0 })),
            _ => get(async { down(ex, level - 1) }) + 1,
        }
    }
    in_a_task(ex, |ex| assert_eq!(down(ex, LEVELS), LEVELS))
}

fn nested_gets_with_tasks(ex: Ex) -> Run {
    fn down(ex: &Ex, level: u32) -> BoxFuture<'static, u32> {
        let inner = ex.clone();
        ex.spawn(async move {
            match level {
                0 => 0,
                _ => get(down(&inner, level - 1)) + 1,
            }
        })
    }
    Box::pin(async move { assert_eq!(down(&ex, LEVELS).await, LEVELS) })
}

fn nested_gets_in_jobs(ex: Ex) -> Run {
    fn down(ex: &Ex, level: u32) -> BoxFuture<'static, u32> {
        let inner = ex.clone();
        ex.spawn(async move {
            if level == 0 {
                return 0;
            }
            let below = down(&inner, level - 1);
            Dual::blocking(move || get(below) + 1).await
        })
    }
    Box::pin(async move {
        offload::set_max_jobs(2.try_into().expect("it is not zero"));
        assert_eq!(down(&ex, LEVELS).await, LEVELS);
    })
}

/// A host with a thread for each job.
struct ThreadEach {
    jobs: AtomicUsize,
}

impl Host for ThreadEach {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        self.jobs.fetch_add(1, Ordering::Relaxed);
        let thread = thread::Builder::new().name("the host's".into());
        thread.spawn(|| job.run()).expect("it starts");
        Ok(())
    }
}

fn pool_of_a_host(ex: Ex) -> Run {
    Box::pin(async move {
        let host = Arc::new(ThreadEach {
            jobs: AtomicUsize::new(0),
        });
        let inner = ex.clone();
        let gets = async move {
            let task = inner.spawn(async { 5 });
            Dual::blocking(move || (get(task), thread::current().name().map(String::from))).await
        };
        let got = ex.spawn(context::hosted(&host, gets)).await;
        assert_eq!(got, (5, Some("the host's".into())));
        assert_eq!(host.jobs.load(Ordering::Relaxed), 1);
    })
}

fn every_worker_gets(ex: Ex) -> Run {
    Box::pin(async move {
        let meeting = Meeting::of(ex.workers);
        let tasks = (0..10 * ex.workers).map(|i| {
            let inner = ex.clone();
            let meeting = Arc::clone(&meeting);
            ex.spawn(async move {
                meeting.meet();
                assert_eq!(get(inner.spawn(async move { i })), i);
            })
        });
        join_all(tasks).await;
    })
}

/// A worker takes several tasks off the executor's queue, and blocks in the first of them.
fn task_waits_for_one_in_a_queue(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        let (done, is_done) = oneshot::channel();
        let tasks = ex.spawn(async move {
            let blocks = inner.spawn(async { assert_eq!(get(is_done), Ok(())) });
            let queued: Vec<_> = (0..4).map(|i| inner.spawn(async move { i })).collect();
            let inner_too = inner.clone();
            let gets = inner.spawn(async move {
                let waits = inner_too.spawn(join_all(queued));
                assert_eq!(get(waits), [0, 1, 2, 3]);
            });
            (blocks, gets)
        });
        let (blocks, gets) = tasks.await;
        gets.await;
        assert_eq!(done.send(()), Ok(()));
        blocks.await;
    })
}

// C16 ----------------------------------------------------------------------------------

/// Tries to get a task when it is dropped.
struct GetsWhenDropped {
    ex: Ex,
    result: Option<oneshot::Sender<Got>>,
}

type Got = Result<u32, CannotBlock<Dual<u32>>>;

impl GetsWhenDropped {
    fn new(ex: &Ex) -> (Self, oneshot::Receiver<Got>) {
        let (result, got) = oneshot::channel();
        let gets = GetsWhenDropped {
            ex: ex.clone(),
            result: Some(result),
        };
        (gets, got)
    }
}

impl Drop for GetsWhenDropped {
    fn drop(&mut self) {
        let task = Dual::future(self.ex.spawn(async { 5 })).boxed();
        if let Some(result) = self.result.take() {
            drop(result.send(task.try_get()));
        }
    }
}

/// Shows what came of a `try_get`, whose handle works if it was given back.
async fn show_got(got: oneshot::Receiver<Got>) {
    match got.await.expect("it was dropped") {
        Ok(five) => assert_eq!(five, 5),
        Err(refused) => show_refusal(Some(await_handle(refused).await)),
    }
}

fn try_get_in_a_drop(ex: Ex) -> Run {
    Box::pin(async move {
        let (gets, got) = GetsWhenDropped::new(&ex);
        ex.spawn(async { drop(gets) }).await;
        show_got(got).await;
    })
}

fn try_get_in_a_cancelled_task(ex: Ex) -> Run {
    Box::pin(async move {
        let (gets, got) = GetsWhenDropped::new(&ex);
        let (begin, begun) = oneshot::channel();
        let end = ex.spawn_to_cancel(async move {
            let _gets = gets;
            begin.send(()).expect("somebody waits");
            pending().await
        });
        begun.await.expect("it begins");
        end(Cancel::Yes);
        show_got(got).await;
    })
}

/// Gets something when its thread ends.
struct GetsAtExit(mpsc::Sender<u32>);

impl Drop for GetsAtExit {
    fn drop(&mut self) {
        let _ = self.0.send(get(from_elsewhere()));
    }
}

thread_local! {
    static AT_EXIT: RefCell<Option<GetsAtExit>> = const { RefCell::new(None) };
}

/// Makes a task's thread get something when it ends. Thread-locals end in the order in which
/// they were first used, from the last to the first.
fn get_at_exit(ex: Ex, before: fn(), after: fn()) -> Run {
    in_a_task(ex, move |_| {
        let (sender, receiver) = mpsc::channel();
        *LAST_WORDS.lock().expect("not poisoned") = Some(receiver);
        before();
        AT_EXIT.with(|slot| *slot.borrow_mut() = Some(GetsAtExit(sender)));
        after();
    })
}

fn use_pollster() {
    pollster::block_on(futures_lite::future::yield_now());
}

fn get_before_pollster_ends(ex: Ex) -> Run {
    get_at_exit(ex, use_pollster, || ())
}

fn get_after_pollster_has_ended(ex: Ex) -> Run {
    get_at_exit(ex, || (), use_pollster)
}

// C17 ----------------------------------------------------------------------------------

/// A sync part that ends when as many have begun as the barrier is for.
fn meet(barrier: &Arc<Barrier>) -> impl Future<Output = u32> + Send + 'static {
    let barrier = Arc::clone(barrier);
    Dual::blocking(move || {
        barrier.wait();
        1
    })
}

async fn parts_that_meet() -> u32 {
    let barrier = Arc::new(Barrier::new(2));
    let (one, two) = futures::join!(meet(&barrier), meet(&barrier));
    one + two
}

fn get_of_parts_that_meet(ex: Ex) -> Run {
    in_a_task(ex, |_| assert_eq!(get(parts_that_meet()), 2))
}

fn get_of_a_timeout(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        let (tell, told) = mpsc::channel::<()>();
        let part = Box::pin(Dual::blocking(move || told.recv()));
        let (sender, timeout) = oneshot::channel::<()>();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(10));
            sender.send(())
        });
        // It ends only when it is told to.
        let Either::Left((Ok(()), part)) = get(select(timeout, part)) else {
            panic!("the part has ended");
        };
        tell.send(()).expect("it listens");
        assert_eq!(get(part), Ok(()));
    })
}

fn get_of_unordered_parts(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        let barrier = Arc::new(Barrier::new(8));
        let parts: FuturesUnordered<_> = (0..8).map(|_| meet(&barrier)).collect();
        assert_eq!(get(parts.collect::<Vec<_>>()), [1; 8]);
    })
}

fn local_pool_with_parts() -> u32 {
    let mut pool = LocalPool::new();
    let task = pool.spawner().spawn_local_with_handle(parts_that_meet());
    pool.run_until(task.expect("it runs"))
}

fn get_of_a_local_pool(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        assert_eq!(get(async { local_pool_with_parts() }), 2)
    })
}

fn get_of_a_local_pool_in_sync_code(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        assert_eq!(
            get(async { Dual::blocking(local_pool_with_parts).await }),
            2
        );
    })
}

/// Runs a tokio of one thread, in which a get waits for a task.
fn tokio_that_gets() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("it starts");
    let got = runtime.block_on(async { get(tokio::spawn(async { 5 })) });
    assert_eq!(got.expect("it ends"), 5);
}

fn get_of_a_tokio_that_gets(ex: Ex) -> Run {
    in_a_task(ex, |_| get(async { tokio_that_gets() }))
}

fn tokio_in_a_task_gets(ex: Ex) -> Run {
    in_a_task(ex, |_| tokio_that_gets())
}

/// A get in the root of a tokio of two threads, of what hangs there under any foreign driver.
fn tokio_of_two_in_a_task_gets(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .expect("it starts");
        runtime.block_on(async { get_messages_that_are_there() });
    })
}

fn local_pool_in_a_task_gets(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        let mut pool = LocalPool::new();
        let task = pool.spawner().spawn_local_with_handle(async { 5 });
        let task = task.expect("it runs");
        assert_eq!(pool.run_until(async { get(task) }), 5);
    })
}

// C18, C20 -----------------------------------------------------------------------------

/// A channel on which a task sends.
fn from_a_task(ex: &Ex) -> mpsc::Receiver<u32> {
    let (sender, receiver) = mpsc::channel();
    drop(ex.spawn(async move { sender.send(5).expect("somebody waits") }));
    receiver
}

fn get_of_sync_code_that_waits(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let channel = from_a_task(ex);
        assert_eq!(Dual::blocking(move || channel.recv()).get(), Ok(5));
    })
}

fn get_of_a_poll_that_waits(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let channel = from_a_task(ex);
        assert_eq!(get(async { channel.recv() }), Ok(5));
    })
}

fn nested_get_in_a_first_poll(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        assert_eq!(get(async { get(ex.spawn(async { 5 })) }), 5)
    })
}
