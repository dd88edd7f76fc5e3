//! Five classic deadlocks, and what `smartcall::diagnose` says of each.
//!
//! `cargo run --example stuck` runs all of them, one after the other. Each hangs for ever, on threads of its own; the program goes
//! on when the report is there. In a program that hangs, no line of code is needed: start it with `SMARTCALL_STUCK=10s`.

use std::process;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use smartcall::offload::SingleThread;
use smartcall::{Dual, Executor, Task, context, diagnose};

fn main() {
    let (sender, reports) = mpsc::channel();
    diagnose::on_stuck(Duration::from_millis(500), move |waits| {
        let _ = sender.send(waits.to_string());
    });
    let cases: [(&str, fn()); 5] = [
        ("a sibling in one future", sibling),
        ("two tasks that wait for each other", two_tasks),
        ("a lock around a `.get()`", lock),
        ("a `SingleThread` that waits for itself", single_thread),
        ("a client whose runtime stands still", idle_runtime),
    ];
    for (name, case) in cases {
        println!("# {name}\n");
        thread::Builder::new()
            .name("example".into())
            .spawn(case)
            .expect("a thread starts");
        println!("{}\n", reports.recv().expect("each is reported"));
    }
    // The threads wait for ever.
    process::exit(0);
}

/// One part of a future gets what another part of the same future would send.
fn sibling() {
    let (sender, receiver) = oneshot::channel::<u32>();
    let gets = async { Dual::future(receiver).get() };
    let sends = async { sender.send(5) };
    let _ = Dual::future(async { futures::join!(gets, sends) }).get();
}

/// Each of two tasks gets the other.
fn two_tasks() {
    let ex = Executor::builder().threads(2).build();
    let (tell_first, told_first) = oneshot::channel::<Task<u32>>();
    let (tell_second, told_second) = oneshot::channel::<Task<u32>>();
    let first = ex.spawn(async { told_first.await.map_or(0, |second| second.get()) });
    let second = ex.spawn(async { told_second.await.map_or(0, |first| first.get()) });
    let _ = tell_first.send(second);
    let _ = tell_second.send(first);
    thread::park();
}

/// A thread gets a task under a lock, and the task needs the lock.
fn lock() {
    let ex = Executor::builder().threads(1).build();
    let balance = Arc::new(Mutex::new(0));
    let locked = balance.lock().expect("it is not poisoned");
    let pays = Arc::clone(&balance);
    let task = ex.spawn(async move {
        *pays.lock().expect("it is not poisoned") += 1;
    });
    task.get();
    drop(locked);
}

/// A job of a thread waits for another job of that thread.
fn single_thread() {
    let connection = SingleThread::new(|| 0);
    let same = connection.clone();
    connection
        .run(move |_| {
            // Without the region, `.get()` is refused here, in words.
            context::blocking_region(|| same.run(|_| 5).start().get())
        })
        .get();
}

/// A client was made in a runtime that nobody runs any more: its timers and sockets never wake.
fn idle_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    let answer = {
        let _entered = runtime.enter();
        tokio::time::sleep(Duration::from_millis(1))
    };
    Dual::future(answer).get();
}
