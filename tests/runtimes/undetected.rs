//! The executors of the `futures` crate, where the feature that detects them is off.

use smartcall::Dual;

/// Without the feature a `LocalPool` is not detected, and a get in it blocks.
#[test]
fn local_pool_not_detected() {
    let mut pool = futures::executor::LocalPool::new();
    assert_eq!(pool.run_until(async { Dual::future(async { 5 }).get() }), 5);
    assert_eq!(
        futures::executor::block_on(async { Dual::future(async { 5 }).get() }),
        5
    );
}
