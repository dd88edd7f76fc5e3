//! A `Work` of the user's own, and handles that are boxed or got after a poll.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use futures_lite::future::yield_now;
use smartcall::{Dual, Work, context};

use super::support::{Body, Counts, Sides, Value, sides};
use crate::common::{limit, poll};

/// A `Work` of the user's own is resolved by its own `block` and `poll`.
#[test]
fn work_by_hand() {
    limit(|| {
        assert_eq!(sides().get(), "blocked after 0 polls");
        assert_eq!(sides().try_get().expect("outside"), "blocked after 0 polls");
        assert_eq!(*sides().boxed(), "blocked after 0 polls");
        assert_eq!(pollster::block_on(sides()), "polled 2 times");
        assert_eq!(
            Dual::future(async { sides().await }).get(),
            "polled 2 times"
        );
        let refused = context::inside_executor(|| sides().try_get());
        assert_eq!(
            refused.expect_err("it may wait").into_handle().get(),
            "blocked after 0 polls"
        );
        #[cfg(feature = "executor")]
        {
            let ex = smartcall::Executor::builder().threads(1).build();
            assert_eq!(ex.block_on(ex.spawn(sides())), "polled 2 times");
        }
    });
}

/// Boxed work that was not polled is resolved by its own `block`, not by being driven.
#[test]
fn boxed_before_a_poll() {
    limit(|| {
        assert_eq!(sides().boxed().get(), "blocked after 0 polls");
        assert_eq!(sides().boxed_local().get(), "blocked after 0 polls");
        assert_eq!(
            sides().boxed().boxed_local().boxed_local().get(),
            "blocked after 0 polls"
        );
        assert_eq!(pollster::block_on(sides().boxed()), "polled 2 times");
        let here = thread::current().id();
        assert_eq!(
            Dual::blocking(|| thread::current().id()).boxed().get(),
            here
        );
    });
}

/// A handle that was polled continues from there when it is got, by the work's own `block`.
#[test]
fn got_after_a_poll() {
    #[track_caller]
    fn check<W: Work<Output = String>>(dual: Dual<String, W>) {
        let mut dual = Box::pin(dual);
        assert!(poll(&mut dual.as_mut()).is_pending());
        assert_eq!(Dual::new(dual).get(), "blocked after 1 polls");
    }

    limit(|| {
        check(sides());
        check(sides().boxed());
        check(sides().boxed_local());
        check(sides().boxed().boxed_local());
        check(Dual::new(Box::pin(sides())));
        check(sides().map(|text| text));

        // An async body is driven on.
        let mut dual = Box::pin(Dual::future(async {
            yield_now().await;
            sides().await
        }));
        assert!(poll(&mut dual.as_mut()).is_pending());
        assert_eq!(Dual::new(dual).get(), "polled 2 times");
    });
}

/// A handle that was polled and given back is boxed or awaited as it is.
#[test]
fn given_back_after_a_poll() {
    fn later() -> Dual<String, Sides> {
        sides().now_or_later().expect_err("it waits")
    }

    limit(|| {
        assert_eq!(later().get(), "blocked after 1 polls");
        assert_eq!(later().boxed().get(), "blocked after 1 polls");
        assert_eq!(*later().boxed_local(), "blocked after 1 polls");
        assert_eq!(pollster::block_on(later()), "polled 2 times");
        let refused = context::inside_executor(|| later().try_get());
        let dual = refused.expect_err("it may wait").into_handle();
        assert_eq!(pollster::block_on(dual), "polled 2 times");
    });
}

/// Blocking code that was polled stays with the pool, boxed or not, and runs once.
#[test]
fn blocking_code_blocked_on_after_a_poll() {
    #[track_caller]
    fn check<W: Work<Output = Value>>(counts: &Arc<Counts>, dual: Dual<Value, W>) {
        let mut dual = Box::pin(dual);
        if poll(&mut dual.as_mut()).is_pending() {
            drop(Dual::new(dual).get());
        }
        assert_eq!(counts.runs.swap(0, Ordering::SeqCst), 1);
    }

    limit(|| {
        let counts = Arc::default();
        let dual = || {
            let body = Body::new(&counts);
            Dual::blocking(|| body.run())
        };
        check(&counts, dual());
        check(&counts, dual().boxed());
        check(&counts, dual().boxed_local());
    });
}
