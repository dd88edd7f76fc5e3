//! The size of a handle, and the auto traits of the public types.

use std::cell::Cell;
use std::fmt::Debug;
use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures::future::FusedFuture;
use smartcall::context::{Inside, Place};
#[cfg(feature = "executor")]
use smartcall::executor::{Builder, Executor};
use smartcall::kind::{self, Named};
use smartcall::offload::Job;
use smartcall::work::{
    Async, Blocking, Borrowing, Boxed, InPlace, LocalBoxed, Pair, Ready, Sleep, Timeout,
};
use smartcall::{CannotBlock, Dual, DualOf, SmartFn, SmartFnRef, Work};
#[cfg(feature = "executor")]
use smartcall::{LocalExecutor, Task, work::Started};

use crate::common::{has, has_not};

const WORD: usize = size_of::<usize>();

/// The size of what is held, rounded up to a word, and a word: its alignment, if larger.
fn most(held: usize, align: usize) -> usize {
    held.next_multiple_of(WORD) + align.max(WORD)
}

/// A future that keeps its captures over a wait.
async fn keep<const N: usize>(bytes: [u8; N]) -> [u8; N] {
    std::future::ready(()).await;
    bytes
}

/// A handle is its work, rounded up to a word, and a word.
#[test]
fn size_of_a_handle() {
    #[track_caller]
    fn check<T, W: Work<Output = T>>(_: &Dual<T, W>) {
        let (work, ours) = (size_of::<W>(), size_of::<Dual<T, W>>());
        assert!(
            ours <= most(work, align_of::<W>()),
            "{work} bytes became {ours}"
        );
    }

    #[repr(align(64))]
    struct Aligned(u8);

    check(&Dual::blocking(|| ()));
    let bytes = [0_u8; 3];
    check(&Dual::blocking(move || bytes));
    check(&Dual::in_place(move || bytes));
    check(&Dual::borrowing(|| bytes));
    check(&Dual::pair(bytes, |bytes| bytes, keep));
    check(&Dual::ready(bytes));
    check(&Dual::ready([0_u8; 4_096]));
    check(&Dual::ready(Aligned(0).0));
    check(&Dual::ready(Aligned(0)));
    check(&Dual::future(keep([0; 4_096])).boxed());
    check(&Dual::future(keep([0; 4_096])).boxed_local());
    check(&Dual::blocking(|| 5).map(|n| n + 1));
    check(&smartcall::sleep(std::time::Duration::ZERO));
    check(&Dual::ready(5).timeout(std::time::Duration::ZERO));
}

/// A boxed handle is as small for a large value as for a small one.
#[test]
fn size_of_a_boxed_handle() {
    let of_nothing = size_of::<Dual<()>>();
    assert_eq!(size_of::<Dual<[u8; 4_096]>>(), of_nothing);
    assert!(of_nothing <= most(size_of::<Boxed<'static, ()>>(), 1));
    assert_eq!(
        size_of::<Dual<(), LocalBoxed<'static, ()>>>(),
        size_of::<Dual<()>>()
    );
}

/// The handle of a future holds the future and a word.
#[test]
fn size_of_a_handle_of_a_future() {
    #[track_caller]
    fn check<F: Future>(future: F) {
        let (bare, align) = (size_of_val(&future), align_of_val(&future));
        let ours = size_of_val(&Dual::future(future));
        assert!(ours <= most(bare, align), "{bare} bytes became {ours}");
    }

    check(async {});
    check(async { 1_u8 });
    check(async { [0_u8; 4_096] });
    check(keep([0; 0]));
    check(keep([0; 1]));
    check(keep([0; 4_096]));
    check(std::future::ready([0_u8; 4_096]));
    check(std::future::pending::<[u8; 4_096]>());
}

/// An async function that awaits a future through a handle grows by two words at most.
#[test]
fn size_of_an_async_function_that_awaits_a_handle() {
    #[track_caller]
    fn check<F: Future>(make: impl Fn() -> F) {
        let bare = size_of_val(&async { make().await });
        let ours = size_of_val(&async { Dual::future(make()).await });
        assert!(ours <= bare + 2 * WORD, "{bare} bytes became {ours}");
    }

    check(async || ());
    check(async || [0_u8; 4_096]);
    check(std::future::pending::<[u8; 4_096]>);
    check(|| std::future::ready([0_u8; 4_096]));
}

type Closure = fn() -> u32;
type Plain = Dual<u32, Async<std::future::Ready<u32>>>;

/// A type with no auto trait and without `Debug`.
struct Bare(
    #[allow(dead_code, reason = "for its traits")] Rc<Cell<u32>>,
    PhantomPinned,
);

impl Future for Bare {
    type Output = Bare;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Bare> {
        Poll::Pending
    }
}

impl Work for Bare {
    fn block(self: Pin<&mut Self>) -> Bare {
        unreachable!("it is there for its traits")
    }
}

// A handle is `Send` and `Sync` when its work is, and `Unpin` when its work is, which ours never is.
has! {
    Plain: Send, Sync;
    Dual<u32, Blocking<Closure>>: Send, Sync;
    Dual<u32, InPlace<Closure>>: Send, Sync;
    Dual<u32, Borrowing<Closure>>: Send, Sync;
    Dual<u32, Ready<u32>>: Send, Sync;
    Dual<u32, Pair<u32, fn(u32) -> u32, Closure, std::future::Ready<u32>>>: Send, Sync;
    Dual<(), Sleep>: Send, Sync;
    DualOf<Timeout<Plain>>: Send, Sync;
    Dual<Cell<u32>, Ready<Cell<u32>>>: Send;
    Dual<u32>: Send;
    Dual<u32, Polled>: Send, Unpin;
    Dual<Bare, Pin<Box<Bare>>>: Unpin;
}
has_not! {
    Plain: Unpin;
    Dual<u32>: Sync, Unpin;
    Dual<u32, Blocking<Closure>>: Unpin;
    Dual<u32, InPlace<Closure>>: Unpin;
    Dual<u32, Borrowing<Closure>>: Unpin;
    Dual<u32, Ready<u32>>: Unpin;
    Dual<u32, Pair<u32, fn(u32) -> u32, Closure, std::future::Ready<u32>>>: Unpin;
    Dual<(), Sleep>: Unpin;
    DualOf<Timeout<Plain>>: Unpin;
    Dual<u32, LocalBoxed<'static, u32>>: Send, Sync, Unpin;
    Dual<Rc<u32>>: Sync;
    Dual<Cell<u32>, Ready<Cell<u32>>>: Sync;
    Dual<u32, Async<Bare>>: Send, Sync;
    Dual<u32, Ready<Rc<u32>>>: Send, Sync;
}

/// A handle that was polled, in its box.
type Polled = Pin<Box<Dual<u32>>>;

#[allow(dead_code, reason = "it is checked by being compiled")]
fn dual_is_as_its_work<T, W: Work<Output = T> + Send + Sync + Unpin + FusedFuture>() {
    fn check<T: Send + Sync + Unpin + FusedFuture>() {}
    check::<Dual<T, W>>();
}

// A handle is fused when its work is, and of the forms all are, that of a future if the future is.
has! {
    Dual<u32>: FusedFuture;
    Dual<u32, LocalBoxed<'static, u32>>: FusedFuture;
    Dual<u32, Async<futures::future::Ready<u32>>>: FusedFuture;
    Dual<u32, Blocking<Closure>>: FusedFuture;
    Dual<u32, InPlace<Closure>>: FusedFuture;
    Dual<u32, Borrowing<Closure>>: FusedFuture;
    Dual<u32, Ready<u32>>: FusedFuture;
    Dual<(), Sleep>: FusedFuture;
    DualOf<Timeout<Plain>>: FusedFuture;
}
has_not! {
    Plain: FusedFuture;
}

has! {
    SmartFn<Rc<u32>, (Rc<u32>,)>: Send, Sync, Clone;
    SmartFnRef<Rc<u32>, Rc<u32>>: Send, Sync, Clone;
    CannotBlock<Dual<Bare>>: std::error::Error;
    CannotBlock: Send, Sync, std::error::Error;
    CannotBlock<Plain>: Send, Sync;
    CannotBlock<Dual<u32>>: Send;
    Boxed<'static, u32>: Send;
    Blocking<Closure>: Send, Sync;
    InPlace<Closure>: Send, Sync;
    Ready<u32>: Send, Sync;
    Job: Send;
    Named<Closure, kind::Sync>: Send, Sync, Copy;
    Place: Send, Sync, Copy, Eq, std::hash::Hash;
}
has_not! {
    CannotBlock<Dual<u32>>: Sync;
    CannotBlock<Rc<u32>>: Send, Sync;
    Boxed<'static, u32>: Sync, Unpin;
    LocalBoxed<'static, u32>: Send, Sync, Unpin;
    Blocking<Closure>: Unpin;
    InPlace<Closure>: Unpin;
    Ready<u32>: Unpin;
}

#[cfg(feature = "executor")]
has! {
    Executor: Send, Sync, Default;
    Task<Cell<u32>>: Send, Unpin;
    Builder: Send, Sync, Clone;
    LocalExecutor: Default;
    Dual<u32, Task<u32>>: Send, Unpin;
    Dual<u32, Started<u32>>: Send, FusedFuture;
}
#[cfg(feature = "executor")]
has_not! {
    Task<Rc<u32>>: Send;
    Dual<u32, Started<u32>>: Unpin;
    LocalExecutor: Send, Sync;
}

// Every public type is `Debug`, whatever it holds.
has! {
    Dual<Bare>: Debug;
    Dual<Bare, Bare>: Debug;
    SmartFn<Bare, (Bare,)>: Debug;
    SmartFnRef<Bare, Bare>: Debug;
    CannotBlock<Bare>: Debug;
    Named<Bare, kind::Sync>: Debug;
    kind::Sync: Debug;
    kind::Async: Debug;
    kind::InPlace: Debug;
    Async<Bare>: Debug;
    Blocking<fn() -> Bare>: Debug;
    InPlace<Bare>: Debug;
    Borrowing<Bare>: Debug;
    Sleep: Debug;
    Timeout<Bare>: Debug;
    Pair<Bare, Bare, Bare, Bare>: Debug;
    Ready<Bare>: Debug;
    Boxed<'static, Bare>: Debug;
    LocalBoxed<'static, Bare>: Debug;
    Place: Debug;
    Inside<Bare>: Debug;
    Job: Debug;
}
#[cfg(feature = "executor")]
has! {
    Executor: Debug;
    LocalExecutor: Debug;
    Builder: Debug;
    Task<Bare>: Debug;
}

/// The function of another crate, as far as its callers can tell.
fn opaque(n: u32) -> DualOf<impl Work<Output = u32>> {
    Dual::future(async move { n + Dual::blocking(move || n).await })
}

/// A handle that another function returns can be spawned.
#[test]
fn opaque_handle_is_spawned() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    let awaited = runtime.block_on(async { tokio::spawn(opaque(2)).await });
    assert_eq!(awaited.expect("no panic"), 4);
    let awaited = runtime.block_on(async { tokio::spawn(async { opaque(2).await }).await });
    assert_eq!(awaited.expect("no panic"), 4);

    #[cfg(feature = "executor")]
    {
        let ex = Executor::builder().threads(1).build();
        assert_eq!(ex.block_on(ex.spawn(opaque(2))), 4);
        assert_eq!(ex.block_on(ex.spawn(opaque(2))), 4);
    }
}
