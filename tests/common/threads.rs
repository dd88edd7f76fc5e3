//! The threads of this process, counted. A test that counts them runs as a child.

#![cfg(target_os = "linux")]

use std::collections::HashSet;
use std::fs;

/// The number of threads of this process.
pub fn threads() -> usize {
    fs::read_dir("/proc/self/task")
        .expect("proc is mounted")
        .count()
}

/// The number of threads of this process whose names begin like this.
pub fn threads_named(prefix: &str) -> usize {
    names(prefix).count()
}

/// The number of different names of threads that begin like this.
///
/// A new thread has the name of the thread that started it until it gets its own: where each
/// thread has a name of its own, this counts the threads, and `threads_named` may count too many.
pub fn names_of_threads(prefix: &str) -> usize {
    names(prefix).collect::<HashSet<_>>().len()
}

fn names(prefix: &str) -> impl Iterator<Item = String> {
    let tasks = fs::read_dir("/proc/self/task").expect("proc is mounted");
    let names = tasks.filter_map(|task| {
        // A thread may end while we look.
        fs::read_to_string(task.ok()?.path().join("comm")).ok()
    });
    names.filter(move |name| name.starts_with(prefix))
}
