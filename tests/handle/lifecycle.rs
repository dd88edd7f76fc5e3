//! A handle runs nothing before it is resolved, and runs its body once.

#![allow(
    clippy::redundant_async_block,
    reason = "handles are made in one place and resolved in another"
)]

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use futures_lite::future::{pending, yield_now};
use smartcall::{Dual, DualOf, SmartCall, Work, context};

use super::support::{Body, Counts, Value};
use crate::common::{limit, panic_of, poll};

/// Work that is written by hand: it runs its body in `block`, or in its second poll.
struct ByHand {
    body: Option<Body>,
    polled: bool,
}

impl ByHand {
    fn new(body: Body) -> Self {
        ByHand {
            body: Some(body),
            polled: false,
        }
    }
}

impl Future for ByHand {
    type Output = Value;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Value> {
        if !self.polled {
            self.polled = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.body.take().expect("polled again").run())
    }
}

impl Work for ByHand {
    fn block(mut self: Pin<&mut Self>) -> Value {
        self.body.take().expect("resolved before").run()
    }
}

/// Calls `$check` for each form of work that has a body, with a function that makes a handle.
macro_rules! each_form {
    ($check:ident) => {
        $check("future", |counts| {
            let body = Body::new(counts);
            Dual::future(async { body.run() })
        });
        $check("a future that waits", |counts| {
            let body = Body::new(counts);
            Dual::future(async {
                yield_now().await;
                body.run()
            })
        });
        $check("blocking", |counts| {
            let body = Body::new(counts);
            Dual::blocking(|| body.run())
        });
        $check("in place", |counts| {
            let body = Body::new(counts);
            Dual::in_place(|| body.run())
        });
        $check("pair", |counts| {
            Dual::pair(Body::new(counts), Body::run, async |body: Body| body.run())
        });
        $check("by hand", |counts| {
            Dual::new(ByHand::new(Body::new(counts)))
        });
        $check("boxed", |counts| {
            let body = Body::new(counts);
            Dual::blocking(|| body.run()).boxed()
        });
        $check("boxed locally", |counts| {
            let body = Body::new(counts);
            Dual::future(async { body.run() }).boxed_local()
        });
    };
}

/// Something to do with a handle, by name.
type Way<W> = (&'static str, fn(Dual<Value, W>));

/// Nothing of a body runs before its handle is resolved; `Debug` does not resolve
/// it, and a handle that is dropped leaves nothing behind.
#[test]
fn dropped_unused() {
    fn check<W: Work<Output = Value>>(form: &str, make: impl Fn(&Arc<Counts>) -> Dual<Value, W>) {
        let stages: [Way<W>; 7] = [
            ("at once", drop),
            ("shown", |dual| {
                assert_eq!(format!("{dual:?}"), "Dual { .. }")
            }),
            ("boxed", |dual| drop(dual.boxed_local())),
            ("put on the heap", |dual| drop(Box::new(dual))),
            ("pinned", |dual| drop(Box::pin(dual))),
            ("a handle of one that is pinned", |dual| {
                drop(Dual::new(Box::pin(dual)));
            }),
            ("in an async function", |dual| drop(async { dual.await })),
        ];
        for (stage, drop_it) in stages {
            let counts = Arc::default();
            drop_it(make(&counts));
            assert_eq!(counts.runs(), 0, "{form}, {stage}");
            assert_eq!(counts.left(), (0, 0), "{form}, {stage}");
        }
    }

    limit(|| {
        each_form!(check);
    });
}

/// A body runs once, when its handle is resolved, and its value is dropped once.
#[test]
fn resolved_once() {
    fn check<W: Work<Output = Value>>(form: &str, make: impl Fn(&Arc<Counts>) -> Dual<Value, W>) {
        let ways: [Way<W>; 11] = [
            ("get", |dual| drop(dual.get())),
            ("try_get", |dual| drop(dual.try_get().expect("outside"))),
            ("pinned, get", |dual| drop(Dual::new(Box::pin(dual)).get())),
            ("polled, get", |dual| {
                let mut dual = Box::pin(dual);
                if poll(&mut dual.as_mut()).is_pending() {
                    drop(Dual::new(dual).get());
                }
            }),
            ("await", |dual| drop(pollster::block_on(dual))),
            ("driven", |dual| {
                drop(Dual::future(async { dual.await }).get())
            }),
            ("deref", |dual| {
                let dual = dual.boxed_local();
                let first: *const Value = &*dual;
                assert!(std::ptr::eq(first, &*dual));
            }),
            ("deref, get", |dual| {
                let dual = dual.boxed_local();
                let _ = &*dual;
                drop(dual.get());
            }),
            ("deref, try_get", |dual| {
                let dual = dual.boxed_local();
                let _ = &*dual;
                drop(dual.try_get().expect("outside"));
            }),
            ("deref, await", |dual| {
                let dual = dual.boxed_local();
                let _ = &*dual;
                drop(pollster::block_on(dual));
            }),
            ("deref, boxed, get", |dual| {
                let dual = dual.boxed_local();
                let _ = &*dual;
                drop(dual.boxed_local().get());
            }),
        ];
        for (way, resolve) in ways {
            let counts = Arc::default();
            let dual = make(&counts);
            assert_eq!(counts.runs(), 0, "{form}, {way}");
            resolve(dual);
            assert_eq!(counts.runs(), 1, "{form}, {way}");
            assert_eq!(counts.left(), (0, 0), "{form}, {way}");
        }
    }

    limit(|| {
        each_form!(check);
    });
}

/// A handle that is dropped after a poll, or after it was refused.
#[test]
fn dropped_half_way() {
    fn waits(counts: &Arc<Counts>) -> DualOf<impl Work<Output = Value> + use<>> {
        let body = Body::new(counts);
        Dual::future(async {
            pending::<()>().await;
            body.run()
        })
    }

    limit(|| {
        let counts = Arc::default();
        assert!(poll(&mut pin!(waits(&counts))).is_pending());
        assert!(poll(&mut pin!(waits(&counts).boxed_local())).is_pending());
        let pair = Dual::pair(waits(&counts), Dual::get, async |dual| dual.await);
        assert!(poll(&mut pin!(pair)).is_pending());
        drop(context::inside_executor(|| waits(&counts).try_get().err()));
        panic_of(|| context::inside_executor(|| waits(&counts).get()));
        assert_eq!(counts.runs(), 0);
        assert_eq!(counts.left(), (0, 0));
    });
}

/// An async or smart callable is called by `invoke`, its body waits; a sync one waits.
#[test]
fn invoke_calls_async_and_smart_callables() {
    limit(|| {
        let calls = Arc::new(AtomicU32::new(0));
        let call = {
            let calls = Arc::clone(&calls);
            move || calls.fetch_add(1, Ordering::SeqCst) + 1
        };
        let sync = call.invoke();
        assert_eq!(calls.load(Ordering::SeqCst), 0);

        let asynchronous = || {
            call();
            let call = call.clone();
            async move { call() + call() }
        };
        let asynchronous = asynchronous.invoke();
        assert_eq!(calls.load(Ordering::SeqCst), 1);

        let smart = || {
            call();
            Dual::blocking(call.clone())
        };
        let smart = smart.invoke();
        assert_eq!(calls.load(Ordering::SeqCst), 2);

        assert_eq!(asynchronous.get(), 3 + 4);
        assert_eq!(smart.get(), 5);
        assert_eq!(sync.get(), 6);
    });
}
