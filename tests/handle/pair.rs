//! `Dual::pair`: one path for sync callers, and one for async callers.

use std::sync::Arc;

use futures::join;
use futures_lite::future::yield_now;
use smartcall::{Dual, DualOf, Work, context};

use super::support::{Body, Counts};
use crate::common::{limit, poll};

/// A pair whose input counts itself, and whose value is the path it took.
fn path(counts: &Arc<Counts>) -> DualOf<impl Work<Output = &'static str> + use<>> {
    Dual::pair(
        Body::new(counts),
        |body| {
            drop(body.run());
            "sync"
        },
        async |body| {
            yield_now().await;
            drop(body.run());
            "async"
        },
    )
}

/// A pair takes its sync path for `get` and its async one for `.await`, and drops its input.
#[test]
fn pair_takes_the_path_of_its_caller() {
    limit(|| {
        let counts = Arc::default();
        let path = || path(&counts);
        assert_eq!(path().get(), "sync");
        assert_eq!(path().try_get().expect("outside"), "sync");
        assert_eq!(*path().boxed_local(), "sync");
        assert_eq!(path().boxed_local().get(), "sync");
        assert_eq!(pollster::block_on(path()), "async");
        assert_eq!(pollster::block_on(context::inside(path())), "async");
        #[cfg(feature = "executor")]
        assert_eq!(smartcall::LocalExecutor::new().block_on(path()), "async");
        assert_eq!(
            counts.runs(),
            if cfg!(feature = "executor") { 7 } else { 6 }
        );
        drop(path());
        assert_eq!(counts.left(), (0, 0));
    });
}

/// In a driven future a pair takes its sync path if it is alone, else its async path.
#[test]
fn pair_in_a_driven_future() {
    limit(|| {
        let counts = Arc::default();
        let path = || path(&counts);
        let alone = async { (path().await, path().await) };
        assert_eq!(Dual::future(alone).get(), ("sync", "sync"));
        let joined = async { join!(path(), path()) };
        assert_eq!(Dual::future(joined).get(), ("async", "async"));
        assert_eq!(counts.left(), (0, 0));
    });
}

/// The input of a pair may be `&mut`.
#[test]
fn pair_with_a_borrowed_input() {
    limit(|| {
        let mut log = Vec::new();
        for _ in 0..2 {
            Dual::pair(
                &mut log,
                |log| log.push("sync"),
                async |log| log.push("async"),
            )
            .get();
            let dual = Dual::pair(
                &mut log,
                |log| log.push("sync"),
                async |log| log.push("async"),
            );
            pollster::block_on(dual);
        }
        assert_eq!(log, ["sync", "async", "sync", "async"]);
    });
}

/// A pair that was polled continues with its async path when it is got.
#[test]
fn pair_blocks_on_after_a_poll() {
    limit(|| {
        let counts = Arc::default();
        let waits = async |body: Body| {
            yield_now().await;
            drop(body.run());
            "async"
        };
        let pair = Dual::pair(Body::new(&counts), |_| "sync", waits);
        let mut pair = Box::pin(pair);
        assert!(poll(&mut pair.as_mut()).is_pending());
        assert_eq!(Dual::new(pair).get(), "async");
        assert_eq!(counts.runs(), 1);
        assert_eq!(counts.left(), (0, 0));
    });
}
