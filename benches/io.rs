//! What reading and writing cost through a `DualIo`: `cargo bench --bench io`.
//!
//! Ratios are relative to the first row of each group, which is ours. A file is read as a whole, from the system's cache.

mod bodies;
mod rounds;

use std::io::{BufRead, BufReader, Cursor};
use std::time::Duration;

use blocking::Unblock;
use bodies::io::*;
use rounds::{group, subject, timed};
use smartcall::DualIo;
use tokio::runtime::Runtime;

const SIZE: usize = 8 << 20;

fn main() {
    let file = TempFile::new(SIZE);
    let runtime = Runtime::new().expect("tokio's runtime starts");
    for (name, size, passes) in [
        ("an awaited file, reads of 8 KiB", 8 << 10, 4),
        ("an awaited file, reads of 256 KiB", 256 << 10, 8),
    ] {
        reads(name, &file, &runtime, size, passes);
    }
    writes(&file, &runtime);
    sixteen(&runtime);
    lines();
}

fn reads(name: &str, file: &TempFile, runtime: &Runtime, size: usize, passes: u64) {
    group(
        name,
        vec![
            subject(
                "DualIo",
                passes,
                timed(|| pollster::block_on(read_all(DualIo::blocking(file.open()), size))),
            ),
            subject(
                "blocking::Unblock",
                passes,
                timed(|| pollster::block_on(read_all(Unblock::new(file.open()), size))),
            ),
            subject(
                "DualIo under tokio's block_on",
                passes,
                timed(|| runtime.block_on(read_all(DualIo::blocking(file.open()), size))),
            ),
            subject(
                "tokio File",
                passes,
                timed(|| {
                    let file = tokio::fs::File::from_std(file.open());
                    runtime.block_on(read_all_tokio(file, size));
                }),
            ),
            subject(
                "File, sync",
                passes,
                timed(|| read_all_sync(file.open(), size)),
            ),
            subject(
                "DualIo, sync",
                passes,
                timed(|| read_all_sync(DualIo::blocking(file.open()), size)),
            ),
        ],
    );
}

fn writes(file: &TempFile, runtime: &Runtime) {
    const SIZES: [(&str, usize, usize); 3] = [
        ("an awaited file, writes of 16 bytes", 16, 16 << 10),
        ("an awaited file, writes of 8 KiB", 8 << 10, 128),
        ("an awaited file, writes of 256 KiB", 256 << 10, 32),
    ];
    for (name, size, parts) in SIZES {
        group(
            name,
            vec![
                subject(
                    "DualIo",
                    4,
                    timed(|| {
                        pollster::block_on(write_all(DualIo::blocking(file.open()), size, parts))
                    }),
                ),
                subject(
                    "blocking::Unblock",
                    4,
                    timed(|| pollster::block_on(write_all(Unblock::new(file.open()), size, parts))),
                ),
                subject(
                    "tokio File",
                    4,
                    timed(|| {
                        let file = tokio::fs::File::from_std(file.open());
                        runtime.block_on(write_all_tokio(file, size, parts));
                    }),
                ),
            ],
        );
    }
}

fn sixteen(runtime: &Runtime) {
    const TIMES: u64 = 300_000;
    let (mut dual, mut bridge) = (dual(), bridge(runtime));
    let mut blocking = DualIo::blocking(Ready);
    let mut bare = Ready;
    group(
        "a sync read of 16 bytes, over an async reader",
        vec![
            subject("DualIo", TIMES, timed(|| read_sixteen(&mut dual))),
            subject(
                "tokio_util SyncIoBridge",
                TIMES,
                timed(|| read_sixteen(&mut bridge)),
            ),
            subject(
                "DualIo over a sync reader",
                TIMES,
                timed(|| read_sixteen(&mut blocking)),
            ),
            subject("sync reader", TIMES, timed(|| read_sixteen(&mut bare))),
        ],
    );
}

fn lines() {
    const LINES: usize = 20_000;
    let text = text(LINES);
    let io = || DualIo::blocking(Cursor::new(text.clone()));
    let awaited = async || {
        let mut lines = io().lines();
        let mut count = 0;
        while let Some(_line) = lines.try_next().await.expect("it reads") {
            count += 1;
        }
        count
    };
    let unblocked = async || {
        use futures::TryStreamExt;
        use futures::io::AsyncBufReadExt;

        let reader = futures::io::BufReader::new(Unblock::new(Cursor::new(text.clone())));
        let mut lines = reader.lines();
        let mut count = 0;
        while let Some(_line) = lines.try_next().await.expect("it reads") {
            count += 1;
        }
        count
    };
    let times = |run: &dyn Fn() -> usize| -> Duration { timed(run)(4) };
    group(
        "20,000 lines, sync",
        vec![
            subject("DualIo", 1, |_| {
                times(&|| count_lines(io().lines().into_iter()))
            }),
            subject("BufReader", 1, |_| {
                times(&|| count_lines(BufReader::new(Cursor::new(text.clone())).lines()))
            }),
        ],
    );
    group(
        "20,000 lines, awaited",
        vec![
            subject("DualIo", 1, |_| times(&|| pollster::block_on(awaited()))),
            subject("blocking::Unblock, BufReader", 1, |_| {
                times(&|| pollster::block_on(unblocked()))
            }),
        ],
    );
}
