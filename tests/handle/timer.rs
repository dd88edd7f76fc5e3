//! The thread that keeps the time of `sleep` and of limits.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use smartcall::{Dual, sleep};

use crate::common::{assert_panics, in_child_with_stacks, limit, no_room_for_a_stack};

const SHORT: Duration = Duration::from_millis(1);

/// A timer that can't be started panics in words, each time, and is tried again.
#[test]
#[cfg_attr(
    feature = "tokio",
    ignore = "tokio has threads of its own, which can't be started either"
)]
fn tried_again_when_threads_can_be_had() {
    const STACK: usize = 268_435_456;
    in_child_with_stacks(STACK, "67108864", || {
        let no_room = no_room_for_a_stack(STACK);
        for _ in 0..2 {
            assert_panics("cannot start the timer: ", || sleep(SHORT).get());
            assert_panics("cannot start the timer: ", || {
                pollster::block_on(sleep(SHORT))
            });
            let never = || Dual::future(pending::<()>());
            assert_panics("cannot start the timer: ", || never().timeout(SHORT).get());
            assert_panics("cannot start the timer: ", || {
                never().get_timeout(SHORT).is_ok()
            });
        }
        // What is ready needs no timer.
        assert_eq!(Dual::future(async { 5 }).timeout(SHORT).get(), Ok(5));
        assert_eq!(Dual::future(async { 5 }).get_timeout(SHORT).ok(), Some(5));
        drop(no_room);
        sleep(SHORT).get();
        assert!(Dual::future(pending::<()>()).timeout(SHORT).get().is_err());
    });
}

/// Waits for nothing, with a limit that is not reached.
fn limit_not_reached(duration: Duration, waker: &Waker) {
    let waits = pin!(Dual::future(pending::<()>()).timeout(duration));
    assert!(waits.poll(&mut Context::from_waker(waker)).is_pending());
}

/// A limit ends when it should, whatever limits were not reached before: longer ones, shorter ones, some that are over by now.
#[test]
fn limits_after_limits_that_were_not_reached() {
    const DAY: Duration = Duration::from_secs(86_400);
    let begin_ways: [&dyn Fn(); 5] = [
        &|| {},
        &|| limit_not_reached(DAY, Waker::noop()),
        &|| limit_not_reached(5 * SHORT, Waker::noop()),
        &|| {
            limit_not_reached(SHORT, Waker::noop());
            thread::sleep(2 * SHORT);
        },
        &|| {
            limit_not_reached(DAY, Waker::noop());
            limit_not_reached(5 * SHORT, Waker::noop());
            limit_not_reached(DAY, Waker::noop());
        },
    ];
    limit(move || {
        for begin_way in begin_ways {
            for duration in [SHORT, 20 * SHORT] {
                let never = || Dual::future(pending::<()>());
                let ways: [&dyn Fn() -> bool; 3] = [
                    &|| never().timeout(duration).get().is_err(),
                    &|| pollster::block_on(never().timeout(duration)).is_err(),
                    &|| never().get_timeout(duration).is_err(),
                ];
                for way in ways {
                    begin_way();
                    let begin = Instant::now();
                    assert!(way());
                    assert!(begin.elapsed() >= duration);
                }
            }
        }
    });
}

/// Nothing keeps a waker of a limit that was dropped.
#[test]
fn no_waker_is_kept() {
    struct Counted;

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {}
    }

    let counted = Arc::new(Counted);
    for duration in [SHORT, Duration::from_secs(600)] {
        limit_not_reached(duration, &Arc::clone(&counted).into());
        assert_eq!(Arc::strong_count(&counted), 1);
    }
}
