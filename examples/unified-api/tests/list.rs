//! A list that comes in pages.

mod common;

use common::{anvil, limit, server};
use smartcall_unified_api::Error;

/// A page is fetched when its first item is asked for.
#[smartcall::test]
fn of_a_sync_caller() {
    let _limit = limit();
    let (server, client) = server();
    let mut list = client.list();
    assert_eq!(server.requests(), 0);
    let mut names = Vec::new();
    for (item, pages) in list.iter().zip([1, 1, 2]) {
        names.push(item.expect("it is there").name);
        assert_eq!(server.requests(), pages);
    }
    assert_eq!(names, ["anvil", "bucket", "candle"]);
    assert!(list.next().get().is_none());
    assert_eq!(server.requests(), 2);
}

#[smartcall::test(sync, shim, tokio)]
async fn of_an_async_caller() {
    let _limit = limit();
    let (server, client) = server();
    let mut list = client.list();
    assert_eq!(server.requests(), 0);
    for (name, pages) in [("anvil", 1), ("bucket", 1), ("candle", 2)] {
        let item = list.try_next().await.expect("it is there");
        assert_eq!(item.expect("it is one of three").name, name);
        assert_eq!(server.requests(), pages);
    }
    assert!(list.next().await.is_none());
    assert_eq!(server.requests(), 2);
}

/// Only the first page is fetched.
#[smartcall::test]
fn that_is_not_needed_to_its_end() {
    let _limit = limit();
    let (server, client) = server();
    for item in client.list().take(1) {
        assert_eq!(item.expect("it is there"), anvil());
    }
    assert_eq!(server.requests(), 1);
}

/// A page that can't be fetched is the last item.
#[smartcall::test]
fn that_fails() {
    let _limit = limit();
    let (_server, client) = server();
    let client = client.with("fail_first=1");
    let mut list = client.list();
    match list.next().get() {
        Some(Err(Error::Failed(503))) => {}
        other => panic!("the server failed, and not {other:?}"),
    }
    assert!(list.next().get().is_none());
}
