//! One suite for all steps: every caller gets the same results at every step.

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use common::{Database, limit, open};
use rusqlite::{Connection, TransactionBehavior};
use smartcall_gradual_migration::server::Server;
use smartcall_gradual_migration::{Error, Repository, http, this_thread, tool};

/// The commands for a new database, and the answers.
const SCRIPT: [(&str, Result<&str, &str>); 10] = [
    ("count nut", Ok("0")),
    ("put nut 5", Ok("5")),
    ("put nut 4", Ok("9")),
    ("take nut 2", Ok("7")),
    ("take nut 8", Err("too few: there are 7")),
    ("put nut 4294967290", Err("too many: there are 7")),
    ("count nut", Ok("7")),
    ("take nut 7", Ok("0")),
    ("take bolt 1", Err("too few: there are 0")),
    ("count bolt", Ok("0")),
];

/// The changes that the script makes.
const CHANGES: [(&str, i64); 4] = [("nut", 5), ("nut", 4), ("nut", -2), ("nut", -7)];

/// Runs the script with a caller.
#[track_caller]
fn check_script(ask: impl Fn(&str) -> Result<String, String>) {
    for (line, expected) in SCRIPT {
        let expected = expected.map(String::from).map_err(String::from);
        assert_eq!(ask(line), expected, "{line}");
    }
    let journal = ask("journal").expect("it can be read");
    let changes: Vec<(&str, i64)> = journal
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?.parse().ok()?))
        })
        .collect();
    assert_eq!(changes, CHANGES);
    assert_eq!(ask("changes"), Ok(journal), "row by row");
}

/// The sync caller.
fn tool_gets<R: Repository>() {
    let _limit = limit();
    let database = Database::new();
    let repository: R = open(&database.file());
    check_script(|line| tool::run(&repository, line));
    tool::run(&repository, "steal nut").expect_err("there is no such command");
}

/// The async caller, over HTTP.
fn server_awaits<R: Repository>() {
    let _limit = limit();
    let database = Database::new();
    let server = Server::start(open::<R>(&database.file())).expect("it starts");
    check_script(|line| http::ask(server.address(), line).expect("it is answered"));
}

/// The async caller, on the executor that the test runs on.
async fn task_awaits<R: Repository>() {
    let _limit = limit();
    let database = Database::new();
    let repository = R::open(&database.file()).await.expect("it opens");
    assert_eq!(repository.put("nut", 5).await.expect("it is put"), 5);
    assert_eq!(repository.take("nut", 2).await.expect("it is there"), 3);
    let error = repository.take("nut", 4).await.expect_err("too few");
    assert!(matches!(error, Error::TooFew { count: 3 }), "{error}");
    assert_eq!(repository.count("nut").await.expect("it is counted"), 3);
    let journal = repository.journal().await.expect("it can be read");
    assert_eq!(journal.iter().map(|change| change.by).sum::<i64>(), 3);
}

/// The tool, as a program, while the server uses the same database.
fn program_and_server<R: Repository>(step: &str) {
    let _limit = limit();
    let database = Database::new();
    let server = Server::start(open::<R>(&database.file())).expect("it starts");
    let ask = |line| http::ask(server.address(), line).expect("it is answered");
    assert_eq!(ask("put nut 5"), Ok("5".into()));
    let program = |words: [&str; 3]| {
        Command::new(env!("CARGO_BIN_EXE_smartcall-gradual-migration"))
            .arg(step)
            .arg(database.file())
            .args(words)
            .output()
            .expect("it runs")
    };
    assert_eq!(program(["take", "nut", "2"]).stdout, b"3\n");
    assert_eq!(
        program(["take", "nut", "4"]).stderr,
        b"too few: there are 3\n"
    );
    assert_eq!(ask("count nut"), Ok("3".into()));
}

/// Two callers at once: no change is lost.
fn callers_at_once<R: Repository>() {
    const EACH: u32 = 20;
    let _limit = limit();
    let database = Database::new();
    let repository: R = open(&database.file());
    let server = Server::start(repository.clone()).expect("it starts");
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    tool::run(&repository, "put nut 2").expect("it is put");
                    tool::run(&repository, "take nut 1").expect("it is there");
                }
            });
            scope.spawn(|| {
                for _ in 0..EACH {
                    let ask = |line| http::ask(server.address(), line).expect("it is answered");
                    ask("put nut 2").expect("it is put");
                    ask("take nut 1").expect("it is there");
                }
            });
        }
    });
    let count = repository.count("nut").get().expect("it is counted");
    assert_eq!(count, 4 * EACH);
}

/// While SQL waits, the one worker of the server keeps running.
///
/// Each method that writes must wait here for another program's transaction.
fn worker_goes_on<R: Repository>() {
    let _limit = limit();
    let database = Database::new();
    let server = Server::start(open::<R>(&database.file())).expect("it starts");
    let ask = |line: &str| http::ask(server.address(), line).expect("it is answered");
    assert_eq!(ask("put nut 5"), Ok("5".into()));
    for line in ["put nut 1", "take nut 1"] {
        let mut other = Connection::open(database.file()).expect("it opens");
        let transaction = other.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.expect("nobody else writes");
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let answer = ask(line);
                done.store(true, Ordering::Relaxed);
                answer
            });
            while ask("changing") != Ok("1".into()) {
                assert!(!done.load(Ordering::Relaxed), "the worker was held up");
            }
            transaction.rollback().expect("nothing was changed");
            waiting.join().expect("it asks").expect("it is done");
        });
    }
}

/// A file that can't be opened is an error, for both callers.
async fn no_database<R: Repository>() {
    let _limit = limit();
    let database = Database::new();
    let file = database.file().join("no such directory");
    let is_sqlite = |error: Error| matches!(error, Error::Sqlite(_));
    assert!(R::open(&file).await.err().is_some_and(is_sqlite));
    assert!(R::open(&file).get().err().is_some_and(is_sqlite));
}

/// The threads that ran the SQL of `put` and of `take`, according to the journal.
struct Threads {
    put: String,
    take: String,
}

impl Threads {
    fn new<R: Repository>(repository: &R, ask: impl Fn(&str)) -> Self {
        let seen = repository.journal().get().expect("it can be read").len();
        ask("put nut 5");
        ask("take nut 2");
        let mut journal = repository.journal().get().expect("it can be read");
        let mut new = journal.drain(seen..).map(|change| change.thread);
        Threads {
            put: new.next().expect("it was put"),
            take: new.next().expect("it was taken"),
        }
    }
}

/// Returns the threads of a sync caller and of an async one, and the server's worker.
fn threads<R: Repository>(file: &Path) -> (Threads, Threads, String) {
    let repository: R = open(file);
    let server = Server::start(repository.clone()).expect("it starts");
    let ask = |line: &str| http::ask(server.address(), line).expect("it is answered");
    let sync = Threads::new(&repository, |line| {
        tool::run(&repository, line).expect("it is done");
    });
    let asynchronous = Threads::new(&repository, |line| {
        ask(line).expect("it is done");
    });
    (sync, asynchronous, ask("thread").expect("it is known"))
}

/// Asserts where a blocking method runs: on the sync caller's own thread, and on a thread of the server's pool.
#[track_caller]
fn assert_blocking(sync: &str, asynchronous: &str, worker: &str) {
    assert_eq!(sync, this_thread());
    assert!(asynchronous.starts_with("server #"), "{asynchronous}");
    assert_ne!(asynchronous, worker);
}

/// Asserts where an async method runs: on the thread of the connection, for every caller.
#[track_caller]
fn assert_bound(sync: &str, asynchronous: &str, worker: &str) {
    assert_eq!(sync, asynchronous);
    assert_ne!(sync, this_thread());
    assert_ne!(sync, worker);
}

/// Defines the suite for a step.
macro_rules! suite {
    ($step:ident: put is $put:ident, take is $take:ident) => {
        mod $step {
            use smartcall_gradual_migration::$step::Stock;

            /// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in
            /// a tokio task.
            #[smartcall::test]
            fn tool_gets() {
                super::tool_gets::<Stock>();
            }

            #[test]
            fn server_awaits() {
                super::server_awaits::<Stock>();
            }

            /// Driven by one `.get()`, and on the three executors.
            #[smartcall::test]
            async fn task_awaits() {
                super::task_awaits::<Stock>().await;
            }

            #[test]
            fn program_and_server() {
                super::program_and_server::<Stock>(stringify!($step));
            }

            #[test]
            fn callers_at_once() {
                super::callers_at_once::<Stock>();
            }

            #[test]
            fn worker_goes_on() {
                super::worker_goes_on::<Stock>();
            }

            #[smartcall::test]
            async fn no_database() {
                super::no_database::<Stock>().await;
            }

            #[test]
            fn where_it_runs() {
                let _limit = super::limit();
                let database = super::Database::new();
                let (sync, awaited, worker) = super::threads::<Stock>(&database.file());
                super::$put(&sync.put, &awaited.put, &worker);
                super::$take(&sync.take, &awaited.take, &worker);
            }
        }
    };
}

suite!(step1: put is assert_blocking, take is assert_blocking);
suite!(step2: put is assert_blocking, take is assert_bound);
suite!(step3: put is assert_bound, take is assert_bound);
suite!(step4: put is assert_bound, take is assert_bound);
