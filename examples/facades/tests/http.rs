//! The HTTP client, with every caller.

mod common;

use std::sync::Arc;

use common::{IMPATIENT, PATIENT, assert_report, limit};
use smartcall::Executor;
use smartcall_facades::callers;
use smartcall_facades::http::{Http, fetch};
use smartcall_facades::servers;
use tokio::runtime;

const EXPECTED: [(&str, &str); 15] = [
    ("get", "200 OK"),
    ("head", "200 OK"),
    ("post", "POST a"),
    ("put", "PUT b"),
    ("patch", "PATCH c"),
    ("delete", "DELETE "),
    ("execute", "OPTIONS "),
    ("text", "a page"),
    ("text_with_charset", "café"),
    ("json", "{\"five\": 5}"),
    ("bytes", "b\"a page\""),
    ("bytes_stream", "a page"),
    ("chunk", "Some(b\"a page\")"),
    ("chunk, at the end", "None"),
    ("fetch", "a page"),
];

/// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in a tokio
/// task.
#[smartcall::test]
fn sync_caller() {
    let _limit = limit();
    let server = servers::http().expect("it starts");
    let http = Http::new(PATIENT).expect("it is made");
    let report = callers::http::sync(&http, server.address());
    assert_report(&report.expect("it is answered"), &EXPECTED);
}

/// Driven by one `.get()`, in a task of the `Executor`, and in a tokio task.
#[smartcall::test(sync, shim, tokio)]
async fn async_caller() {
    let _limit = limit();
    let server = servers::http().expect("it starts");
    let http = Http::new(PATIENT).expect("it is made");
    let report = callers::http::asynchronous(&http, server.address()).await;
    assert_report(&report.expect("it is answered"), &EXPECTED);
}

#[smartcall::test]
fn errors_of_a_sync_caller() {
    let _limit = limit();
    let server = servers::http().expect("it starts");
    let url = |path: &str| format!("http://{}/{path}", server.address());
    let (page, never) = (url("page"), url("never"));
    let http = Http::new(PATIENT).expect("it is made");
    assert_eq!(http.get(&url("no")).get().expect("an answer").status(), 404);
    assert!(http.get("no url").get().expect_err("no URL").is_builder());
    let json = http.get(&page).get().expect("an answer").json::<u32>();
    assert!(json.get().expect_err("no JSON").is_decode());

    let http = Http::new(IMPATIENT).expect("it is made");
    assert!(http.get(&never).get().expect_err("no answer").is_timeout());
    drop(server);
    let http = Http::new(PATIENT).expect("it is made");
    assert!(http.get(&page).get().expect_err("no server").is_connect());
    assert!(fetch(&page).get().expect_err("no server").is_connect());
}

#[smartcall::test(sync, shim, tokio)]
async fn errors_of_an_async_caller() {
    let _limit = limit();
    let server = servers::http().expect("it starts");
    let url = |path: &str| format!("http://{}/{path}", server.address());
    let (page, never) = (url("page"), url("never"));
    let http = Http::new(PATIENT).expect("it is made");
    assert_eq!(http.get(&url("no")).await.expect("an answer").status(), 404);
    assert!(http.get("no url").await.expect_err("no URL").is_builder());
    let json = http.get(&page).await.expect("an answer").json::<u32>();
    assert!(json.await.expect_err("no JSON").is_decode());

    let http = Http::new(IMPATIENT).expect("it is made");
    assert!(http.get(&never).await.expect_err("no answer").is_timeout());
    drop(server);
    let http = Http::new(PATIENT).expect("it is made");
    assert!(http.get(&page).await.expect_err("no server").is_connect());
    assert!(fetch(&page).await.expect_err("no server").is_connect());
}

/// Each task blocks its thread, and all get an answer.
#[test]
fn tasks_of_an_executor_of_one_thread() {
    let _limit = limit();
    let server = servers::http().expect("it starts");
    let page: Arc<str> = format!("http://{}/page", server.address()).into();
    let http = Http::new(PATIENT).expect("it is made");
    let ex = Executor::builder().threads(1).build();
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (http, page) = (http.clone(), page.clone());
            ex.spawn(async move { http.get(&page).get()?.text().get() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.get().expect("it is answered"), "a page");
    }
}

/// A current-thread runtime has no spare thread.
#[test]
fn a_current_thread_runtime_refuses() {
    let _limit = limit();
    let server = servers::http().expect("it starts");
    let page = format!("http://{}/page", server.address());
    let http = Http::new(PATIENT).expect("it is made");
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("it starts").block_on(async {
        let refused = http.get(&page).try_get().expect_err("it is refused");
        let answer = refused.into_handle().await.expect("it is answered");
        assert_eq!(answer.text().await.expect("it is read"), "a page");
    });
}
