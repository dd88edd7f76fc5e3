//! Several handles at once, with every caller.

mod common;

use common::{PATIENT, assert_report, limit};
use smartcall_facades::callers;
use smartcall_facades::dns::Dns;
use smartcall_facades::http::Http;
use smartcall_facades::servers::{self, Server};

const EXPECTED: [(&str, &str); 5] = [
    ("several lookups", "1 of 3"),
    ("the first of two", "200 OK"),
    ("in the background", "None"),
    ("a lookup in the background", "1 of 1"),
    ("of several types", "200 OK, 200 OK"),
];

/// The servers, and clients of the first two.
fn servers() -> ([Server; 3], Dns, Http) {
    let servers = [servers::dns(), servers::http(), servers::kv()];
    let servers = servers.map(|server| server.expect("it starts"));
    let dns = Dns::new(servers[0].address(), PATIENT);
    (servers, dns, Http::new(PATIENT).expect("it is made"))
}

/// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in a tokio
/// task.
#[smartcall::test]
fn sync_caller() {
    let _limit = limit();
    let ([_dns, web, kv], dns, http) = servers();
    let report = callers::at_once::sync(&dns, &http, web.address(), kv.address());
    assert_report(&report.expect("it is answered"), &EXPECTED);
}

/// Driven by one `.get()`, in a task of the `Executor`, and in a tokio task.
#[smartcall::test(sync, shim, tokio)]
async fn async_caller() {
    let _limit = limit();
    let ([_dns, web, kv], dns, http) = servers();
    let report = callers::at_once::asynchronous(&dns, &http, web.address(), kv.address()).await;
    assert_report(&report.expect("it is answered"), &EXPECTED);
}
