//! The runtime of tokio that smartcall starts for code outside of any.

#![allow(
    clippy::async_yields_async,
    reason = "handles are made in one place and resolved in another"
)]

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use smartcall::Dual;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

#[cfg(feature = "executor")]
use super::tokio_support::task;
use super::tokio_support::{current_thread, get, multi_thread};
use crate::common::{assert_panics, limit};
#[cfg(target_os = "linux")]
use crate::common::{
    in_child, in_child_with, in_child_with_stacks, no_room_for_a_stack, threads_named, wait_until,
};

/// Needs a clock and sockets of tokio's.
async fn needs_the_reactor() -> u32 {
    tokio::time::sleep(Duration::from_millis(1)).await;
    let server = TcpListener::bind("127.0.0.1:0").await.expect("it listens");
    let address = server.local_addr().expect("it has one");
    let serve = async {
        let (mut client, _) = server.accept().await.expect("it comes");
        client.write_u32(5).await.expect("it is there");
    };
    let ask = async {
        let mut stream = TcpStream::connect(address).await.expect("it is there");
        stream.read_u32().await.expect("it is sent")
    };
    let ((), five) = tokio::join!(serve, ask);
    five
}

/// A future that needs tokio's reactor, got on a plain thread, again and again.
#[test]
fn reactor_on_a_plain_thread() {
    limit(|| {
        for _ in 0..10 {
            assert_eq!(get(needs_the_reactor()), 5);
        }
        assert_eq!(get(async { get(needs_the_reactor()) }), 5);
        let spawned = async { tokio::spawn(needs_the_reactor()).await };
        assert_eq!(get(spawned).expect("it ends"), 5);
        thread::spawn(|| assert_eq!(get(needs_the_reactor()), 5))
            .join()
            .expect("it ends");
    });
}

/// A thread that has a runtime uses that one.
#[test]
fn runtime_of_the_caller_is_used() {
    limit(|| {
        let runtime = multi_thread(1);
        let id = || async {
            let id = async { Handle::current().id() };
            tokio::spawn(id).await.expect("it ends")
        };
        {
            let _entered = runtime.enter();
            assert_eq!(get(id()), runtime.handle().id());
        }
        assert_eq!(get(id()), smartcall::tokio::runtime().id());
        // Nor is it left behind.
        assert!(Handle::try_current().is_err());
    });
}

/// A future that needs tokio's reactor in tasks of an `Executor`, awaited and got, in its roots and
/// in its pool.
#[cfg(feature = "executor")]
#[test]
fn reactor_in_an_executor() {
    limit(|| {
        let ex = Arc::new(smartcall::Executor::builder().threads(1).build());
        assert_eq!(ex.block_on(needs_the_reactor()), 5);
        assert_eq!(ex.block_on(ex.spawn(needs_the_reactor())), 5);
        assert_eq!(ex.block_on(ex.spawn(async { get(needs_the_reactor()) })), 5);
        let job = Dual::blocking(|| get(needs_the_reactor()));
        assert_eq!(ex.block_on(ex.spawn(job)), 5);
        let local = smartcall::LocalExecutor::new();
        assert_eq!(local.block_on(local.spawn(needs_the_reactor())), 5);
        // An executor's `block_on` in a worker of tokio goes through tokio.
        let runtime = multi_thread(1);
        let blocks = runtime.spawn(async move { ex.block_on(ex.spawn(async { get(task()) })) });
        assert_eq!(runtime.block_on(blocks).expect("it ends"), 5);
    });
}

/// A handle that is started in a runtime runs on it. Without one, it runs on the runtime that
/// smartcall starts.
#[cfg(feature = "executor")]
#[test]
fn started_in_the_runtime_of_the_caller() {
    async fn id() -> tokio::runtime::Id {
        // It waits, so that the second poll is by the thread of another executor, too.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let id = async { Handle::current().id() };
        tokio::spawn(id).await.expect("it ends")
    }

    limit(|| {
        let runtime = multi_thread(1);
        let started = runtime.block_on(async { Dual::future(id()).start() });
        assert_eq!(started.get(), runtime.handle().id());
        let started = Dual::future(id()).start();
        assert_eq!(started.get(), smartcall::tokio::runtime().id());
    });
}

/// A thousand first gets at once start one runtime.
#[cfg(target_os = "linux")]
#[test]
fn racing_first_gets_start_one_runtime() {
    in_child(|| {
        assert_eq!(threads_named("smartcall-tokio"), 0);
        let meet = Arc::new(Barrier::new(1000));
        let threads: Vec<_> = (0..1000)
            .map(|_| {
                let meet = Arc::clone(&meet);
                let gets = move || {
                    meet.wait();
                    get(async {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                        Handle::current().id()
                    })
                };
                thread::Builder::new().stack_size(256 << 10).spawn(gets)
            })
            .collect();
        let ids = threads
            .into_iter()
            .map(|thread| thread.expect("it starts").join().expect("it ends"));
        let ids: std::collections::HashSet<_> = ids.collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(threads_named("smartcall-tokio"), 1);
    });
}

/// `TOKIO_WORKER_THREADS` holds for this runtime as well.
#[cfg(target_os = "linux")]
#[test]
fn tokio_worker_threads() {
    in_child_with(&[("TOKIO_WORKER_THREADS", "3")], || {
        assert_eq!(get(needs_the_reactor()), 5);
        // A thread gets its name when it first runs.
        wait_until(|| threads_named("smartcall-tokio") >= 3);
        assert_eq!(threads_named("smartcall-tokio"), 3);
    });
}

/// One poll without a wait enters the runtime as well, and the handle goes on in it.
#[test]
fn now_or_later_on_a_plain_thread() {
    limit(|| {
        let later = Dual::future(needs_the_reactor()).now_or_later();
        assert_eq!(later.unwrap_or_else(Dual::get), 5);
        let later = Dual::future(needs_the_reactor()).boxed().now_or_later();
        assert_eq!(later.unwrap_or_else(Dual::get), 5);
        let id = async { Handle::current().id() };
        let ours = get(async { Handle::current().id() });
        assert_eq!(Dual::future(id).now_or_later().ok(), Some(ours));
        // Nor is it left behind.
        assert!(Handle::try_current().is_err());

        let runtime = multi_thread(1);
        let _entered = runtime.enter();
        let id = async { Handle::current().id() };
        let theirs = Dual::future(id).now_or_later().ok();
        assert_eq!(theirs, Some(runtime.handle().id()));
    });
}

/// A runtime that could not be started is tried again by the next call.
#[cfg(target_os = "linux")]
#[test]
fn tried_again_when_threads_can_be_had() {
    const STACK: usize = 268_435_456;
    in_child_with_stacks(STACK, "67108864", || {
        let no_room = no_room_for_a_stack(STACK);
        for _ in 0..2 {
            assert_panics("cannot start a tokio runtime: ", || get(async { 5 }));
            let polls = || drop(Dual::future(async { 5 }).now_or_later());
            assert_panics("cannot start a tokio runtime: ", polls);
        }
        // A runtime of the program's own needs no other.
        let own = current_thread();
        {
            let _entered = own.enter();
            assert_eq!(get(async { 5 }), 5);
        }
        drop(no_room);
        assert_eq!(get(needs_the_reactor()), 5);
    });
}
