//! The threads of a process with a sync caller. It is the only test of its process.

#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::thread;

use common::{anvil, limit, server};
use tokio::runtime::Handle;

/// Returns the ids of the threads of this process.
fn threads() -> BTreeSet<String> {
    let tasks = fs::read_dir("/proc/self/task").expect("it is Linux");
    let names = tasks.map(|task| task.expect("a thread").file_name());
    names.map(|id| id.to_string_lossy().into_owned()).collect()
}

/// Returns whether a thread belongs to smartcall's runtime. A thread sets its name some time after its start.
fn is_smartcalls(id: &str) -> bool {
    let name = fs::read_to_string(format!("/proc/self/task/{id}/comm"));
    name.is_ok_and(|name| name.trim() == "smartcall-tokio")
}

/// A sync caller starts no thread and enters no runtime. smartcall starts one runtime at the first call that needs
/// it, and no more threads after that.
#[test]
fn of_a_sync_caller() {
    let _limit = limit();
    let (_server, client) = server();
    let before = threads();
    assert_eq!(client.item(1).get().expect("it is there"), anvil());
    assert!(Handle::try_current().is_err());

    let first = threads();
    let started: Vec<_> = first.difference(&before).collect();
    assert_eq!(started.len(), 1, "{started:?}");
    while !started.iter().all(|id| is_smartcalls(id)) {
        thread::yield_now();
    }

    for _ in 0..100 {
        assert_eq!(client.item(1).get().expect("it is there"), anvil());
    }
    assert_eq!(threads(), first);
}
