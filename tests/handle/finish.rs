//! `finish`: a destructor that waits for work.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures::channel::oneshot;
use smartcall::{Dual, DualOf, Executor, LocalExecutor, Work, context, sleep};

use crate::common::limit;

/// Long enough for everything but a hang.
const LONG: Duration = Duration::from_secs(60);

/// Closes itself when it is dropped, and tells where that was done.
struct Connection {
    closed: Sender<ThreadId>,
    takes: Duration,
}

impl Connection {
    fn new(takes: Duration) -> (Self, Receiver<ThreadId>) {
        let (closed, is_closed) = mpsc::channel();
        (Connection { closed, takes }, is_closed)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let (closed, takes) = (self.closed.clone(), self.takes);
        let close = async move {
            sleep(takes).await;
            closed.send(thread::current().id()).expect("somebody waits");
        };
        Dual::future(close).finish(LONG);
    }
}

const SHORT: Duration = Duration::from_millis(20);

/// Work that can't end before it is told to, by whom, and what it tells when it does.
fn told() -> (
    DualOf<impl Work<Output = ()> + Send + 'static>,
    oneshot::Sender<()>,
    Receiver<()>,
) {
    let (go, gone) = oneshot::channel();
    let (done, is_done) = mpsc::channel();
    let work = Dual::future(async move {
        gone.await.expect("it is sent");
        done.send(()).expect("somebody waits");
    });
    (work, go, is_done)
}

#[test]
fn a_plain_thread_waits() {
    limit(|| {
        let (connection, is_closed) = Connection::new(SHORT);
        drop(connection);
        is_closed.try_recv().expect("it was waited for");
    });
}

#[test]
fn a_task_of_the_shim_waits_and_others_go_on() {
    limit(|| {
        let ex = Executor::builder().threads(1).build();
        let (connection, is_closed) = Connection::new(SHORT);
        ex.spawn(async move { drop(connection) }).get();
        is_closed.try_recv().expect("it was waited for");
    });
}

#[test]
fn where_the_thread_must_not_block_it_returns_at_once() {
    limit(|| {
        let (work, go, is_done) = told();
        context::inside_executor(|| work.finish(LONG));
        assert!(is_done.try_recv().is_err());
        go.send(()).expect("it waits");
        is_done.recv().expect("it goes on in the background");
    });
}

#[test]
fn a_local_executor_is_not_held_up() {
    limit(|| {
        let ex = LocalExecutor::new();
        let (connection, is_closed) = Connection::new(SHORT);
        ex.block_on(async move { drop(connection) });
        is_closed.recv().expect("it goes on in the background");
    });
}

#[test]
fn after_the_limit_it_goes_on_in_the_background() {
    limit(|| {
        let (work, go, is_done) = told();
        work.finish(Duration::from_millis(5));
        go.send(()).expect("it was not dropped");
        is_done.recv().expect("it goes on");
    });
}

#[test]
fn sync_code_is_finished_as_well() {
    limit(|| {
        let (done, is_done) = mpsc::channel();
        Dual::blocking(move || done.send(5)).finish(LONG);
        assert_eq!(is_done.try_recv(), Ok(5));
    });
}

#[test]
fn a_panic_of_the_body_ends_the_wait_and_no_more() {
    limit(|| {
        Dual::future(async { panic!("on purpose") }).finish(LONG);
        Dual::blocking(|| panic!("on purpose")).finish(LONG);
        // In a destructor that runs since something unwinds, too.
        struct Closes;

        impl Drop for Closes {
            fn drop(&mut self) {
                Dual::future(async { panic!("on purpose") }).finish(LONG);
            }
        }

        let unwound = panic::catch_unwind(AssertUnwindSafe(|| {
            let _closes = Closes;
            panic!("the first one");
        }));
        let payload = unwound.expect_err("it unwound");
        assert_eq!(payload.downcast_ref(), Some(&"the first one"));
    });
}

#[test]
fn the_value_is_dropped_before_the_wait_ends() {
    struct Tells(Sender<()>);

    impl Drop for Tells {
        fn drop(&mut self) {
            thread::sleep(SHORT);
            let _ = self.0.send(());
        }
    }

    limit(|| {
        let (sender, receiver) = mpsc::channel();
        Dual::future(async move { Tells(sender) }).finish(LONG);
        receiver.try_recv().expect("it was dropped");
    });
}

#[cfg(feature = "tokio")]
mod in_tokio {
    use std::future;

    use super::*;

    use tokio::runtime::{Builder, Runtime};

    #[test]
    fn a_worker_waits_and_a_current_thread_runtime_is_not_held_up() {
        limit(|| {
            let runtime = Runtime::new().expect("a runtime starts");
            let (connection, is_closed) = Connection::new(SHORT);
            runtime
                .block_on(runtime.spawn(async move { drop(connection) }))
                .expect("it ends");
            is_closed.try_recv().expect("it was waited for");

            let runtime = Builder::new_current_thread().build().expect("it starts");
            let (connection, is_closed) = Connection::new(SHORT);
            runtime.block_on(async move { drop(connection) });
            is_closed.recv().expect("it goes on in the background");
        });
    }

    #[test]
    fn a_runtime_that_shuts_down_ends() {
        limit(|| {
            for current_thread in [false, true] {
                let runtime = match current_thread {
                    true => Builder::new_current_thread().build(),
                    false => Runtime::new(),
                };
                let runtime = runtime.expect("a runtime starts");
                let (connections, closed): (Vec<_>, Vec<_>) =
                    (0..20).map(|_| Connection::new(SHORT)).unzip();
                for connection in connections {
                    runtime.spawn(async move {
                        let _connection = connection;
                        future::pending::<()>().await;
                    });
                }
                drop(runtime);
                for is_closed in closed {
                    is_closed.recv().expect("it is closed in the end");
                }
            }
        });
    }
}
