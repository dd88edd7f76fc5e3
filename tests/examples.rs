//! The examples, run as a newcomer runs them.

#![cfg(feature = "executor")]

mod common;

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::SystemTime;

use common::limit;

/// What the examples read unless told otherwise.
const CARGO_TOML: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// Each caller and operation runs as the table of the context says.
#[test]
fn quickstart_shows_how_each_of_the_four_was_run() {
    limit(|| {
        let rows = four_rows(&run("quickstart", &[]), CARGO_TOML);
        for row in &rows {
            let [_, operation, how, thread, tries, result, _] = row.each_ref().map(String::as_str);
            match how {
                "here" | "driven" => assert_eq!(thread, "main"),
                "pool" => assert!(thread.starts_with("blocking-"), "{row:?}"),
                _ => assert_eq!(thread, "shim-0"),
            }
            if operation == "sync: read Cargo.toml" {
                assert_eq!(tries, "1");
            } else {
                // The server hangs up on every other client.
                assert_eq!((tries, result), ("2", "HTTP/1.0 200 OK"));
                let port = operation.strip_prefix("async: ask 127.0.0.1:");
                assert!(
                    port.is_some_and(|port| port.parse::<u16>().is_ok()),
                    "{row:?}"
                );
            }
        }
    });
}

/// Each of five deadlocks is reported, in words that say no more than is known.
#[cfg(feature = "diagnose")]
#[test]
fn stuck_says_why_each_deadlock_waits() {
    limit(|| {
        let output = run("stuck", &[]);
        let text = String::from_utf8_lossy(&output.stdout);
        let reports: Vec<&str> = text.split("# ").skip(1).collect();
        let parts: [&[&str]; 5] = [
            &["slow:", "nothing else in this future can go on"],
            &[
                "2 waits, 1 cycle",
                "certain:",
                "-> task spawned at examples/stuck.rs:",
                "-> the first one again",
            ],
            &[
                "slow:",
                "-> task spawned at examples/stuck.rs:",
                "in one poll for",
            ],
            &[
                "slow:",
                "run by thread \"smartcall-single\"",
                "in the queue of the `SingleThread`",
            ],
            &["slow:", "runtime that stands still"],
        ];
        assert_eq!(reports.len(), parts.len(), "{text}");
        for (report, parts) in reports.iter().zip(parts) {
            assert_eq!(
                report.contains("certain:"),
                parts.contains(&"certain:"),
                "{report}"
            );
            for part in parts {
                assert!(report.contains(part), "no {part} in: {report}");
            }
        }
    });
}

#[test]
fn quickstart_takes_a_file_and_a_server() {
    limit(|| {
        let file = scratch("one\ntwo\nthree\n");
        let file = file.to_str().expect("UTF-8");
        let (server, address) = listen();
        let replies = ["first", "second"];
        let serving = thread::spawn(move || {
            for reply in replies {
                let (mut client, _) = server.accept().expect("a client");
                let request = client.read(&mut [0; 100]).expect("a request");
                assert_ne!(request, 0);
                writeln!(client, "{reply}").expect("the client waits");
            }
        });
        let rows = four_rows(&run("quickstart", &[file, &address]), file);
        serving.join().expect("two requests");
        fs::remove_file(file).expect("it was there");

        for (row, reply) in [&rows[1], &rows[3]].into_iter().zip(replies) {
            let [_, operation, _, _, tries, result, _] = row.each_ref().map(String::as_str);
            assert_eq!(operation, format!("async: ask {address}"));
            assert_eq!((tries, result), ("1", reply));
        }
    });
}

#[test]
fn quickstart_names_a_file_that_is_not_there() {
    limit(|| {
        let output = run("quickstart", &["no/such/file"]);
        assert_fails(&output, "quickstart: cannot read no/such/file: ");
    });
}

#[test]
fn quickstart_names_an_address_that_is_none() {
    limit(|| {
        let output = run("quickstart", &[CARGO_TOML, "nowhere"]);
        assert_fails(&output, "quickstart: cannot find nowhere: ");
    });
}

#[test]
fn quickstart_names_a_server_that_is_gone() {
    limit(|| {
        let (_server, address) = listen();
        // The port of a client: no server listens there, and no other process can get it.
        let client = TcpStream::connect(address).expect("the server is there");
        let gone = client.local_addr().expect("it is connected").to_string();
        let output = run("quickstart", &[CARGO_TOML, &gone]);
        assert_fails(&output, &format!("quickstart: cannot ask {gone}: "));
    });
}

#[test]
fn quickstart_gives_up_on_a_server_that_hangs_up() {
    limit(|| {
        let (server, address) = listen();
        let clients = Arc::new(AtomicU32::new(0));
        let counting = Arc::clone(&clients);
        thread::spawn(move || {
            for client in server.incoming() {
                counting.fetch_add(1, Ordering::SeqCst);
                drop(client);
            }
        });
        let output = run("quickstart", &[CARGO_TOML, &address]);
        assert_fails(&output, &format!("quickstart: cannot ask {address}: "));
        assert_eq!(clients.load(Ordering::SeqCst), 3);
    });
}

/// One library, on four executors and from sync code.
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn embed_gets_the_same_for_each_caller() {
    limit(|| {
        let output = run("embed", &[]);
        let stdout = succeeded(&output);
        let text = fs::read_to_string(CARGO_TOML).expect("it is there");
        let result = format!("  {} lines, loaded on ", text.lines().count());
        let mut callers = Vec::new();
        for line in stdout.lines() {
            let (caller, thread) = line.split_once(&result).expect("what each caller got");
            let caller = caller.trim_end();
            callers.push(caller);
            if caller == "plain sync code" {
                assert_eq!(thread, "main");
            } else {
                assert!(thread.starts_with("blocking-"), "{line}");
            }
        }
        let expected = [
            "plain sync code",
            "smartcall's Executor",
            "futures' LocalPool",
            "pollster",
            "tokio",
        ];
        assert_eq!(callers, expected);
    });
}

/// Checks the table of quickstart, but for what depends on the arguments.
#[track_caller]
fn four_rows(output: &Output, file: &str) -> [[String; 7]; 4] {
    let stdout = succeeded(output);
    let mut lines = stdout.lines().map(cells);
    let header = [
        "CALLER",
        "OPERATION",
        "HOW",
        "THREAD",
        "TRIES",
        "RESULT",
        "TIME",
    ];
    assert_eq!(lines.next().expect("a header"), header);
    let rows: Vec<_> = lines.collect();
    let rows: [[String; 7]; 4] = rows.try_into().expect("four rows");

    let text = fs::read_to_string(file).expect("the file that was read");
    let size = format!("{} lines, {} bytes", text.lines().count(), text.len());
    let found = rows
        .each_ref()
        .map(|[caller, operation, how, _, _, result, time]| {
            let kind = operation.split(':').next().unwrap_or_default();
            if kind == "sync" {
                assert_eq!(*result, size);
            }
            let digits = time.trim_end_matches(['n', 'µ', 'm', 's']);
            assert!(digits != time && digits.parse::<u64>().is_ok(), "{time}");
            (caller.as_str(), kind, how.as_str())
        });
    let expected = [
        ("sync: .get()", "sync", "here"),
        ("sync: .get()", "async", "driven"),
        ("async: .await", "sync", "pool"),
        ("async: .await", "async", "polled through"),
    ];
    assert_eq!(found, expected);
    rows
}

/// The cells of a row. There are two spaces or more between them.
#[track_caller]
fn cells(line: &str) -> [String; 7] {
    let cells = line.split("  ").map(str::trim);
    let cells: Vec<_> = cells
        .filter(|cell| !cell.is_empty())
        .map(String::from)
        .collect();
    cells.try_into().expect("seven cells")
}

/// Checks that an example ended well, and returns what it printed.
#[track_caller]
fn succeeded(output: &Output) -> &str {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    assert_eq!(stderr, "");
    std::str::from_utf8(&output.stdout).expect("UTF-8")
}

/// Checks that an example ended in an error that begins so, and has one line.
#[track_caller]
fn assert_fails(output: &Output, error: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with(error), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

/// A server of the test's own, and its address.
#[track_caller]
fn listen() -> (TcpListener, String) {
    let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = server.local_addr().expect("it is bound");
    (server, address.to_string())
}

/// A file with this text.
#[track_caller]
fn scratch(text: &str) -> PathBuf {
    let name = format!("quickstart-{}.txt", process::id());
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, text).expect("a place for the tests' files");
    file
}

/// Runs an example to its end.
#[track_caller]
fn run(example: &str, args: &[&str]) -> Output {
    let mut command = built(example).map_or_else(
        || {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["run", "--quiet", "--example", example, "--"]);
            cargo
        },
        Command::new,
    );
    command
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the example starts")
}

/// The binary of an example, unless it is older than its sources.
///
/// `cargo test` builds the examples with the tests; `cargo test --test examples` does not.
fn built(example: &str) -> Option<PathBuf> {
    // This test is in `deps`, beside `examples`.
    let test = env::current_exe().ok()?;
    let name = format!("examples/{example}{}", env::consts::EXE_SUFFIX);
    let binary = test.parent()?.parent()?.join(name);

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = vec![root.join(format!("examples/{example}.rs"))];
    sources_in(&root.join("src"), &mut sources);
    sources_in(&root.join("context/src"), &mut sources);
    let changed = sources.iter().filter_map(|source| modified(source)).max();
    (modified(&binary) >= changed).then_some(binary)
}

/// Adds the files in a folder, and in the folders in it.
fn sources_in(folder: &Path, sources: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources_in(&path, sources);
        } else {
            sources.push(path);
        }
    }
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}
