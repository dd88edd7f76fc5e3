//! Gets that are nested hundreds of levels deep.

use std::thread;

use futures_lite::future::yield_now;
use smartcall::Dual;

use crate::common::limit;

/// How deep to nest. A level takes more of the stack without optimisation.
const LEVELS: u32 = if cfg!(debug_assertions) { 200 } else { 1_000 };

/// Runs code on a stack of 2 MiB, whatever the environment says.
fn on_a_small_stack(code: impl FnOnce() -> u32 + Send + 'static) -> u32 {
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(code);
    thread.expect("a thread").join().expect("no panic")
}

/// Nested gets of futures that are ready at once.
#[test]
fn nested_gets_on_one_stack() {
    fn down(level: u32) -> u32 {
        let next = async move { if level == 0 { 0 } else { down(level - 1) + 1 } };
        Dual::future(next).get()
    }
    assert_eq!(limit(|| on_a_small_stack(|| down(LEVELS))), LEVELS);
}

/// Nested gets, each of which has waited before.
#[test]
fn nested_gets_on_one_stack_after_a_wait() {
    fn down(level: u32) -> u32 {
        let next = async move {
            yield_now().await;
            if level == 0 { 0 } else { down(level - 1) + 1 }
        };
        Dual::future(next).get()
    }
    assert_eq!(limit(|| on_a_small_stack(|| down(LEVELS))), LEVELS);
}

/// Sync parts that run in polls, and get the next level.
#[test]
fn nested_sync_parts_on_one_stack() {
    fn down(level: u32) -> u32 {
        if level == 0 {
            return 0;
        }
        let below = async move { Dual::blocking(move || down(level - 1)).await + 1 };
        Dual::future(below).get()
    }
    assert_eq!(limit(|| on_a_small_stack(|| down(LEVELS))), LEVELS);
}

/// A task awaits a pool job that gets a task, and so on, with one worker and `set_max_jobs(2)`.
#[cfg(feature = "executor")]
#[test]
fn nested_gets_through_pool_hops() {
    use std::sync::Arc;

    fn down(ex: &Arc<smartcall::Executor>, level: u32) -> Dual<u32> {
        let ex = Arc::clone(ex);
        let below = async move {
            if level == 0 {
                return 0;
            }
            let get = move || ex.spawn(down(&ex, level - 1)).get();
            Dual::blocking(get).await + 1
        };
        Dual::future(below).boxed()
    }
    crate::common::in_child(|| {
        smartcall::offload::set_max_jobs(2.try_into().expect("it is not zero"));
        let ex = Arc::new(crate::common::one_thread());
        assert_eq!(ex.block_on(down(&ex, LEVELS)), LEVELS);
        assert_eq!(ex.spawn(down(&ex, 10)).get(), 10);
    });
}
