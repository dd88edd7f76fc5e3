//! `Builder::max_spares`: what happens when no spare thread is left.

use std::panic::Location;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use std::{iter, thread};

use futures::channel::oneshot;
use smartcall::{Dual, Executor, Task};

use super::support::{assert_names_the_setting, executor, executor_with_spares, get, in_a_task};
use crate::common::{in_child, limit, panic_of, threads_named};

/// At the bound a get panics at the caller's line, `try_get` gives the handle back, and
/// in-place code runs on.
#[track_caller]
fn assert_at_the_bound(ex: &Executor) -> Task<()> {
    let caller = Location::caller();
    ex.spawn(async move {
        assert_names_the_setting(&panic_of(|| get(async { 5 })));
        assert_names_the_setting(&panic_of(|| Dual::blocking(|| 5).get()));

        let refused = Dual::future(async { 5 }).try_get().expect_err("no spare");
        assert_names_the_setting(&refused.to_string());
        assert_eq!(refused.into_handle().await, 5, "{caller}");

        assert_eq!(Dual::in_place(|| 5).get(), 5);
        // Long enough for the monitor to look.
        let long = Dual::in_place(|| thread::sleep(Duration::from_millis(20)));
        long.await;
        assert_eq!(Dual::blocking(|| 5).await, 5);
        assert_eq!(Dual::ready(5).get(), 5);
    })
}

/// `max_spares(0)`: no spare thread is ever started.
#[cfg(target_os = "linux")]
#[test]
fn max_spares_zero() {
    in_child(|| {
        let ex = executor_with_spares(0);
        ex.block_on(assert_at_the_bound(&ex));
        let inner = Arc::clone(&ex);
        ex.block_on(ex.spawn(async move {
            assert_names_the_setting(&panic_of(|| inner.block_on(async {})));
        }));
        assert_eq!(threads_named("ex-spare"), 0);
    });
}

/// `max_spares(1)`: the only spare thread serves another task once the first one no longer needs
/// it.
#[cfg(target_os = "linux")]
#[test]
fn max_spares_one() {
    in_child(|| {
        let ex = executor_with_spares(1);
        for _ in 0..20 {
            let (release, released) = oneshot::channel();
            let (begin, begun) = mpsc::channel();
            let inner = Arc::clone(&ex);
            let blocked = ex.spawn(async move {
                // The spare of the last round may be on its way yet.
                let mut released = Dual::future(async {
                    begin.send(()).expect("somebody waits");
                    released.await
                })
                .boxed();
                loop {
                    match released.try_get() {
                        Ok(value) => return value,
                        Err(refused) => released = refused.into_handle(),
                    }
                    inner.spawn(async {}).await;
                }
            });
            begun.recv().expect("it begins");
            // It runs on the spare: the worker is blocked.
            ex.block_on(assert_at_the_bound(&ex));
            release.send(()).expect("it waits");
            assert_eq!(ex.block_on(blocked), Ok(()));
        }
        assert_eq!(threads_named("ex-spare"), 1);
    });
}

/// A get in a `block_on` in a task is refused once another task has the only spare thread.
#[test]
fn no_spare_left_in_block_on() {
    limit(|| {
        let refused = || {
            // A new one each time: in the last one a spare may still be in use.
            let builder = Executor::builder().threads(2).max_spares(1);
            in_a_task(&Arc::new(builder.build()), |ex| {
                // If this call takes too long, it is the one that gets the spare.
                ex.block_on(async {
                    let (_release, released) = oneshot::channel::<()>();
                    // Not before the `block_on`, which would itself be refused if this task came first.
                    let takes_it = ex.spawn(async { Dual::future(released).try_get().is_ok() });
                    takes_it.detach();
                    let tries = iter::repeat_with(|| Dual::future(async { 5 }).try_get());
                    let refused = tries.take(10_000).find_map(Result::err);
                    refused.map(|refused| refused.to_string())
                })
            })
        };
        let text = iter::repeat_with(refused).take(100).flatten().next();
        assert_names_the_setting(&text.expect("the other task is first at times"));
    });
}

/// Waits that are nested in a wait share its spare thread.
#[test]
fn nested_waits_share_one_spare() {
    limit(|| {
        let ex = executor_with_spares(1);
        in_a_task(&ex, |ex| {
            let nested = async {
                ex.spawn(async {}).await;
                // By now the spare is on duty, and it is the only one.
                let got = get(ex.spawn(async { 5 }));
                let root = async { get(ex.spawn(async { 6 })) };
                got + ex.block_on(async { ex.block_on(root) })
            };
            assert_eq!(get(nested), 11);
        });
    });
}

/// Sync code after a wait is alone, and runs on the get's own thread.
#[test]
fn sync_code_after_a_wait() {
    limit(|| {
        let ran_here = in_a_task(&executor(1), |ex| {
            let here = thread::current().id();
            let after_a_wait = || async {
                ex.spawn(async {}).await;
                Dual::blocking(|| thread::current().id()).await
            };
            // The thread that woke the get may hold it for a moment longer.
            (0..10).any(|_| get(after_a_wait()) == here)
        });
        assert!(ran_here);
    });
}
