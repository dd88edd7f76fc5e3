//! Where `.get()` is refused, and what the error says. `blocking_region` lifts the refusal.

#![allow(
    clippy::async_yields_async,
    reason = "handles are made in one place and resolved in another"
)]

use std::sync::Arc;
use std::thread;

use futures_lite::future::yield_now;
use smartcall::{Dual, context};

use crate::common::{Helpful, Stubborn, limit, message, refused_here};

/// A get panics in a future under `inside`. The handle can be awaited, or got on another thread.
#[test]
fn refused_in_a_wrapped_future() {
    limit(|| {
        let elsewhere = pollster::block_on(context::inside(async {
            assert_eq!(refused_here().await, 5);
            yield_now().await;
            refused_here()
        }));
        assert_eq!(elsewhere.get(), 5);
    });
}

/// A get panics in `inside_executor`.
#[test]
fn refused_in_inside_executor() {
    let mut dual = context::inside_executor(refused_here);
    // It has become an ordinary handle again.
    *dual += 1;
    assert_eq!(dual.get(), 6);
}

/// A get panics under a host that cannot block. The handle can be awaited, or got on another
/// thread.
#[test]
fn refused_by_a_host_that_cannot_block() {
    limit(|| {
        let host = Arc::new(Stubborn);
        assert_eq!(context::with_host(&host, refused_here).get(), 5);
        let elsewhere = pollster::block_on(context::hosted(&host, async {
            assert_eq!(refused_here().await, 5);
            refused_here()
        }));
        let elsewhere = thread::spawn(move || elsewhere.get());
        assert_eq!(elsewhere.join().expect("no panic"), 5);
    });
}

/// `inside_executor` asks no host, though the thread has one.
#[test]
fn inside_executor_hides_a_host() {
    let host = Helpful::new();
    context::with_host(&host, || {
        assert_eq!(context::inside_executor(refused_here).get(), 5);
    });
    assert_eq!(host.calls().0, 1, "for the get out here");
}

/// A get works in a `blocking_region`, nested ones as well, and asks no host.
#[test]
fn get_in_a_blocking_region() {
    limit(|| {
        let (sender, pending) = message();
        thread::spawn(move || sender.send(7));
        let nested = async { Dual::future(async { pending.get() }).get() };
        let value = context::inside_executor(|| {
            context::blocking_region(|| Dual::blocking(|| Dual::future(nested).get()).get())
        });
        assert_eq!(value, 7);

        let host = Helpful::new();
        let (sender, pending) = message();
        thread::spawn(move || sender.send(7));
        let value = context::with_host(&host, || context::blocking_region(|| pending.get()));
        assert_eq!(value, 7);
        assert_eq!(host.calls(), (0, Vec::new()));
    });
}

/// A `blocking_region` ends where the next executor begins.
#[test]
fn blocking_region_ends_at_an_executor() {
    context::blocking_region(|| {
        assert_eq!(context::inside_executor(refused_here).get(), 5);
        let inside = Dual::future(context::inside(async { refused_here() }));
        assert_eq!(inside.get().get(), 5);
    });
}
