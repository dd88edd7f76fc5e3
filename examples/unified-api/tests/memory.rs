//! Bodies of 100 MB take little memory, for each caller. It is the only test of its process.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::io::{self, Read};

use common::{limit, server};
use smartcall_unified_api::{Client, Result, parts};
use tokio::runtime::Runtime;

/// The length of a body, in bytes.
const LENGTH: u64 = 100_000_000;

/// How much more memory the client and the server may take together, in kB.
const BOUND: u64 = 16_000;

/// Returns a line of what the system knows of the memory of this process, in kB.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("it is Linux");
    let number = |rest: &str| rest.trim().trim_end_matches(" kB").parse();
    let mut lines = status.lines().filter_map(|it| it.strip_prefix(line));
    number(lines.next().expect("it is there")).expect("a number")
}

fn body() -> impl Read + Send {
    io::repeat(7).take(LENGTH)
}

fn download(client: &Client) -> Result<u64> {
    let mut length = 0;
    for part in client.download(LENGTH) {
        length += part?.len() as u64;
    }
    Ok(length)
}

async fn download_async(client: &Client) -> Result<u64> {
    let mut length = 0;
    let mut parts = client.download(LENGTH);
    while let Some(part) = parts.try_next().await? {
        length += part.len() as u64;
    }
    Ok(length)
}

#[test]
fn of_large_bodies() {
    let _limit = limit();
    let (_server, client) = server();
    let runtime = Runtime::new().expect("it starts");
    client.item(1).get().expect("it is there");
    let before = memory("VmRSS:");

    let check = |what: &str, length: Result<u64>| {
        assert_eq!(length.expect(what), LENGTH, "{what}");
        let more = memory("VmHWM:").saturating_sub(before);
        println!("{what}: {more} kB more at the peak");
        assert!(more < BOUND, "{what}: {more} kB");
    };
    check("sync download", download(&client));
    check("sync upload", client.upload(parts(body())).get());
    check("async download", runtime.block_on(download_async(&client)));
    check(
        "async upload",
        runtime.block_on(client.upload(parts(body()))),
    );
}
