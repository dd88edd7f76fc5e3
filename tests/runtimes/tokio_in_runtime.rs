//! Handles, streams and bytes that belong to a runtime of tokio, resolved by any thread and on any executor.

use std::io::Read;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::StreamExt;
use smartcall::{Dual, DualIo, DualOf, DualStream, Emit, Work, context};
#[cfg(feature = "executor")]
use smartcall::{Executor, LocalExecutor};
use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Id, Runtime};
use tokio::sync::{mpsc as channel, oneshot, watch};
use tokio::task::LocalSet;

use super::tokio_support::{current_thread, get, multi_thread, task};
use crate::common::{in_child, limit, poll};

/// A client as those of real libraries are: a connection that a task of the runtime serves in which it was opened.
struct Client {
    runtime: Handle,
    requests: channel::Sender<oneshot::Sender<u32>>,
}

impl Client {
    fn connect(runtime: &Handle) -> DualOf<impl Work<Output = Client> + Send + use<>> {
        let connect = async {
            let server = TcpListener::bind("127.0.0.1:0").await.expect("it listens");
            let address = server.local_addr().expect("it has one");
            tokio::spawn(async move {
                let (mut stream, _) = server.accept().await.expect("it comes");
                while let Ok(n) = tokio::io::AsyncReadExt::read_u32(&mut stream).await {
                    stream.write_u32(n + 1).await.expect("it is there");
                }
            });
            let mut stream = TcpStream::connect(address).await.expect("it is there");
            let (requests, mut taken) = channel::channel::<oneshot::Sender<u32>>(1);
            tokio::spawn(async move {
                while let Some(answer) = taken.recv().await {
                    stream.write_u32(4).await.expect("it is there");
                    let n = tokio::io::AsyncReadExt::read_u32(&mut stream).await;
                    answer.send(n.expect("it is sent")).expect("it waits");
                }
            });
            let runtime = Handle::current();
            Client { runtime, requests }
        };
        Dual::future(connect).in_runtime(runtime)
    }

    fn ask(&self) -> DualOf<impl Work<Output = u32> + Send + use<'_>> {
        let ask = async {
            let (answer, answered) = oneshot::channel();
            self.requests.send(answer).await.expect("it is served");
            // It is a timer of the runtime's, too.
            let limit = Duration::from_secs(30);
            let answer = tokio::time::timeout(limit, answered).await;
            answer.expect("in time").expect("it is answered")
        };
        Dual::future(ask).in_runtime(&self.runtime)
    }
}

/// A client is opened by each caller, in runtimes that idle or are gone afterwards, and used by each other one.
#[test]
fn client_in_each_mode() {
    limit(|| {
        let home = multi_thread(1);
        let open: [fn(&Handle) -> Client; 6] = [
            |home| Client::connect(home).get(),
            |home| pollster::block_on(Client::connect(home)),
            |home| multi_thread(2).block_on(Client::connect(home)),
            |home| current_thread().block_on(Client::connect(home)),
            |home| {
                let runtime = multi_thread(1);
                let client = runtime.block_on(runtime.spawn(Client::connect(home)));
                client.expect("it ends")
            },
            |home| futures::executor::block_on(Client::connect(home)),
        ];
        for open in open {
            let client = open(home.handle());
            assert_eq!(client.ask().get(), 5);
            assert_eq!(get(async { client.ask().get() }), 5);
            assert_eq!(pollster::block_on(client.ask()), 5);
            assert_eq!(futures::executor::block_on(client.ask()), 5);
            assert_eq!(current_thread().block_on(client.ask()), 5);
            assert_eq!(home.block_on(client.ask()), 5);
            let theirs = multi_thread(2);
            assert_eq!(theirs.block_on(client.ask()), 5);
            assert_eq!(theirs.block_on(async { client.ask().get() }), 5);
            thread::scope(|scope| {
                scope.spawn(|| assert_eq!(client.ask().get(), 5));
            });
            let client = theirs.block_on(theirs.spawn(async move {
                assert_eq!(client.ask().await, 5);
                assert_eq!(client.ask().get(), 5);
                client
            }));
            let client = client.expect("it ends");
            let client = theirs.block_on(theirs.spawn_blocking(move || {
                assert_eq!(client.ask().get(), 5);
                client
            }));
            let client = client.expect("it ends");
            assert_eq!(client.ask().get(), 5);
            #[cfg(feature = "executor")]
            {
                let ex = Executor::builder().threads(1).build();
                let client = ex.block_on(ex.spawn(async move {
                    assert_eq!(client.ask().await, 5);
                    assert_eq!(client.ask().get(), 5);
                    client
                }));
                assert_eq!(
                    LocalExecutor::new().block_on(async { client.ask().await }),
                    5
                );
            }
        }
    });
}

/// The runtime in which work is polled, blocked on, sent to a pool, and dropped.
#[test]
fn where_each_part_runs() {
    struct Drops(mpsc::Sender<Option<Id>>);

    impl Drop for Drops {
        fn drop(&mut self) {
            let id = Handle::try_current().map(|handle| handle.id());
            self.0.send(id.ok()).expect("the test waits");
        }
    }

    fn id() -> Id {
        Handle::current().id()
    }

    limit(|| {
        let (home, other) = (multi_thread(1), multi_thread(1));
        let wanted = home.handle().id();
        let all = || {
            let home = home.handle();
            assert_eq!(Dual::future(async { id() }).in_runtime(home).get(), wanted);
            assert_eq!(Dual::in_place(id).in_runtime(home).get(), wanted);
            let pair = Dual::pair((), |()| id(), async |()| id());
            assert_eq!(pair.in_runtime(home).get(), wanted);
            let polled_once = Dual::future(async { id() }).in_runtime(home);
            assert_eq!(polled_once.now_or_later().ok(), Some(wanted));
            let on_its_pool = Dual::blocking(id).in_runtime(home).timeout(LONG);
            assert_eq!(on_its_pool.get(), Ok(wanted));
            let nearest = Dual::future(async { id() }).in_runtime(home);
            assert_eq!(nearest.in_runtime(other.handle()).get(), wanted);
            for polls in [false, true] {
                let (sender, dropped) = mpsc::channel();
                let drops = Drops(sender);
                let pends = Dual::future(async {
                    let _drops = drops;
                    std::future::pending::<()>().await;
                });
                let mut dual = Box::pin(pends.in_runtime(home));
                if polls {
                    assert!(poll(&mut dual).is_pending());
                }
                drop(dual);
                assert_eq!(dropped.recv(), Ok(Some(wanted)));
            }
        };
        all();
        other.block_on(async { all() });
        home.block_on(async { all() });
    });
}

const LONG: Duration = Duration::from_secs(30);

/// The thread decides whether a `.get()` in the work may block, whatever was entered for the work.
#[test]
fn judged_by_the_thread() {
    /// Whether a future that is ready at the second poll may be waited for.
    fn may_block() -> Result<u32, String> {
        let gets = Dual::future(async {
            tokio::task::yield_now().await;
            5
        });
        let can_block = context::can_block().is_ok();
        let got = gets.try_get().map_err(|refused| refused.to_string());
        // It is known without trying.
        assert_eq!(can_block, got.is_ok(), "{got:?}");
        got
    }

    let refused = |why: &str| {
        Err(format!(
            "cannot block here: this thread is running {why} of tokio"
        ))
    };
    limit(move || {
        for home in [multi_thread(1), current_thread()] {
            let home = home.handle();
            let asks = || Dual::future(async { may_block() }).in_runtime(home);
            let both = || (pollster::block_on(asks()), asks().boxed().get());
            assert_eq!(both(), (Ok(5), Ok(5)), "on a plain thread");
            thread::scope(|scope| {
                let thread = thread::Builder::new().name("tokio-like".into());
                let asked = thread.spawn_scoped(scope, both).expect("it starts").join();
                assert_eq!(
                    asked.expect("it ends"),
                    (Ok(5), Ok(5)),
                    "on a thread with a name"
                );
            });
            let theirs = multi_thread(2);
            assert_eq!(theirs.block_on(asks()), Ok(5), "in a root");
            let in_task = Dual::future(async { may_block() }).in_runtime(home).boxed();
            assert_eq!(
                theirs.block_on(theirs.spawn(in_task)).expect("it ends"),
                Ok(5),
                "in a task"
            );
            // A worker that has blocked so does not need `home`, nor its own runtime's end.
            assert_eq!(theirs.block_on(theirs.spawn(task())).expect("it ends"), 5);
            drop(theirs);
            assert_eq!(
                current_thread().block_on(async { asks().await }),
                refused("a current-thread runtime"),
                "in a current-thread root"
            );
            let in_tasks = || {
                let asks = Dual::future(async { may_block() }).in_runtime(home).boxed();
                current_thread().block_on(async { tokio::spawn(asks).await.expect("it ends") })
            };
            assert_eq!(in_tasks(), refused("a current-thread runtime"));
            thread::scope(|scope| {
                let thread = thread::Builder::new().name("tokio-like".into());
                let asked = thread
                    .spawn_scoped(scope, in_tasks)
                    .expect("it starts")
                    .join();
                assert_eq!(asked.expect("it ends"), refused("a current-thread runtime"));
            });
            let local = Dual::future(async { may_block() }).in_runtime(home).boxed();
            let set = LocalSet::new();
            let asked = set.block_on(&multi_thread(1), async {
                tokio::task::spawn_local(local).await.expect("it ends")
            });
            assert_eq!(asked, refused("a `LocalSet`"));
        }
    });
}

/// Streams and bytes belong to a runtime as handles do.
#[test]
fn streams_and_bytes() {
    async fn connected() -> impl AsyncRead + Unpin + Send + 'static {
        let server = TcpListener::bind("127.0.0.1:0").await.expect("it listens");
        let address = server.local_addr().expect("it has one");
        tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.expect("it comes");
            stream.write_all(b"some bytes").await.expect("it is there");
        });
        TcpStream::connect(address).await.expect("it is there")
    }

    limit(|| {
        let home: Runtime = multi_thread(1);
        let home = home.handle();
        let items = || {
            let spawns = DualStream::generate(async |mut out: Emit<u32>| {
                for _ in 0..3 {
                    out.emit(task().await).await;
                }
            });
            spawns.in_runtime(home)
        };
        assert!(items().into_iter().eq([5; 3]));
        assert_eq!(
            pollster::block_on(StreamExt::collect::<Vec<_>>(items())),
            [5; 3]
        );
        let open = || Dual::future(connected()).in_runtime(home).get();
        let mut text = String::new();
        let mut io = DualIo::tokio(open()).in_runtime(home);
        io.read_to_string(&mut text).expect("it reads");
        assert_eq!(text, "some bytes");
        let lines = DualIo::tokio(open()).in_runtime(home).lines();
        let lines = pollster::block_on(lines.try_collect::<Vec<_>>());
        assert_eq!(lines.expect("it reads"), ["some bytes"]);
    });
}

/// A program names its runtime, once and before one is needed.
#[test]
fn runtime_of_the_program() {
    in_child(|| {
        let theirs = multi_thread(1);
        assert!(smartcall::tokio::set_runtime(theirs.handle().clone()).is_ok());
        let id = theirs.handle().id();
        assert_eq!(get(async { Handle::current().id() }), id);
        assert_eq!(smartcall::tokio::runtime().id(), id);
        assert_eq!(get(task()), 5);
        let again = smartcall::tokio::set_runtime(multi_thread(1).handle().clone());
        let error = again.expect_err("it is set").to_string();
        assert!(
            error.starts_with("the runtime for `.get()` was set before. "),
            "{error}"
        );
    });
}

/// A runtime that is in use is not replaced.
#[test]
fn runtime_of_the_program_comes_too_late() {
    in_child(|| {
        assert_eq!(get(task()), 5);
        let late = smartcall::tokio::set_runtime(multi_thread(1).handle().clone());
        let error = late.expect_err("there is one").to_string();
        assert!(
            error.starts_with("the runtime for `.get()` is in use: "),
            "{error}"
        );
        assert_eq!(
            smartcall::tokio::runtime().id(),
            get(async { Handle::current().id() })
        );
    });
}

/// More `.get()`s than are allowed are refused, so that the runtime goes on.
#[test]
fn no_more_than_may_block() {
    in_child(|| {
        const MOST: usize = 8;

        smartcall::tokio::set_max_blocked(MOST.try_into().expect("it is not zero"));
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(2 * MOST)
            .enable_all()
            .build()
            .expect("it starts");
        let (open, gate) = watch::channel(false);
        let (sender, refusals) = mpsc::channel();
        let tasks = (0..4 * MOST).map(|_| {
            let (mut gate, sender) = (gate.clone(), sender.clone());
            runtime.spawn(async move {
                let waits = async move { gate.wait_for(|open| *open).await.map(|_| 5).ok() };
                match Dual::future(waits).boxed().try_get() {
                    Ok(five) => five,
                    Err(refused) => {
                        sender.send(refused.to_string()).expect("the test waits");
                        refused.into_handle().await
                    }
                }
            })
        });
        let tasks: Vec<_> = tasks.collect();
        // All others go on.
        let refused = refusals.recv().expect("one is refused");
        assert_eq!(
            refused,
            format!(
                "cannot block here: this thread is polling a task of a tokio runtime in which {MOST} threads block \
                 already, as many as `smartcall::tokio::set_max_blocked` allows"
            )
        );
        assert_eq!(runtime.block_on(runtime.spawn(task())).expect("it ends"), 5);
        open.send(true).expect("they wait");
        for task in tasks {
            assert_eq!(runtime.block_on(task).expect("it ends"), Some(5));
        }
        // Their places are free again.
        let gets = runtime.spawn(async { get(task()) });
        assert_eq!(runtime.block_on(gets).expect("it ends"), 5);
    });
}
