//! The thread that keeps the time of `sleep` and of limits.

use std::future::pending;
use std::time::Duration;

use smartcall::{Dual, sleep};

use crate::common::{assert_panics, in_child_with_stacks, no_room_for_a_stack};

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
