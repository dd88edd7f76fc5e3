//! The programs of the torture bench, made of the fuzzer's bytes.

#![no_main]

use std::sync::{Arc, LazyLock};
use std::thread;

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/torture/mod.rs"]
mod torture;

use torture::generator::{Choices, Program, Site};
use torture::runner::{Bench, Watch, Watchdog, silence_payloads};
use torture::sites::Sites;
use torture::tally::Tally;

/// The executors, which all programs share: starting them takes longer than a program.
static BENCH: LazyLock<(Bench, Watchdog)> = LazyLock::new(|| {
    // The fuzzer ends the process at any other panic.
    silence_payloads();
    let (watch, watchdog) = Watch::start();
    let bench = Bench {
        sites: Arc::new(Sites::new(2)),
        tally: Arc::new(Tally::new()),
        watch,
    };
    (bench, watchdog)
});

fuzz_target!(|bytes: &[u8]| {
    let program = Arc::new(Program::new(Choices::Bytes(bytes)));
    let failures: Vec<String> = thread::scope(|scope| {
        let lanes = Site::ALL.map(|site| {
            let program = &program;
            scope.spawn(move || BENCH.0.run(program, "the program", site))
        });
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().expect("it catches panics"))
            .collect()
    });
    assert!(failures.is_empty(), "{failures:#?}\n  of {program}");
});
