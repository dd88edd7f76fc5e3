//! The crate `blocking`: threads that run closures in order, at most so many.

use std::collections::VecDeque;

use smartcall_models::ignore_poison;

use crate::sync::{Mutex, thread};

/// How many threads there are at most, unless a scenario lowers it: `max_threads` tells this number.
pub(crate) const MAX_THREADS: usize = 2;

struct Inner {
    queue: VecDeque<Box<dyn FnOnce() + Send>>,
    threads: usize,
    max_threads: usize,
}

shuttle::lazy_static! {
    static ref INNER: Mutex<Inner> = Mutex::new(Inner {
        queue: VecDeque::new(),
        threads: 0,
        max_threads: MAX_THREADS,
    });
}

/// Lowers the limit, as a program may.
pub(crate) fn set_max_threads(n: usize) {
    ignore_poison(INNER.lock()).max_threads = n;
}

/// The task of a closure, which nothing awaits.
#[derive(Debug)]
pub struct Task;

impl Task {
    /// Lets the closure run.
    pub fn detach(self) {}
}

/// Runs a closure on a thread.
pub fn unblock(f: impl FnOnce() + Send + 'static) -> Task {
    let mut inner = ignore_poison(INNER.lock());
    inner.queue.push_back(Box::new(f));
    let starts = inner.threads < inner.max_threads;
    if starts {
        inner.threads += 1;
    }
    drop(inner);
    if starts {
        thread::Builder::new()
            .name("blocking".into())
            .spawn(run)
            .expect("it starts");
    }
    Task
}

/// A thread ends when there is nothing to run.
fn run() {
    loop {
        let mut inner = ignore_poison(INNER.lock());
        let Some(next) = inner.queue.pop_front() else {
            inner.threads -= 1;
            return;
        };
        drop(inner);
        next();
    }
}
