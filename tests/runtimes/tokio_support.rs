//! What the tests of tokio share.

#![allow(unreachable_pub, reason = "it is a part of a test binary")]

use std::time::Duration;

use smartcall::Dual;
use tokio::runtime::{Builder, Runtime};

pub fn multi_thread(workers: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(workers).thread_name("theirs");
    builder.enable_all().build().expect("it starts")
}

pub fn current_thread() -> Runtime {
    let mut builder = Builder::new_current_thread();
    let builder = builder.thread_name("theirs");
    builder.enable_all().build().expect("it starts")
}

/// Gets a future's value on this thread.
#[track_caller]
pub fn get<T>(future: impl Future<Output = T>) -> T {
    Dual::future(future).get()
}

/// Another task of the runtime that this is called in, which gives a five.
pub async fn task() -> u32 {
    let task = async {
        // It needs the runtime's own clock, and a second poll.
        tokio::time::sleep(Duration::from_millis(1)).await;
        5
    };
    tokio::spawn(task).await.expect("it ends")
}
