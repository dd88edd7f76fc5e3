//! Every operation, by every caller.

mod common;

use std::time::Duration;

use common::{anvil, limit, server};
use smartcall::Executor;
use smartcall_unified_api::Client;
use smartcall_unified_api::callers::{self, Report};
use tokio::runtime;

const EXPECTED: [(&str, &str); 13] = [
    ("item", "1 anvil for 300"),
    ("item, later", "1 anvil for 300"),
    ("item, not there", "nothing is at /items/9"),
    ("items", "anvil bucket candle"),
    ("items, by pages", "anvil bucket candle"),
    ("download", "1000000 bytes"),
    ("upload", "1000000 bytes"),
    ("create", "4 lamp for 40"),
    ("create, no name", "the name must not be empty"),
    ("remove", "4 lamp for 40"),
    ("no retry", "the server failed with 503"),
    ("retry, 2 failures", "1 anvil for 300"),
    ("retry, 3 failures", "the server failed with 503"),
];

#[track_caller]
fn assert_report(report: Report) {
    let report: Vec<(&str, &str)> = report.iter().map(|(asked, got)| (*asked, &**got)).collect();
    assert_eq!(report, EXPECTED);
}

/// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in a tokio
/// task.
#[smartcall::test]
fn sync_caller() {
    let _limit = limit();
    let (_server, client) = server();
    assert_report(callers::sync(&client));
}

/// Driven by one `.get()`, in a task of the `Executor`, and in a tokio task.
#[smartcall::test(sync, shim, tokio)]
async fn async_caller() {
    let _limit = limit();
    let (_server, client) = server();
    assert_report(callers::asynchronous(&client).await);
}

#[test]
fn caller_on_an_executor() {
    let _limit = limit();
    let (_server, client) = server();
    assert_report(callers::on_an_executor(&Executor::new(), &client));
}

/// Sync and async callers of one client take turns on its connections.
#[test]
fn callers_that_share_a_client() {
    let _limit = limit();
    let (_server, client) = server();
    let runtime = runtime::Runtime::new().expect("it starts");
    let ex = Executor::new();
    for _ in 0..20 {
        assert_eq!(client.item(1).get().expect("it is there"), anvil());
        let awaited = runtime.block_on(async { client.item(1).await });
        assert_eq!(awaited.expect("it is there"), anvil());
        let awaited = ex.block_on(client.item(1));
        assert_eq!(awaited.expect("it is there"), anvil());
    }
}

/// Each task blocks its thread, and all get an answer.
#[test]
fn tasks_of_an_executor_of_one_thread() {
    let _limit = limit();
    let (_server, client) = server();
    let ex = Executor::builder().threads(1).build();
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let client = client.with("delay_ms=5");
            ex.spawn(async move { client.item(1).get() })
        })
        .collect();
    for task in tasks {
        let item = task.get();
        assert_eq!(item.expect("it is there"), anvil());
    }
}

/// Sync code on many threads shares one client.
#[test]
fn sync_threads_that_share_a_client() {
    let _limit = limit();
    let (server, client) = server();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(client.item(1).get().expect("it is there"), anvil());
                }
            });
        }
    });
    assert_eq!(server.requests(), 80);
}

/// A current-thread runtime has no spare thread.
#[test]
fn a_current_thread_runtime_refuses() {
    let _limit = limit();
    let (_server, client) = server();
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("it starts").block_on(async {
        let refused = client.item(1).try_get().expect_err("it is refused");
        let item = refused.into_handle().await;
        assert_eq!(item.expect("it is there"), anvil());
    });
}

/// A limit on the wait is no limit on the request: the request continues, and its answer is received later.
#[smartcall::test]
fn bounded_wait() {
    let _limit = limit();
    let (server, client) = server();
    let client = client.with("delay_ms=200");
    let mut item = client.item(1);
    let item = loop {
        match item.get_timeout(Duration::from_millis(5)) {
            Ok(item) => break item,
            Err(later) => item = later,
        }
    };
    assert_eq!(item.expect("it is there"), anvil());
    assert_eq!(server.requests(), 1);
}

/// A request that its caller drops ends: its connection is closed, and no task is left.
#[test]
fn given_up() {
    let _limit = limit();
    let (server, _) = server();
    // Only dropping the handle ends the request.
    let hour = Duration::from_secs(3600);
    let client = Client::new(server.address(), hour).expect("it is made");
    let runtime = runtime::Runtime::new().expect("it starts");
    let client = client.with("delay_ms=3600000");
    let _runtime = runtime.enter();
    let item = client.item(1).get_timeout(Duration::from_millis(50));
    let tasks = || runtime.metrics().num_alive_tasks();
    assert!(tasks() > 0);
    drop(item.expect_err("it is an hour away"));
    while tasks() > 0 {
        std::thread::yield_now();
    }
}
