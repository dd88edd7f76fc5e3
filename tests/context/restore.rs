//! The place of a thread is restored after panics, nesting, and futures that are dropped midway.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::{future, panic};

use futures_lite::future::yield_now;
use smartcall::Dual;
use smartcall::context::{self, Place, current};

use crate::common::{Helpful, Stubborn, panic_of};

/// A panic in a poll restores the place.
#[test]
fn restored_after_a_panic_in_a_poll() {
    let host = Arc::new(Stubborn);
    let mut cx = Context::from_waker(Waker::noop());
    let fails = async || -> u32 {
        yield_now().await;
        panic!("in a poll");
    };

    let mut wrapped = pin!(context::inside(fails()));
    assert!(wrapped.as_mut().poll(&mut cx).is_pending());
    assert_eq!(panic_of(|| wrapped.poll(&mut cx)), "in a poll");
    assert_eq!(current(), Place::Outside);

    let mut wrapped = pin!(context::hosted(&host, fails()));
    assert!(wrapped.as_mut().poll(&mut cx).is_pending());
    assert_eq!(panic_of(|| wrapped.poll(&mut cx)), "in a poll");
    assert_eq!(current(), Place::Outside);
    // No host is left behind either: this one would refuse.
    assert_eq!(Dual::future(async { 5 }).get(), 5);

    assert_eq!(panic_of(|| Dual::future(fails()).get()), "in a poll");
    assert_eq!(current(), Place::Outside);

    // On a nested level, and in sync code that is run here.
    Dual::future(async {
        assert_eq!(panic_of(|| Dual::future(fails()).get()), "in a poll");
        assert_eq!(current(), Place::Driving);
        let fails = Dual::in_place(|| -> u32 { panic!("in sync code") });
        assert_eq!(panic_of(|| fails.get()), "in sync code");
        assert_eq!(current(), Place::Driving);
    })
    .get();
    assert_eq!(current(), Place::Outside);
}

/// A panic in the closure of `inside_executor`, `with_host` or `blocking_region` restores the
/// place.
#[test]
fn restored_after_a_panicking_closure() {
    let stubborn = Arc::new(Stubborn);
    let helpful = Helpful::new();
    let fails = || -> u32 { panic!("in the closure") };
    context::with_host(&helpful, || {
        panic_of(|| context::inside_executor(fails));
        assert_eq!(current(), Place::Inside);
        panic_of(|| context::with_host(&stubborn, fails));
        assert_eq!(current(), Place::Inside);
        panic_of(|| context::blocking_region(fails));
        assert_eq!(current(), Place::Inside);
        // The host is the first one again, which lets a get through.
        assert_eq!(Dual::future(async { 5 }).get(), 5);
        panic_of(|| Dual::future(async move { fails() }).get());
        assert_eq!(current(), Place::Inside);
    });
    assert_eq!(helpful.calls().0, 2);

    for _ in 0..2 {
        panic_of(|| context::inside_executor(fails));
        assert_eq!(current(), Place::Outside);
        panic_of(|| context::with_host(&stubborn, fails));
        assert_eq!(current(), Place::Outside);
        panic_of(|| context::blocking_region(fails));
        assert_eq!(current(), Place::Outside);
    }
}

/// A panic of a host restores the place.
#[test]
fn restored_after_a_panicking_host() {
    let host = Helpful::calling(|_| panic!("in the host"));
    context::with_host(&host, || {
        assert_eq!(panic_of(|| Dual::future(async { 5 }).get()), "in the host");
        assert_eq!(current(), Place::Inside);
    });
    assert_eq!(current(), Place::Outside);
    assert_eq!(Dual::future(async { 5 }).get(), 5);
}

/// Each level of nesting restores the place of the level around it.
#[test]
fn restored_after_nesting() {
    let may_block = || Dual::future(async { 5 }).try_get().is_ok();
    assert!(may_block());
    context::inside_executor(|| {
        assert!(!may_block());
        context::blocking_region(|| {
            assert_eq!(current(), Place::Outside);
            assert!(may_block());
            context::inside_executor(|| {
                assert_eq!(current(), Place::Inside);
                assert!(!may_block());
                context::blocking_region(|| assert!(may_block()));
                assert_eq!(current(), Place::Inside);
                assert!(!may_block());
            });
            assert_eq!(current(), Place::Outside);
            assert!(may_block());
            Dual::future(async {
                assert_eq!(
                    context::inside(async { (current(), may_block()) }).await,
                    (Place::Inside, false)
                );
                assert_eq!(current(), Place::Driving);
                assert!(may_block());
                assert_eq!(context::blocking_region(current), Place::Outside);
                assert_eq!(current(), Place::Driving);
            })
            .get();
            assert_eq!(current(), Place::Outside);
        });
        assert_eq!(current(), Place::Inside);
        assert!(!may_block());
    });
    assert_eq!(current(), Place::Outside);
    assert!(may_block());
}

/// A future that is dropped midway leaves the place as it was.
#[test]
fn restored_after_a_future_dropped_midway() {
    let mut cx = Context::from_waker(Waker::noop());
    let host = Arc::new(Stubborn);
    let mut half_done = || {
        let mut wrapped = Box::pin(context::hosted(
            &host,
            context::inside(future::pending::<()>()),
        ));
        assert!(wrapped.as_mut().poll(&mut cx).is_pending());
        wrapped
    };

    drop(half_done());
    assert_eq!(current(), Place::Outside);
    // The stubborn host went with it.
    assert_eq!(Dual::future(async { 5 }).get(), 5);

    let wrapped = half_done();
    context::inside_executor(|| {
        drop(wrapped);
        assert_eq!(current(), Place::Inside);
    });
    let wrapped = half_done();
    Dual::future(async {
        drop(wrapped);
        assert_eq!(current(), Place::Driving);
    })
    .get();
    assert_eq!(current(), Place::Outside);
}
