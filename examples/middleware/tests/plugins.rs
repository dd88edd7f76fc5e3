//! Plugins by name: sync and async ones, both callers, every context.

mod common;

use std::thread;

use common::{Caller, Failure, Script, TestClock, limit};
use smartcall::{SmartCall, SmartFn};
use smartcall_middleware::{Backoff, Plugins, retried};

everywhere!(called_by_name, found_once_and_called_often, passed_through);

/// The bound for a plugin that the tests take.
macro_rules! op {
    () => { impl SmartCall<Result<u32, Failure>, K, (u32,), Work: Send> + Send + Sync + Clone + 'static };
}

async fn called_by_name<K: 'static>(op: op!(), script: Script, caller: Caller) {
    let backoff = Backoff {
        attempts: 2,
        first: Default::default(),
        most: Default::default(),
    };
    let mut plugins = Plugins::new();
    assert!(plugins.register("given", op.clone()).is_none());
    let layered = retried(op, backoff, TestClock::default());
    assert!(plugins.register("retried", layered).is_none());
    assert!(plugins.register("double", |n: u32| Ok(2 * n)).is_none());
    let half = async |n: u32| Ok(n / 2);
    assert!(plugins.register("half", half).is_none());
    assert!(plugins.names().eq(["double", "given", "half", "retried"]));

    for (name, value) in [("given", 5), ("retried", 5), ("double", 8), ("half", 2)] {
        let called = plugins.call(name, (4,)).expect("it is registered");
        assert_eq!(caller.resolve(called).await, Ok(value), "{name}");
    }
    assert_eq!(script.calls(), 2);
    script.fail(1);
    let called = plugins.call("retried", (4,)).expect("it is registered");
    assert_eq!(caller.resolve(called).await, Ok(5));
    script.fail(1);
    let called = plugins.call("given", (4,)).expect("it is registered");
    assert_eq!(caller.resolve(called).await, Err(Failure::Told));
    assert_eq!(script.calls(), 5);
}

async fn found_once_and_called_often<K: 'static>(op: op!(), script: Script, caller: Caller) {
    let mut plugins = Plugins::new();
    plugins.register("given", op);
    let found = plugins.find("given").expect("it is registered").clone();
    // From here on the name belongs to the new operation. The old one still works.
    let old = plugins.register("given", |_: u32| Ok(0));
    for op in [&found, &old.expect("there was one")] {
        assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    }
    let new = plugins.call("given", (1,)).expect("it is registered");
    assert_eq!(caller.resolve(new).await, Ok(0));
    assert_eq!(script.calls(), 2);
}

async fn passed_through<K: 'static>(op: op!(), script: Script, caller: Caller) {
    let mut plugins = Plugins::new();
    let op = SmartFn::new(op);
    plugins.register("given", move |n: Result<u32, Failure>| {
        let op = op.clone();
        async move { op.invoke_with((n?,)).await }
    });
    plugins.register("double", |n: Result<u32, Failure>| n.map(|n| 2 * n));
    let names = ["given", "double", "given"];
    let passed = caller.resolve(plugins.pass(&names, Ok(1))).await;
    assert_eq!(passed, Ok(Ok(5)));
    assert_eq!(script.calls(), 2);

    let names = ["given", "half"];
    let passed = caller.resolve(plugins.pass(&names, Ok(1))).await;
    let unknown = passed.expect_err("there is none of this name");
    assert_eq!(unknown.to_string(), "no plugin has the name `half`");
    assert_eq!(script.calls(), 3);
}

#[test]
fn sync_ones_that_are_got_stay_on_their_thread() {
    let _limit = limit();
    let mut plugins = Plugins::new();
    plugins.register("thread", || thread::current().id());
    let called = plugins.call("thread", ()).expect("it is registered");
    assert_eq!(called.get(), thread::current().id());
}
