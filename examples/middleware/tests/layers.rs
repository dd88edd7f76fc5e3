//! Each layer alone: sync and async operations, both callers, every context.

mod common;

use std::thread;
use std::time::Duration;

use common::{Caller, Failure, Script, TestClock, limit};
use smartcall::{Dual, SmartCall, race};
use smartcall_middleware::{Backoff, bounded, cached, guarded, limited, retried};

const SECOND: Duration = Duration::from_secs(1);

/// Long enough for what is ready at once, even if the system is slow.
const LONG: Duration = Duration::from_secs(3600);

/// The limit for calls that hang.
const SHORT: Duration = Duration::from_millis(5);

const BACKOFF: Backoff = Backoff {
    attempts: 5,
    first: SECOND,
    most: Duration::from_secs(3),
};

everywhere!(
    retries_until_it_succeeds,
    retries_until_it_gives_up,
    runs_nothing_before_it_is_resolved,
    ends_in_time,
    gives_up_what_hangs,
    remembers,
    forgets,
    remembers_no_errors,
    opens_and_closes,
    opens_again,
    waits_for_its_turn,
);

/// The bound for an operation that the tests take.
macro_rules! op {
    () => { impl SmartCall<Result<u32, Failure>, K, (u32,), Work: Send> + Send + Sync + 'static };
}

async fn retries_until_it_succeeds<K>(op: op!(), script: Script, caller: Caller) {
    let clock = TestClock::default();
    let op = retried(op, BACKOFF, clock.clone());
    script.fail(2);
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    assert_eq!(script.calls(), 3);
    assert_eq!(clock.slept(), [SECOND, 2 * SECOND]);
    assert_eq!(caller.resolve(op.invoke_with((2,))).await, Ok(3));
    assert_eq!((script.calls(), clock.slept()), (4, vec![]));
}

async fn retries_until_it_gives_up<K>(op: op!(), script: Script, caller: Caller) {
    let clock = TestClock::default();
    let op = retried(op, BACKOFF, clock.clone());
    script.fail(9);
    let done = caller.resolve(op.invoke_with((1,))).await;
    assert_eq!(done, Err(Failure::Told));
    assert_eq!(script.calls(), 5);
    let waits = [SECOND, 2 * SECOND, 3 * SECOND, 3 * SECOND];
    assert_eq!(clock.slept(), waits);
}

async fn runs_nothing_before_it_is_resolved<K>(op: op!(), script: Script, caller: Caller) {
    let op = bounded(retried(op, BACKOFF, TestClock::default()), LONG);
    drop(op.invoke_with((1,)));
    let handle = op.invoke_with((1,));
    assert_eq!(script.calls(), 0);
    assert_eq!(caller.resolve(handle).await, Ok(2));
    assert_eq!(script.calls(), 1);
}

async fn ends_in_time<K>(op: op!(), script: Script, caller: Caller) {
    let op = bounded(op, LONG);
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    script.fail(1);
    let failed = caller.resolve(op.invoke_with((1,))).await;
    assert_eq!(failed, Err(Failure::Told));
}

async fn gives_up_what_hangs<K>(op: op!(), script: Script, caller: Caller) {
    let op = bounded(op, SHORT);
    script.hang(1);
    let late = caller.resolve(op.invoke_with((1,))).await;
    assert!(matches!(late, Err(Failure::Late(_))), "{late:?}");
}

async fn remembers<K>(op: op!(), script: Script, caller: Caller) {
    let op = cached(op, SECOND, TestClock::default());
    for n in [1, 1, 2, 1] {
        assert_eq!(caller.resolve(op.invoke_with((n,))).await, Ok(n + 1));
    }
    // A clone shares the cache.
    let done = caller.resolve(op.clone().invoke_with((2,))).await;
    assert_eq!((done, script.calls()), (Ok(3), 2));
}

async fn forgets<K>(op: op!(), script: Script, caller: Caller) {
    let clock = TestClock::default();
    let op = cached(op, SECOND, clock.clone());
    for calls in [1, 2] {
        assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
        assert_eq!(script.calls(), calls);
        clock.pass(SECOND / 2);
        assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
        assert_eq!(script.calls(), calls);
        clock.pass(SECOND / 2);
    }
}

async fn remembers_no_errors<K>(op: op!(), script: Script, caller: Caller) {
    let op = cached(op, SECOND, TestClock::default());
    script.fail(1);
    let failed = caller.resolve(op.invoke_with((1,))).await;
    assert_eq!(failed, Err(Failure::Told));
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    assert_eq!(script.calls(), 2);
}

#[test]
fn sync_code_that_is_got_stays_on_its_thread() {
    let _limit = limit();
    let clock = TestClock::default();
    let op = |_: ()| Ok::<_, Failure>(thread::current().id());
    let op = retried(op, BACKOFF, clock.clone());
    let op = guarded(op, 1, SECOND, clock.clone());
    let op = cached(limited(op, SECOND, clock.clone()), SECOND, clock);
    assert_eq!(op.invoke_with(((),)).get(), Ok(thread::current().id()));
}

/// Makes calls that reach the operation and fail, `times` of them.
async fn fail(
    op: &impl SmartCall<Result<u32, Failure>, smartcall::kind::Async, (u32,)>,
    times: usize,
    caller: Caller,
) {
    for _ in 0..times {
        let failed = caller.resolve(op.invoke_with((1,))).await;
        assert_eq!(failed, Err(Failure::Told));
    }
}

async fn opens_and_closes<K>(op: op!(), script: Script, caller: Caller) {
    let clock = TestClock::default();
    let op = guarded(op, 3, SECOND, clock.clone());
    // A success in between closes the breaker.
    script.fail(2);
    fail(&op, 2, caller).await;
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    script.fail(3);
    fail(&op, 3, caller).await;
    assert_eq!(script.calls(), 6);

    let refused = caller.resolve(op.invoke_with((1,))).await;
    assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
    assert_eq!(script.calls(), 6);
    clock.pass(SECOND);
    for _ in 0..2 {
        assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    }
    assert_eq!(script.calls(), 8);
}

/// The call that tries again fails, or is dropped.
async fn opens_again<K>(op: op!(), script: Script, caller: Caller) {
    let clock = TestClock::default();
    let op = guarded(op, 1, SECOND, clock.clone());
    script.fail(2);
    fail(&op, 1, caller).await;
    clock.pass(SECOND);
    fail(&op, 1, caller).await;
    let refused = caller.resolve(op.invoke_with((1,))).await;
    assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");

    clock.pass(SECOND);
    script.hang(1);
    let begun = Dual::future(script.clone().begun(3)).map(|()| None);
    let dropped = race((op.invoke_with((1,)).map(Some), begun));
    assert_eq!(caller.resolve(dropped).await, None);
    let refused = caller.resolve(op.invoke_with((1,))).await;
    assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
    assert_eq!(script.calls(), 3);
    clock.pass(SECOND);
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
}

async fn waits_for_its_turn<K>(op: op!(), script: Script, caller: Caller) {
    let clock = TestClock::default();
    let op = limited(op, SECOND, clock.clone());
    for _ in 0..3 {
        assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    }
    assert_eq!(clock.slept(), [SECOND, SECOND]);
    clock.pass(SECOND / 2);
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    assert_eq!(clock.slept(), [SECOND / 2]);
    // Unused turns are not saved up.
    clock.pass(9 * SECOND);
    for _ in 0..2 {
        assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    }
    assert_eq!(clock.slept(), [SECOND]);
    assert_eq!(script.calls(), 6);
}
