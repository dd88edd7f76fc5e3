//! The executors of the `futures` crate, where the feature that recognises them is off.

use smartcall::Dual;

/// Without the feature a `LocalPool` is not recognised, and a get in it blocks.
#[test]
fn local_pool_not_recognised() {
    let mut pool = futures::executor::LocalPool::new();
    assert_eq!(pool.run_until(async { Dual::future(async { 5 }).get() }), 5);
    assert_eq!(
        futures::executor::block_on(async { Dual::future(async { 5 }).get() }),
        5
    );
}
