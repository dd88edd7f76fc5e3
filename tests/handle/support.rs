//! What the tests of this folder share.

#![allow(unreachable_pub, reason = "it is a part of a test binary")]

use std::future::Future;
use std::panic;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use smartcall::{Dual, DualOf, Work};

/// What has happened to the bodies and the values of a test.
#[derive(Default)]
pub struct Counts {
    pub bodies: AtomicU32,
    pub runs: AtomicU32,
    pub values: AtomicU32,
}

impl Counts {
    pub fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }

    /// Bodies and values that there still are.
    pub fn left(&self) -> (u32, u32) {
        (
            self.bodies.load(Ordering::SeqCst),
            self.values.load(Ordering::SeqCst),
        )
    }
}

/// What a body owns: it counts the runs, and itself.
pub struct Body(pub Arc<Counts>);

impl Body {
    pub fn new(counts: &Arc<Counts>) -> Self {
        counts.bodies.fetch_add(1, Ordering::SeqCst);
        Body(Arc::clone(counts))
    }

    pub fn run(self) -> Value {
        self.0.runs.fetch_add(1, Ordering::SeqCst);
        self.0.values.fetch_add(1, Ordering::SeqCst);
        Value(Arc::clone(&self.0))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.0.bodies.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A value that counts itself.
pub struct Value(pub Arc<Counts>);

impl Drop for Value {
    fn drop(&mut self) {
        self.0.values.fetch_sub(1, Ordering::SeqCst);
    }
}

pub fn fails() -> u32 {
    panic!("the body's own message")
}

pub const PANICKED: &str =
    "this `Dual` has no value: its body panicked when it was resolved before.";
pub const RECURSIVE: &str = "this `Dual` is being resolved further up on this thread's stack.";
pub const AGAIN: &str = "a `Dual` was polled again after it had completed or panicked";
pub const REFUSED: &str = "cannot block here: this thread is polling a task of an executor. This happens because a \
    boxed `Dual` was used like a reference";

/// Gets handles of fives in every way, and says where that failed.
macro_rules! resolves {
    ($place:ident, $make:expr) => {
        assert_eq!($make.get(), 5, "{}", $place);
        assert_eq!($make.try_get().ok(), Some(5), "{}", $place);
    };
}

pub(crate) use resolves;

/// Resolves a handle by each caller, and gives what they got: it is the same for all.
#[track_caller]
pub fn by_each<T, W>(make: impl Fn() -> Dual<T, W>) -> T
where
    T: PartialEq + std::fmt::Debug + Send + 'static,
    W: Work<Output = T> + Send + 'static,
{
    let got = make().get();
    assert_eq!(*make().boxed(), got);
    assert_eq!(pollster::block_on(make()), got, "an unknown executor");
    assert_eq!(make().boxed().get(), got);
    #[cfg(feature = "executor")]
    {
        let ex = smartcall::Executor::builder().threads(1).build();
        assert_eq!(
            ex.block_on(ex.spawn(make())),
            got,
            "a task of an `Executor` awaits"
        );
        let dual = make();
        let gets = ex.spawn(async move { dual.get() });
        assert_eq!(ex.block_on(gets), got, "a task of an `Executor` gets");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .build()
        .expect("it starts");
    let task = runtime.spawn(make());
    assert_eq!(runtime.block_on(task).expect("no panic"), got, "tokio");
    got
}

pub fn future() -> DualOf<impl Work<Output = Vec<u32>>> {
    Dual::future(async { vec![5] })
}

/// Work with two sides that tell how it was resolved.
pub struct Sides {
    polls: u32,
}

impl Future for Sides {
    type Output = String;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<String> {
        self.polls += 1;
        if self.polls == 1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(format!("polled {} times", self.polls))
    }
}

impl Work for Sides {
    fn block(self: Pin<&mut Self>) -> String {
        format!("blocked after {} polls", self.polls)
    }
}

pub fn sides() -> Dual<String, Sides> {
    Dual::new(Sides { polls: 0 })
}
