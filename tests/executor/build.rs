//! Executors, and spare threads, that cannot be started.

use std::io::ErrorKind;
use std::sync::Arc;
use std::thread;

use smartcall::{Dual, Executor, LocalExecutor};

use crate::common::{
    Steps, assert_contains, in_child_with_stacks, never, no_room_for_a_stack, one_thread, panic_of,
    threads, wait_until,
};

/// `Builder::threads(0)` is an error.
#[test]
fn threads_zero() {
    let none = || Executor::builder().threads(0);
    let error = none().try_build().expect_err("it has no threads");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let said = panic_of(|| none().build());
    assert_contains(&said, "cannot start an executor");
    assert_contains(&said, "`threads(0)`");
    assert_contains(&said, "`Builder::try_build`");
}

/// `Builder::name` with a zero byte is an error.
#[test]
fn name_with_a_zero_byte() {
    let named = || Executor::builder().threads(1).name("wor\0ker");
    let error = named().try_build().expect_err("it can't have that name");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let said = panic_of(|| named().build());
    assert_contains(&said, "cannot start an executor");
    assert_contains(&said, "zero byte");
}

/// A thread that cannot be started is an error of `try_build`, and a panic of `build`, `new` and
/// `from`.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn thread_that_cannot_be_started() {
    in_child_with_stacks(140_000_000_000_000, "unlimited", || {
        let error = Executor::builder().threads(1).try_build();
        let error = error.expect_err("no thread can be started");
        assert_ne!(error.kind(), ErrorKind::InvalidInput);
        for said in [
            panic_of(|| Executor::builder().threads(1).build()),
            panic_of(Executor::new),
            panic_of(|| Executor::from(Arc::new(async_executor::Executor::new()))),
        ] {
            assert_contains(&said, "cannot start an executor");
            assert_contains(&said, &error.to_string());
        }
        // What needs no thread goes on.
        assert_eq!(Dual::future(async { Dual::blocking(|| 5).await }).get(), 5);
        assert_eq!(LocalExecutor::new().block_on(async { 5 }), 5);
    });
}

/// The threads that were started before the one that cannot be started are stopped.
#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn thread_that_cannot_be_started_after_others() {
    in_child_with_stacks(67_108_864, "1048576", || {
        let before = threads();
        for _ in 0..3 {
            let error = Executor::builder().threads(100).try_build();
            let error = error.expect_err("there is no room for so many");
            assert_ne!(error.kind(), ErrorKind::InvalidInput);
            wait_until(|| threads() == before);
        }
        let ex = one_thread();
        assert_eq!(ex.block_on(ex.spawn(async { 5 })), 5);
    });
}

/// A get that waits panics if its spare thread cannot be started. A get that does not wait works.
#[cfg(target_os = "linux")]
#[test]
fn spare_that_cannot_be_started() {
    const STACK: usize = 268_435_456;
    in_child_with_stacks(STACK, "67108864", || {
        // With tokio it has threads to start, which it does while there is room.
        assert_eq!(Dual::future(async { 5 }).get(), 5);
        let bare = Arc::new(async_executor::Executor::new());
        let ex = Executor::from(Arc::clone(&bare));
        // From here on no thread can be started, neither for the task below nor for its own threads, which are stalled.
        let no_room = no_room_for_a_stack(STACK);
        let own = thread::available_parallelism().expect("it is known").get();
        let blocked: Vec<_> = (0..own)
            .map(|_| {
                let (body, begun, tell) = Steps::new();
                ex.spawn(async { body.run() }).detach();
                begun.recv().expect("it begins");
                tell
            })
            .collect();
        // They are blocked, so the task runs here.
        let task = ex.spawn(async {
            assert_eq!(Dual::future(async { 5 }).get(), 5);
            assert_eq!(Dual::in_place(|| 5).await, 5);
            panic_of(|| Dual::future(never()).get())
        });
        let said = pollster::block_on(bare.run(task));
        assert_contains(&said, "cannot block here: the system can't start a thread");
        drop(no_room);
        for tell in blocked {
            tell.send(()).expect("it waits");
        }
    });
}
