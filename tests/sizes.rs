//! What a handle weighs, and which auto traits the public types have.

use std::cell::Cell;
use std::fmt::Debug;
use std::future::{Future, IntoFuture};
use std::marker::PhantomPinned;
use std::mem::size_of_val;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use smartcall::context::{Inside, Place};
use smartcall::kind::{self, Named};
use smartcall::offload::Job;
use smartcall::work::{Async, Blocking, Boxed, InPlace, LocalBoxed, Pair, Ready};
#[cfg(feature = "executor")]
use smartcall::{Builder, Executor, LocalExecutor, Task};
use smartcall::{CannotBlock, Dual, DualOf, Resolving, SmartFn, Work};

/// B12: the future of a handle is at most two words larger than the one it was made of.
#[test]
fn future_of_a_handle() {
    #[track_caller]
    fn check<F: Future>(future: F) {
        let bare = size_of_val(&future);
        let ours = size_of_val(&Dual::future(future).into_future());
        let most = bare + 2 * size_of::<usize>();
        assert!(ours <= most, "{bare} bytes became {ours}");
    }

    /// A future that keeps its captures over a wait.
    async fn keep<const N: usize>(bytes: [u8; N]) -> [u8; N] {
        std::future::ready(()).await;
        bytes
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

/// B12: nor does an async function grow by more that awaits it through a handle.
#[test]
fn async_function_that_awaits_a_handle() {
    #[track_caller]
    fn check<F: Future>(make: impl Fn() -> F) {
        let bare = size_of_val(&async { make().await });
        let ours = size_of_val(&async { Dual::future(make()).await });
        let most = bare + 2 * size_of::<usize>();
        assert!(ours <= most, "{bare} bytes became {ours}");
    }

    check(async || ());
    check(async || [0_u8; 4_096]);
    check(std::future::pending::<[u8; 4_096]>);
    check(|| std::future::ready([0_u8; 4_096]));
}

/// Compiles only if a type has a trait.
macro_rules! has {
    ($($ty:ty: $($bound:path),+;)*) => {$($(
        const _: fn() = || {
            fn check<T: ?Sized + $bound>() {}
            check::<$ty>();
        };
    )+)*};
}

/// Compiles only if a type does not have a trait: else it is not known which `check` is meant.
macro_rules! has_not {
    ($($ty:ty: $($bound:path),+;)*) => {$($(
        const _: fn() = || {
            trait Ambiguous<A> {
                fn check() {}
            }
            struct IfItHas;
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $bound> Ambiguous<IfItHas> for T {}
            <$ty as Ambiguous<_>>::check();
        };
    )+)*};
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

// B12: a handle is `Send` when its value and its work are, and never `Sync` or `Unpin`.
has! {
    Plain: Send;
    Dual<u32>: Send;
    Dual<u32, Blocking<Closure>>: Send;
    Dual<u32, InPlace<Closure>>: Send;
    Dual<u32, Ready<u32>>: Send;
    Dual<u32, Pair<u32, fn(u32) -> u32, Closure, std::future::Ready<u32>>>: Send;
    Dual<Cell<u32>, Ready<Cell<u32>>>: Send;
}
has_not! {
    Plain: Sync, Unpin;
    Dual<u32>: Sync, Unpin;
    Dual<u32, Blocking<Closure>>: Sync, Unpin;
    Dual<u32, InPlace<Closure>>: Sync, Unpin;
    Dual<u32, Ready<u32>>: Sync, Unpin;
    Dual<u32, LocalBoxed<'static, u32>>: Send, Sync, Unpin;
    Dual<Rc<u32>>: Send;
    Dual<u32, Async<Bare>>: Send;
    Dual<u32, Ready<Rc<u32>>>: Send;
}

#[allow(dead_code, reason = "it is checked by being compiled")]
fn dual_is_send_when_its_parts_are<T: Send, W: Work<Output = T> + Send>() {
    fn check<T: Send>() {}
    check::<Dual<T, W>>();
    check::<Resolving<T, W>>();
}

has! {
    SmartFn<Rc<u32>, (Rc<u32>,)>: Send, Sync, Clone;
    CannotBlock<Dual<Bare>>: std::error::Error;
    CannotBlock<Plain>: Send;
    Resolving<u32, Boxed<'static, u32>>: Send, Unpin;
    Boxed<'static, u32>: Send, Unpin;
    Blocking<Closure>: Send, Unpin;
    InPlace<Closure>: Send, Unpin;
    Ready<PhantomPinned>: Send, Unpin;
    Job: Send;
    Named<Closure, kind::Sync>: Send, Sync, Copy;
    Place: Send, Sync, Copy, Eq, std::hash::Hash;
}
has_not! {
    LocalBoxed<'static, u32>: Send;
}

#[cfg(feature = "executor")]
has! {
    Executor: Send, Sync, Default;
    Task<Cell<u32>>: Send, Unpin;
    Builder: Send, Sync, Clone;
    LocalExecutor: Default;
}
#[cfg(feature = "executor")]
has_not! {
    Task<Rc<u32>>: Send;
    LocalExecutor: Send, Sync;
}

// Every public type is `Debug`, whatever it holds.
has! {
    Dual<Bare>: Debug;
    Dual<Bare, Bare>: Debug;
    Resolving<Bare, Bare>: Debug;
    SmartFn<Bare, (Bare,)>: Debug;
    CannotBlock<Bare>: Debug;
    Named<Bare, kind::Sync>: Debug;
    kind::Sync: Debug;
    kind::Async: Debug;
    kind::Async: Debug;
    kind::InPlace: Debug;
    Async<Bare>: Debug;
    Blocking<fn() -> Bare>: Debug;
    InPlace<Bare>: Debug;
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

/// B12: another function's handle can be spawned.
#[test]
fn opaque_handle_is_spawned() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    let awaited = runtime.block_on(async { tokio::spawn(opaque(2).into_future()).await });
    assert_eq!(awaited.expect("no panic"), 4);
    let awaited = runtime.block_on(async { tokio::spawn(async { opaque(2).await }).await });
    assert_eq!(awaited.expect("no panic"), 4);

    #[cfg(feature = "executor")]
    {
        let ex = Executor::builder().threads(1).build();
        assert_eq!(ex.block_on(ex.spawn(opaque(2))), 4);
        assert_eq!(ex.block_on(ex.spawn(opaque(2).into_future())), 4);
    }
}
