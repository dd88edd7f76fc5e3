//! Failures, and the errors that callers get.

mod common;

use std::error::Error as _;
use std::time::Duration;

use common::{anvil, limit, server};
use smartcall_unified_api::{Client, Draft, Error, Rejection};

fn nameless() -> Draft {
    Draft {
        name: String::new(),
        price: 1,
    }
}

/// Returns why the server rejects a draft without a name.
fn must_have_a_name() -> Rejection {
    Rejection {
        field: "name".into(),
        reason: "must not be empty".into(),
    }
}

#[smartcall::test]
fn typed_of_a_sync_caller() {
    let _limit = limit();
    let (_server, client) = server();
    match client.create(&nameless()).get() {
        Err(Error::Rejected(why)) => assert_eq!(why, must_have_a_name()),
        other => panic!("it is rejected, and not {other:?}"),
    }
    match client.remove(7).get() {
        Err(Error::NotFound(path)) => assert_eq!(path, "/items/7"),
        other => panic!("it is not there, and not {other:?}"),
    }
}

#[smartcall::test(sync, shim, tokio)]
async fn typed_of_an_async_caller() {
    let _limit = limit();
    let (_server, client) = server();
    match client.create(&nameless()).await {
        Err(Error::Rejected(why)) => assert_eq!(why, must_have_a_name()),
        other => panic!("it is rejected, and not {other:?}"),
    }
    match client.remove(7).await {
        Err(Error::NotFound(path)) => assert_eq!(path, "/items/7"),
        other => panic!("it is not there, and not {other:?}"),
    }
}

/// A retry sends no more requests than needed, and no more than allowed.
#[smartcall::test]
fn retries_of_a_sync_caller() {
    let _limit = limit();
    let (server, client) = server();
    let failing = client.with("fail_first=2");
    let item = failing.item_by_retry(1, 5).get();
    assert_eq!((item.expect("the third"), server.requests()), (anvil(), 3));
    // An answer about the request is not a failure of the server.
    let missing = client.item_by_retry(7, 5).get();
    assert!(matches!(missing, Err(Error::NotFound(_))));
    assert_eq!(server.requests(), 4);
    let failed = client.with("fail_first=9").item_by_retry(1, 3).get();
    assert!(failed.expect_err("it fails").is_server_failure());
    assert_eq!(server.requests(), 7);
}

#[smartcall::test(sync, shim, tokio)]
async fn retries_of_an_async_caller() {
    let _limit = limit();
    let (server, client) = server();
    let failing = client.with("fail_first=2");
    let item = failing.item_by_retry(1, 5).await;
    assert_eq!((item.expect("the third"), server.requests()), (anvil(), 3));
    let missing = client.item_by_retry(7, 5).await;
    assert!(matches!(missing, Err(Error::NotFound(_))));
    assert_eq!(server.requests(), 4);
    let failed = client.with("fail_first=9").item_by_retry(1, 3).await;
    assert!(failed.expect_err("it fails").is_server_failure());
    assert_eq!(server.requests(), 7);
}

/// Asserts that an error names the server that does not answer, and has the reason as its source.
#[track_caller]
fn assert_unreachable(error: &Error, address: std::net::SocketAddr) {
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    let text = format!("no answer from http://{address}/items/1");
    assert_eq!(error.to_string(), text);
    assert!(error.source().is_some());
}

/// A client that has open connections, and one that has none.
#[smartcall::test]
fn server_gone_under_a_sync_caller() {
    let _limit = limit();
    let (server, client) = server();
    let address = server.address();
    assert_eq!(client.item(1).get().expect("it is there"), anvil());
    drop(server);
    assert_unreachable(&client.item(1).get().expect_err("no server"), address);
    let client = Client::new(address, Duration::from_secs(30)).expect("it is made");
    assert_unreachable(&client.item(1).get().expect_err("no server"), address);
    // There is no server that could have failed.
    let error = client.item_by_retry(1, 3).get().expect_err("no server");
    assert!(!error.is_server_failure());
}

#[smartcall::test(sync, shim, tokio)]
async fn server_gone_under_an_async_caller() {
    let _limit = limit();
    let (server, client) = server();
    let address = server.address();
    assert_eq!(client.item(1).await.expect("it is there"), anvil());
    drop(server);
    assert_unreachable(&client.item(1).await.expect_err("no server"), address);
    let client = Client::new(address, Duration::from_secs(30)).expect("it is made");
    assert_unreachable(&client.item(1).await.expect_err("no server"), address);
}

/// The answer is an hour away.
#[smartcall::test]
fn no_answer_in_time() {
    let _limit = limit();
    let (server, _) = server();
    let client = Client::new(server.address(), Duration::from_millis(100)).expect("it is made");
    match client.with("delay_ms=3600000").item(1).get() {
        Err(Error::Unreachable(error)) => assert!(error.is_timeout()),
        other => panic!("the time is over, and not {other:?}"),
    }
}
