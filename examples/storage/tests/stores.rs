//! Each store, by both callers.

use std::io::{ErrorKind, Result};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;
use smartcall_storage::{Cached, Change, Files, Registry, Remote, Store, serve};
use tempfile::TempDir;

/// How long a change may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Serves a store, and returns where.
fn served(store: impl Store + 'static) -> Remote {
    let listener = TcpListener::bind("127.0.0.1:0").expect("it listens");
    let at = listener.local_addr().expect("it has an address");
    thread::spawn(|| serve(listener, store));
    Remote::new(at)
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("there is room")
}

/// Uses each function from sync code.
fn sync_caller<S: Store + ?Sized>(store: &S) -> Result<()> {
    store.put("a", "one").get()?;
    assert_eq!(store.get("a").get()?.as_deref(), Some("one"));
    assert_eq!(store.get("b").get()?, None);
    store
        .batch(vec![Change::put("b", "two"), Change::delete("a")])
        .get()?;
    assert_eq!(store.get("a").get()?, None);
    store.put("bb", "three").get()?;
    store.put("c", "four").get()?;
    let keys: Vec<_> = store.list("b").into_iter().collect::<Result<_>>()?;
    assert_eq!(keys, ["b", "bb"]);
    assert!(store.delete("b").get()?);
    assert!(!store.delete("b").get()?);
    store
        .batch(vec![Change::delete("bb"), Change::delete("c")])
        .get()
}

/// Uses each function from async code.
async fn async_caller<S: Store + ?Sized>(store: &S) -> Result<()> {
    store.put("a", "one").await?;
    assert_eq!(store.get("a").await?.as_deref(), Some("one"));
    assert_eq!(store.get("b").await?, None);
    store
        .batch(vec![Change::put("b", "two"), Change::delete("a")])
        .await?;
    assert_eq!(store.get("a").await?, None);
    store.put("bb", "three").await?;
    store.put("c", "four").await?;
    let keys: Vec<_> = store.list("b").try_collect().await?;
    assert_eq!(keys, ["b", "bb"]);
    assert!(store.delete("b").await?);
    assert!(!store.delete("b").await?);
    store
        .batch(vec![Change::delete("bb"), Change::delete("c")])
        .await
}

/// Uses a store by both callers, and in a task.
fn both_callers<S: Store + 'static>(store: S) {
    sync_caller(&store).expect("sync");
    block_on(async_caller(&store)).expect("async");
    let executor = smartcall::Executor::builder().threads(1).build();
    let in_a_task = executor.spawn(async move {
        async_caller(&store).await?;
        sync_caller(&store)
    });
    block_on(in_a_task).expect("in a task");
}

#[test]
fn files() {
    let folder = folder();
    both_callers(Files::open(folder.path()));
}

#[test]
fn remote() {
    let folder = folder();
    both_callers(served(Files::open(folder.path())));
}

/// A cache asks the store once, whatever it is.
#[test]
fn cached() {
    let folder = folder();
    both_callers(Cached::<Files>::new(Files::open(folder.path())));
    both_callers(Cached::<Remote>::new(served(Files::open(folder.path()))));
    let cached = Cached::<Files>::new(Files::open(folder.path()));
    cached.put("a", "one").get().expect("it is written");
    std::fs::remove_file(folder.path().join("a")).expect("it is there");
    assert_eq!(
        cached.get("a").get().expect("it is kept").as_deref(),
        Some("one")
    );
}

/// A registry gives stores that only the program can tell apart.
#[test]
fn registry() {
    let mut registry = Registry::new();
    let folder = folder();
    let name = format!("file:{}", folder.path().display());
    for name in [name.clone(), format!("cached:{name}")] {
        let store = registry.open(&name).expect("it is known");
        sync_caller(&*store).expect("sync");
        block_on(async_caller(&*store)).expect("async");
    }
    let path = folder.path().to_owned();
    registry.add("mine", move |_| Ok(Box::new(Files::open(&path))));
    sync_caller(&*registry.open("mine:").expect("it is known")).expect("sync");
    let error = registry.open("none:").err().expect("it is not known");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

/// Who watches gets the changes that concern it, in sync and in async code, near and far.
#[test]
fn watch() {
    fn watched<S: Store + Sync + 'static>(store: S) {
        let store = &*Box::leak(Box::new(store));
        let (tell, told) = mpsc::channel();
        let tell_too = tell.clone();
        thread::spawn(move || {
            for change in store.watch("a").into_iter().take(2) {
                tell.send(change.expect("it is watched")).expect("it waits");
            }
        });
        thread::spawn(move || {
            block_on(async {
                let mut changes = store.watch("a");
                for _ in 0..2 {
                    let change = changes.next().await.expect("there is one");
                    tell_too
                        .send(change.expect("it is watched"))
                        .expect("it waits");
                }
            });
        });
        // They watch from when they ask first, which nothing tells.
        let mut seen = Vec::new();
        while seen.len() < 4 {
            store.put("b", "none").get().expect("it is written");
            store.put("a", "one").get().expect("it is written");
            seen.extend(told.recv_timeout(LIMIT / 600));
        }
        assert!(seen.iter().all(|change| *change == Change::put("a", "one")));
    }

    let folder = folder();
    watched(Files::open(folder.path()));
    watched(served(Files::open(folder.path())));
    watched(Cached::<dyn Store>::new(
        Box::new(Files::open(folder.path())) as Box<dyn Store>,
    ));
}

/// A server that has gone is an error, for each caller, and an item of each stream.
#[test]
fn no_server() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("it listens");
    let store = Remote::new(listener.local_addr().expect("it has an address"));
    drop(listener);
    assert!(store.get("a").get().is_err());
    assert!(block_on(store.put("a", "b")).is_err());
    assert!(store.list("").next().get().expect("an item").is_err());
}
