//! What `#[smart]` allocates, counted exactly: what the handle does that it makes.
//!
//! The counter is the process's, so the test runs in a process of its own.

use std::hint::black_box;

use futures_lite::future::block_on;
use smartcall::smart;
use stats_alloc::Region;

use crate::ALLOCATOR;
use crate::common::in_child;

#[smart]
async fn borrowing(n: &u32, (a, _): (u32, u32)) -> u32 {
    n + a
}

#[smart]
fn sync(n: u32) -> u32 {
    n
}

#[smart(in_place)]
fn in_place(n: &u32) -> u32 {
    *n
}

#[smart(blocking = twin)]
async fn pair(n: &u32) -> u32 {
    *n
}

fn twin(n: &u32) -> u32 {
    *n
}

#[smart(boxed)]
async fn boxed(n: &u32) -> u32 {
    *n
}

/// Counts the allocations of a hundred calls. The test runner's main thread may allocate
/// meanwhile, so the least of a few counts is taken.
#[track_caller]
fn assert_allocations(each: usize, call: impl Fn() -> u32) {
    let count = || {
        let region = Region::new(ALLOCATOR);
        for _ in 0..100 {
            assert_eq!(black_box(call()), 5);
        }
        let change = region.change();
        change.allocations + change.reallocations
    };
    count();
    assert_eq!((0..9).map(|_| count()).min(), Some(each * 100));
}

/// A `#[smart]` function allocates nothing by `get` and by `.await`, and one box if it is boxed.
#[test]
fn a_smart_function_allocates_what_its_handle_does() {
    in_child(|| {
        assert_allocations(0, || borrowing(&2, (3, 4)).get());
        assert_allocations(0, || sync(5).get());
        assert_allocations(0, || in_place(&5).get());
        assert_allocations(0, || pair(&5).get());
        assert_allocations(1, || boxed(&5).get());

        let awaited = || block_on(borrowing(&2, (3, 4)));
        assert_allocations(0, awaited);
        assert_allocations(0, || block_on(in_place(&5)));
        assert_allocations(0, || block_on(pair(&5)));
        assert_allocations(1, || block_on(boxed(&5)));
    });
}
