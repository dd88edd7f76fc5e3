//! All layers at once: sync and async operations, both callers, every context.

mod common;

use std::time::Duration;

use common::{Caller, Failure, Script, TestClock};
use smartcall::{SmartCall, SmartFn, join};
use smartcall_middleware::{Backoff, Settings, layered};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

const SETTINGS: Settings = Settings {
    name: "layered",
    remember: HOUR,
    failures: 2,
    pause: MINUTE,
    backoff: Backoff {
        attempts: 3,
        first: SECOND,
        most: HOUR,
    },
    interval: SECOND,
    // Long enough for what is ready at once, even if the system is slow.
    limit: HOUR,
};

everywhere!(
    each_layer_does_its_part,
    what_hangs_is_tried_again,
    nested_twice,
    at_once
);

async fn each_layer_does_its_part<K>(
    op: impl SmartCall<Result<u32, Failure>, K, (u32,), Work: Send> + Send + Sync,
    script: Script,
    caller: Caller,
) {
    let clock = TestClock::default();
    let op = layered(op, SETTINGS, clock.clone());
    let call = async |n: u32| caller.resolve(op.invoke_with((n,))).await;

    // One failure is repaired by the next attempt. Then the answer is cached.
    script.fail(1);
    assert_eq!(call(1).await, Ok(2));
    assert_eq!(call(1).await, Ok(2));
    assert_eq!((script.calls(), clock.slept()), (2, vec![SECOND]));

    // Three failures are not. The second time, the breaker opens.
    script.fail(6);
    assert_eq!(call(2).await, Err(Failure::Told));
    // It waited for the rate limit, and then between attempts.
    assert_eq!(clock.slept(), [SECOND, SECOND, 2 * SECOND]);
    assert_eq!(call(3).await, Err(Failure::Told));
    assert_eq!(script.calls(), 8);

    // The operation is not called any more, and only cached answers are returned.
    assert!(matches!(call(2).await, Err(Failure::Refused(_))));
    assert_eq!(call(1).await, Ok(2));
    assert_eq!(script.calls(), 8);
    clock.pass(MINUTE);
    assert_eq!(call(2).await, Ok(3));
    assert_eq!(script.calls(), 9);
}

/// There are so many attempts that one of them is in time even if the system is slow now and then.
async fn what_hangs_is_tried_again<K>(
    op: impl SmartCall<Result<u32, Failure>, K, (u32,), Work: Send> + Send + Sync,
    script: Script,
    caller: Caller,
) {
    let mut settings = SETTINGS;
    settings.limit = Duration::from_millis(20);
    settings.backoff.attempts = 1000;
    let op = layered(op, settings, TestClock::default());
    script.hang(1);
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    assert!(script.calls() >= 2);
}

/// The layers are put around themselves. The type is erased in between: a dozen layers would take the compiler
/// minutes.
async fn nested_twice<K: 'static>(
    op: impl SmartCall<Result<u32, Failure>, K, (u32,), Work: Send> + Send + Sync + 'static,
    script: Script,
    caller: Caller,
) {
    let clock = TestClock::default();
    let op = SmartFn::new(layered(op, SETTINGS, clock.clone()));
    let op = layered(op, SETTINGS, clock);
    // The inner layers fail once, and the outer ones try again.
    script.fail(4);
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    assert_eq!(script.calls(), 5);
    assert_eq!(caller.resolve(op.clone().invoke_with((1,))).await, Ok(2));
    assert_eq!(script.calls(), 5);
}

/// Calls that overlap share the layers.
async fn at_once<K>(
    op: impl SmartCall<Result<u32, Failure>, K, (u32,), Work: Send> + Send + Sync,
    script: Script,
    caller: Caller,
) {
    let clock = TestClock::default();
    let op = layered(op, SETTINGS, clock.clone());
    let calls: Vec<_> = (0..10).map(|n| op.invoke_with((n,))).collect();
    let done = caller.resolve(join(calls)).await;
    assert_eq!(done, Vec::from_iter((1..=10).map(Ok)));
    assert_eq!(script.calls(), 10);
    for n in 0..10 {
        assert_eq!(caller.resolve(op.invoke_with((n,))).await, Ok(n + 1));
    }
    assert_eq!(script.calls(), 10);
}
