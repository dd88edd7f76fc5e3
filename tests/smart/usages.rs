//! Twenty-four ways in which async callers use a method, on a method that became a `#[smart]` one.
//!
//! None of the lines would look different if `fetch` were the `async fn` that it was.

use std::future::Future;
use std::num::ParseIntError;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{self, Either, FutureExt, TryFutureExt};
use futures::stream::{self, FuturesUnordered, StreamExt};
use futures::{pin_mut, select};
use smartcall::smart;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::common::limit;

/// A client as it is published, with one line more.
#[derive(Clone, Debug, Default)]
struct Client {
    base: String,
}

#[smart]
impl Client {
    async fn fetch(&self, path: &str) -> Result<String, ParseIntError> {
        tokio::task::yield_now().await;
        path.parse::<u32>()?;
        Ok(format!("{}{path}", self.base))
    }
}

/// A function that waits once.
#[smart]
async fn number(n: u32) -> u32 {
    tokio::task::yield_now().await;
    n
}

fn client() -> Client {
    Client { base: "/".into() }
}

/// Runs a body on a runtime of tokio's.
fn on_tokio<T>(body: impl Future<Output = T>) -> T {
    limit(|| Runtime::new().expect("a runtime starts").block_on(body))
}

#[test]
fn tokio_spawns_it() {
    let spawned = on_tokio(async { tokio::spawn(number(5)).await });
    assert_eq!(spawned.expect("it ends"), 5);
    let spawned = on_tokio(async { tokio::spawn(async { client().fetch("5").await }).await });
    assert_eq!(spawned.expect("it ends"), Ok("/5".into()));
}

#[test]
fn a_join_set_takes_it() {
    let sum = on_tokio(async {
        let mut set = JoinSet::new();
        for n in 0..3 {
            set.spawn(number(n));
        }
        set.join_all().await.iter().sum::<u32>()
    });
    assert_eq!(sum, 3);
}

#[test]
fn tokio_selects_over_it_by_value_and_by_reference() {
    on_tokio(async {
        let client = client();
        let page = tokio::select! {
            page = client.fetch("5") => page,
            () = future::pending() => unreachable!(),
        };
        assert_eq!(page, Ok("/5".into()));

        let mut pinned = pin!(client.fetch("6"));
        let page = loop {
            tokio::select! {
                page = &mut pinned => break page,
                () = tokio::time::sleep(Duration::from_secs(60)) => {}
            }
        };
        assert_eq!(page, Ok("/6".into()));
    });
}

#[test]
fn tokio_bounds_and_joins_it() {
    on_tokio(async {
        let client = client();
        let page = tokio::time::timeout(Duration::from_secs(60), client.fetch("5")).await;
        assert_eq!(page.expect("in time"), Ok("/5".into()));
        let (a, b) = tokio::join!(client.fetch("5"), number(6));
        assert_eq!((a, b), (Ok("/5".into()), 6));
        assert!(tokio::try_join!(client.fetch("5"), client.fetch("six")).is_err());
    });
}

#[test]
fn block_on_of_any_crate_takes_it() {
    limit(|| {
        let client = client();
        let runtime = Runtime::new().expect("a runtime starts");
        assert_eq!(runtime.block_on(client.fetch("5")), Ok("/5".into()));
        assert_eq!(runtime.handle().block_on(number(5)), 5);
        let _entered = runtime.enter();
        assert_eq!(futures::executor::block_on(ready(5)), 5);
        assert_eq!(async_io::block_on(ready(5)), 5);
        assert_eq!(smol::block_on(ready(5)), 5);
        assert_eq!(pollster::block_on(ready(5)), 5);
        assert_eq!(futures_lite::future::block_on(ready(5)), 5);
    });
}

/// A function that has nothing to wait for.
#[smart]
async fn ready(n: u32) -> u32 {
    n
}

#[test]
fn futures_joins_it() {
    on_tokio(async {
        let client = client();
        assert_eq!(future::join_all((0..3).map(number)).await, [0, 1, 2]);
        let paths = ["1", "2"];
        let pages = future::try_join_all(paths.iter().map(|path| client.fetch(path))).await;
        assert_eq!(pages, Ok(vec!["/1".into(), "/2".into()]));
        assert_eq!(futures::join!(number(1), number(2)), (1, 2));
        assert!(futures::try_join!(client.fetch("1"), client.fetch("two")).is_err());
        assert_eq!(future::join(number(1), number(2)).await, (1, 2));
    });
}

#[test]
fn futures_selects_over_it() {
    on_tokio(async {
        let client = client();
        // As for an `async fn`: fused and pinned.
        let page = client.fetch("5").fuse();
        let never = future::pending::<()>().fuse();
        pin_mut!(page, never);
        select! {
            page = page => assert_eq!(page, Ok("/5".into())),
            () = never => unreachable!(),
        }
        // A `map`ped one is fused as it is.
        let len = client.fetch("5").map(|page| page.map(|page| page.len()));
        let next = number(5).then(|n| async move { n + 1 });
        pin_mut!(len, next);
        let mut seen = 0;
        loop {
            select! {
                len = len => { assert_eq!(len, Ok(2)); seen += 1 },
                next = next => { assert_eq!(next, 6); seen += 1 },
                complete => break,
            }
        }
        assert_eq!(seen, 2);
        // `select` takes what can be moved.
        let (a, b) = (Box::pin(number(5)), Box::pin(future::pending::<()>()));
        match future::select(a, b).await {
            Either::Left((value, _)) => assert_eq!(value, 5),
            Either::Right(_) => unreachable!(),
        }
        assert_eq!(future::select_all([Box::pin(number(5))]).await.0, 5);
    });
}

#[test]
fn collections_and_streams_take_it() {
    on_tokio(async {
        let client = client();
        let mut pages: FuturesUnordered<_> = (0..3).map(number).collect();
        pages.push(number(3));
        let mut sum = 0;
        while let Some(page) = pages.next().await {
            sum += page;
        }
        assert_eq!(sum, 6);
        let paths = stream::iter(["1", "2", "3"]);
        let pages: Vec<_> = paths
            .map(|path| client.fetch(path))
            .buffer_unordered(2)
            .collect()
            .await;
        assert_eq!(pages.len(), 3);
        let sum: u32 = stream::iter(0..4)
            .then(number)
            .fold(0, |a, b| async move { a + b })
            .await;
        assert_eq!(sum, 6);
    });
}

#[test]
fn extension_methods_mean_what_they_did() {
    on_tokio(async {
        let client = client();
        let shared = number(5).shared();
        assert_eq!((shared.clone().await, shared.await), (5, 5));
        assert_eq!(ready(5).now_or_never(), Some(5));
        assert_eq!(
            future::pending::<()>().now_or_never(),
            number(5).now_or_never().map(drop)
        );
        assert_eq!(number(5).fuse().await, 5);
        assert_eq!(ready(5).catch_unwind().await.expect("no panic"), 5);
        assert_eq!(number(5).map(|n| n + 1).await, 6);
        assert_eq!(number(5).then(|n| number(n + 1)).await, 6);
        assert_eq!(number(5).inspect(|n| assert_eq!(*n, 5)).await, 5);
        assert_eq!(number(5).map(Ok::<u32, ()>).unwrap_or_else(|()| 0).await, 5);
        let page = client
            .fetch("5")
            .map_ok(|page| page.len())
            .map_err(|error| error.to_string());
        assert_eq!(page.await, Ok(2));
        let page = client
            .fetch("5")
            .and_then(|page| async move { Ok(page.len()) })
            .await;
        assert_eq!(page, Ok(2));
        assert_eq!(
            client.fetch("5").or_else(|_| client.fetch("6")).await,
            Ok("/5".into())
        );
        // The exception: a box of ours is a handle, and so a future still.
        assert_eq!(client.fetch("5").boxed().await, Ok("/5".into()));
        assert_eq!(number(5).boxed_local().await, 5);
        assert_eq!(number(5).left_future::<future::Ready<u32>>().await, 5);
    });
}

/// A trait of another crate.
trait Load {
    fn load<'a>(&'a self) -> Pin<Box<dyn Future<Output = String> + Send + 'a>>;
}

impl Load for Client {
    fn load<'a>(&'a self) -> Pin<Box<dyn Future<Output = String> + Send + 'a>> {
        Box::pin(self.fetch("5").map(|page| page.unwrap_or_default()))
    }
}

fn opaque(client: &Client) -> impl Future<Output = Result<String, ParseIntError>> + Send {
    client.fetch("5")
}

async fn generic<F: Future>(future: F) -> F::Output {
    future.await
}

#[test]
fn it_is_boxed_returned_and_passed() {
    on_tokio(async {
        let client = client();
        let boxed = Box::pin(client.fetch("5"));
        assert_eq!(boxed.await, Ok("/5".into()));
        let mut pinned = pin!(number(5));
        assert_eq!(pinned.as_mut().await, 5);
        assert_eq!(client.load().await, "/5");
        assert_eq!(opaque(&client).await, Ok("/5".into()));
        let dynamic: Vec<Pin<Box<dyn Future<Output = u32>>>> =
            vec![Box::pin(number(5)), Box::pin(async { 6 })];
        assert_eq!(future::join_all(dynamic).await, [5, 6]);
        assert_eq!(generic(client.fetch("5")).await, Ok("/5".into()));
    });
}

#[test]
fn libraries_of_others_call_it() {
    use backon::{ExponentialBuilder, Retryable};
    use tower::{ServiceExt, service_fn};

    on_tokio(async {
        let client = Arc::new(client());
        let page = (|| client.fetch("5"))
            .retry(ExponentialBuilder::default())
            .sleep(smartcall::sleep)
            .await;
        assert_eq!(page, Ok("/5".into()));

        let cache = moka::future::Cache::new(10);
        let page = cache.get_with(5, async { client.fetch("5").await }).await;
        assert_eq!(page, Ok("/5".into()));
        assert_eq!(
            cache
                .get_with(6, number(6).map(|n| Ok(n.to_string())))
                .await,
            Ok("6".into())
        );

        let double = service_fn(|n: u32| number(n * 2).map(Ok::<u32, ()>));
        assert_eq!(double.oneshot(5).await, Ok(10));
    });
}
