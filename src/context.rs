//! Where the current thread stands, and what its executor can do for it.
//!
//! Each thread has one small flag, its [`Place`]. Executors raise it while they poll
//! tasks; `.get()` raises its own kind while it drives a future; a handle looks at it
//! when it is resolved, and never remembers what it saw.
//!
//! Executors that are not ours raise it by one of these, all of which put the previous
//! state back, on unwind too:
//!
//! | | for | the flag is up |
//! |---|---|---|
//! | [`inside`] | one future on any executor | during each poll, and the drop, of the future |
//! | [`inside_executor`] | the thread of an executor | while the closure runs |
//! | [`hosted`], [`with_host`] | the same, with a [`Host`] that helps a blocking thread | the same |
//! | [`blocking_region`] | a place where blocking is fine after all | it is down while the closure runs |
//!
//! An executor that does none of this can't be seen from outside: on the threads of a
//! bare `async_executor::Executor` or of smol, `.get()` blocks the thread like any other
//! blocking call, and hangs if the value has to come from a task of that thread. The
//! cure is one line, `ex.spawn(context::inside(future))`.
//!
//! There are no public guards: one could be held across an `.await`, and the flag would
//! then stay up on the wrong thread.
//!
//! # What follows
//!
//! Thread-locals stay behind when work goes to another thread, unless told to follow. [`carry`] registers
//! a hook that takes them along; with the feature `tracing` the current span and the dispatcher of
//! the `tracing` crate follow as well. They are taken where the work leaves its thread, which for
//! blocking code is the first poll of the handle, and not where the handle was made.
//!
//! | work | what it sees |
//! |---|---|
//! | blocking code on a pool, ours or a host's | what its caller saw, put back afterwards, after a panic too |
//! | a handle that was [started](crate::Dual::start), at each poll of it | what was there when it was started |
//! | what runs on its caller's thread: under `.get()`, in place, polled through | the thread's own: nothing is taken, nothing put back |
//! | tasks of an [`Executor`](crate::Executor), on a worker or on a spare thread that stands in for one | the dispatcher that the executor was built under, if there was one, and no span. No hook is asked |
//!
//! A spare thread gets nothing of the task that blocks: it polls others. A spawned task is on its own, as it is
//! with other executors: tracing's `instrument` and OpenTelemetry's `with_context` are for its future.
//!
//! Values can also come back, by [`Carry::bring_back`]. A span or another "current" thing can't, and
//! need not: it is entered and left again on one thread. Nothing comes back of code that panics, or
//! whose handle is dropped first.
#![doc = include_str!("../docs/hang-matrix.md")]

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

pub use crate::carry::{Carry, carry};
use crate::error::{CannotBlock, Refusal};
use crate::foreign;
pub use crate::offload::Job;

/// What a parked `.get()` says when its executor goes away.
pub(crate) const STOPPED: &str = "the executor was dropped before this value was ready. This \
    happens because a `.get()` was waiting on one of the executor's threads. Keep the executor \
    until its tasks are done.";

/// Where a thread stands with respect to executors.
///
/// # Examples
///
/// ```
/// use smartcall::context::{self, Place};
///
/// assert_eq!(context::current(), Place::Outside);
/// context::inside_executor(|| assert_eq!(context::current(), Place::Inside));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// No shim and no `.get()` is above: sync code, or an executor that does not say so.
    Outside,
    /// A `.get()` on this thread is polling.
    Driving,
    /// An executor that raised the flag is polling a task.
    Inside,
}

/// The state of a thread: its place, and whether a `blocking_region` around it overrides the
/// recognisers of foreign executors.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    OutsideInRegion,
    Driving,
    DrivingInRegion,
    Inside,
    /// Outside, on a pool's thread that nothing can stand in for.
    Held,
}

/// An executor that its thread can turn to.
#[derive(Clone)]
pub(crate) enum HostRef {
    /// One that somebody brought.
    Shared(Arc<dyn Host>),
    /// One that is always there.
    Static(&'static dyn Host),
}

impl std::ops::Deref for HostRef {
    type Target = dyn Host;

    fn deref(&self) -> &Self::Target {
        match self {
            HostRef::Shared(host) => &**host,
            HostRef::Static(host) => *host,
        }
    }
}

thread_local! {
    /// Where this thread stands. New threads start outside; having no destructor, it
    /// can be read for as long as the thread runs code.
    static STATE: Cell<State> = const {
        Cell::new(State::Outside)
    };

    /// Whom this thread turns to when it is about to block. Other than the state, it
    /// stays while a `.get()` drives and while sync code runs: they block the thread too.
    static HOST: RefCell<Option<HostRef>> = const { RefCell::new(None) };
}

/// Returns where the current thread stands.
///
/// It reads a thread-local and nothing else: an executor that does not raise the flag
/// is not looked for.
///
/// # Examples
///
/// ```
/// use smartcall::Dual;
/// use smartcall::context::{self, Place};
///
/// let dual = Dual::future(async { context::current() });
/// assert_eq!(dual.get(), Place::Driving);
/// assert_eq!(context::current(), Place::Outside);
/// ```
#[inline]
pub fn current() -> Place {
    match STATE.get() {
        State::Outside | State::OutsideInRegion | State::Held => Place::Outside,
        State::Driving | State::DrivingInRegion => Place::Driving,
        State::Inside => Place::Inside,
    }
}

/// Returns whether this thread may block now: whether `.get()` would go through.
///
/// It answers for what is known without trying. What it can't know is the root future of a `LocalSet` on a multi-thread
/// runtime of tokio's: there it says yes, and tokio panics, in its own words.
///
/// # Errors
///
/// The reason why not, as [`Dual::try_get`](crate::Dual::try_get) has it.
///
/// # Examples
///
/// ```
/// use smartcall::context;
///
/// assert!(context::can_block().is_ok());
/// context::inside_executor(|| assert!(context::can_block().is_err()));
/// ```
pub fn can_block() -> Result<(), CannotBlock> {
    match leave_to_block() {
        Ok(_) => Ok(()),
        Err(refusal) => Err(CannotBlock::new((), refusal)),
    }
}

/// What an executor can do for its threads that are about to block.
///
/// Implement it for an executor whose tasks may call `.get()`, and install it with
/// [`hosted`] or [`with_host`].
///
/// # Examples
///
/// A host that has a second thread to take over, and so has nothing to do:
///
/// ```
/// use std::sync::Arc;
/// use smartcall::Dual;
/// use smartcall::context::{self, Host};
///
/// struct TwoThreads;
///
/// impl Host for TwoThreads {
///     fn can_block(&self) -> bool {
///         true
///     }
///     fn block_in_place(&self, block: &mut dyn FnMut()) {
///         block()
///     }
/// }
///
/// let host = Arc::new(TwoThreads);
/// let value = context::with_host(&host, || Dual::future(async { 5 }).get());
/// assert_eq!(value, 5);
/// ```
pub trait Host: Send + Sync + 'static {
    /// Whether a task may block its thread.
    ///
    /// It is asked first, at the caller's line; `false` makes `.get()` panic there, and
    /// `try_get` give the handle back.
    fn can_block(&self) -> bool;

    /// Calls `block` once, on this thread, and keeps the executor going meanwhile.
    ///
    /// It is called around the whole of a `.get()`, and once more inside that each time
    /// the thread is about to park: the outer call may turn out to be short, the inner
    /// one does not.
    fn block_in_place(&self, block: &mut dyn FnMut());

    /// Becomes ready once the executor is gone, so that nothing waits for its tasks.
    ///
    /// A `.get()` that is about to park asks it, and panics if it is ready; while the
    /// thread is parked, waking `cx` makes it ask again.
    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = cx;
        Poll::Pending
    }

    /// Runs blocking code on a pool of the executor's own.
    ///
    /// # Errors
    ///
    /// Gives the job back if there is no such pool, or if the pool refuses: it then
    /// goes to the pool of this crate. A job that is dropped instead makes whoever
    /// waits for it panic, in words.
    fn offload(&self, job: Job) -> Result<(), Job> {
        Err(job)
    }

    /// Whether `offload` is worth a call. A job is made to be handed around, which
    /// costs an allocation that is wasted on a host without a pool.
    #[doc(hidden)]
    fn has_pool(&self) -> bool {
        true
    }

    /// Why the host can't block, if it knows more than that.
    #[doc(hidden)]
    fn refusal(&self) -> Option<HostRefusal> {
        None
    }

    /// Whether foreign executors that its tasks run themselves are looked for. A host of
    /// somebody else's may stand for just the one that would be found.
    #[doc(hidden)]
    fn looks_below(&self) -> bool {
        false
    }
}

/// A reason that only our own hosts can give.
#[doc(hidden)]
#[derive(Debug)]
pub struct HostRefusal(pub(crate) Refusal);

/// Raises the flag during each poll, and the drop, of a future.
///
/// This is for futures on executors that can't be recognised: a `.get()` in such a future
/// then panics instead of stalling the executor, and [`try_get`](crate::Dual::try_get)
/// gives the handle back. A [`Host`] that the thread may have is not asked.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, context};
///
/// let refused = pollster::block_on(context::inside(async {
///     Dual::future(async { 5 }).try_get().is_err()
/// }));
/// assert!(refused);
/// ```
pub fn inside<F: IntoFuture>(future: F) -> Inside<F::IntoFuture> {
    Inside::new(None, future.into_future())
}

/// Raises the flag while a closure runs.
///
/// This is for authors of executors: call the polls of your tasks in it.
///
/// # Examples
///
/// ```
/// use smartcall::context::{self, Place};
///
/// assert_eq!(context::inside_executor(context::current), Place::Inside);
/// ```
pub fn inside_executor<R>(f: impl FnOnce() -> R) -> R {
    stand(Place::Inside, &mut None, f)
}

/// Raises the flag during each poll of a future, with an executor to turn to.
///
/// See [`inside`] and [`Host`]. The host is an `Arc<impl Host>` or an `Arc<dyn Host>`.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use smartcall::Dual;
/// use smartcall::context::{self, Host};
///
/// struct Stubborn;
///
/// impl Host for Stubborn {
///     fn can_block(&self) -> bool {
///         false
///     }
///     fn block_in_place(&self, block: &mut dyn FnMut()) {
///         block()
///     }
/// }
///
/// let host: Arc<dyn Host> = Arc::new(Stubborn);
/// let refused = pollster::block_on(context::hosted(&host, async {
///     Dual::future(async { 5 }).try_get().is_err()
/// }));
/// assert!(refused);
/// ```
pub fn hosted<F: IntoFuture>(host: &impl ToHost, future: F) -> Inside<F::IntoFuture> {
    Inside::new(Some(HostRef::Shared(host.to_host())), future.into_future())
}

/// [`hosted`], by a host that is always there.
#[cfg(feature = "executor")]
pub(crate) fn hosted_static<F: Future>(host: &'static dyn Host, future: F) -> Inside<F> {
    Inside::new(Some(HostRef::Static(host)), future)
}

/// Raises the flag while a closure runs, with an executor to turn to.
///
/// See [`inside_executor`] and [`Host`], which has an example. The host is an
/// `Arc<impl Host>` or an `Arc<dyn Host>`.
pub fn with_host<R>(host: &impl ToHost, f: impl FnOnce() -> R) -> R {
    stand(Place::Inside, &mut Some(HostRef::Shared(host.to_host())), f)
}

/// Says that blocking is fine while a closure runs.
///
/// This is for code that has seen to it that the thread may block, by tokio's
/// `block_in_place` or on a thread of a pool that it knows. [`current`] shows it as
/// [`Place::Outside`], foreign executors are not looked for, and a [`Host`] is not asked.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, context};
///
/// let value = context::inside_executor(|| {
///     context::blocking_region(|| Dual::future(async { 5 }).get())
/// });
/// assert_eq!(value, 5);
/// ```
pub fn blocking_region<R>(f: impl FnOnce() -> R) -> R {
    let _place = set(State::OutsideInRegion);
    let mut none = None;
    let _host = HostGuard::swap(&mut none);
    f()
}

/// An `Arc` of a [`Host`], of a known type or of `dyn Host`.
pub trait ToHost: sealed::Sealed {
    #[doc(hidden)]
    fn to_host(&self) -> Arc<dyn Host>;
}

impl<H: Host> ToHost for Arc<H> {
    fn to_host(&self) -> Arc<dyn Host> {
        Arc::<H>::clone(self)
    }
}

impl ToHost for Arc<dyn Host> {
    fn to_host(&self) -> Arc<dyn Host> {
        Arc::clone(self)
    }
}

mod sealed {
    pub trait Sealed {}
    impl<H: ?Sized> Sealed for std::sync::Arc<H> {}
}

pin_project! {
    /// A future that raises the flag while it is polled, made by [`inside`] and [`hosted`].
    ///
    /// Dropping it drops the future, with the flag up.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Inside<F> {
        // An `Option`, so that it can be dropped under the flag.
        #[pin]
        future: Option<F>,
        host: Option<HostRef>,
    }

    impl<F> PinnedDrop for Inside<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            stand(Place::Inside, this.host, || this.future.set(None));
        }
    }
}

impl<F> Inside<F> {
    fn new(host: Option<HostRef>, future: F) -> Self {
        Inside {
            future: Some(future),
            host,
        }
    }
}

impl<F: Future> Future for Inside<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.future.as_pin_mut() {
            Some(future) => stand(Place::Inside, this.host, || future.poll(cx)),
            // Only dropping takes the future away.
            None => Poll::Pending,
        }
    }
}

impl<F> fmt::Debug for Inside<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inside")
            .field("hosted", &self.host.is_some())
            .finish_non_exhaustive()
    }
}

/// Runs a closure at a place, with a host or with none.
#[inline]
fn stand<R>(place: Place, host: &mut Option<HostRef>, f: impl FnOnce() -> R) -> R {
    let _place = enter(place);
    let _host = HostGuard::swap(host);
    f()
}

/// Runs sync code that has a thread to itself: a pool's.
pub(crate) fn on_pool_thread<R>(mut host: Option<HostRef>, f: impl FnOnce() -> R) -> R {
    // What is recognised before the code has begun is the pool's own doing. What it enters
    // later is not.
    let _place = set(match foreign::recognise() {
        Err(_) => State::OutsideInRegion,
        Ok(_) => State::Outside,
    });
    let _host = HostGuard::swap(&mut host);
    f()
}

/// Runs sync code of a pool on a thread that nothing can stand in for: what may have to wait for
/// others is refused in it.
pub(crate) fn on_held_thread<R>(f: impl FnOnce() -> R) -> R {
    let _place = set(State::Held);
    let mut none = None;
    let _host = HostGuard::swap(&mut none);
    f()
}

/// Whether this is such a thread.
#[inline]
pub(crate) fn is_held() -> bool {
    STATE.get() == State::Held
}

/// Moves this thread outside, where a foreign executor that it runs already is not refused.
fn enter_unseen() -> PlaceGuard {
    match foreign::recognise() {
        Err(_) => set(State::OutsideInRegion),
        Ok(_) => enter(Place::Outside),
    }
}

/// Runs sync code on this thread, between the polls of a driver or in one.
#[inline]
pub(crate) fn run_here<R>(f: impl FnOnce() -> R) -> R {
    if current() != Place::Driving {
        return f();
    }
    let _place = enter(Place::Outside);
    f()
}

/// Whether the thread may block, with nobody to ask.
#[inline]
pub(crate) fn may_block() -> bool {
    match STATE.get() {
        State::Inside | State::Held => false,
        State::OutsideInRegion | State::DrivingInRegion => true,
        State::Outside | State::Driving => matches!(foreign::recognise(), Ok(None)),
    }
}

/// Whom to ask before the thread blocks, if it may.
///
/// `None` stands for nobody: it just blocks.
#[inline]
pub(crate) fn leave_to_block() -> Result<Option<HostRef>, Refusal> {
    match STATE.get() {
        State::Inside => ask_host(),
        State::Held => Err(Refusal::Held),
        State::OutsideInRegion | State::DrivingInRegion => Ok(None),
        State::Outside | State::Driving => foreign::recognise(),
    }
}

/// The same for a deref: on a thread that polls a task an implicit wait is never meant.
pub(crate) fn leave_to_deref() -> Result<Option<HostRef>, Refusal> {
    match STATE.get() {
        State::Inside => Err(Refusal::Task),
        State::Outside if foreign::polls_task() => Err(Refusal::Task),
        _ => leave_to_block(),
    }
}

#[cold]
fn ask_host() -> Result<Option<HostRef>, Refusal> {
    let host = host().ok_or(Refusal::NoHost)?;
    if foreign::ANY && host.looks_below() {
        // An executor that the task itself runs can't go on, whatever its host does.
        foreign::recognise()?;
    }
    if !host.can_block() {
        let refusal = host.refusal();
        return Err(refusal.map_or(Refusal::HostCannot, |HostRefusal(refusal)| refusal));
    }
    Ok(Some(host))
}

/// Blocks with the leave that was given.
#[inline]
#[track_caller]
pub(crate) fn block<R>(leave: Option<HostRef>, f: impl FnOnce() -> R) -> R {
    match leave {
        None => f(),
        // The host stays: what is nested in `f` may park this thread as well.
        Some(host) => through(&*host, || {
            if foreign::ANY && host.looks_below() {
                // The task may run an executor itself, which wants to be told as well.
                let _place = enter(Place::Outside);
                return foreign::block_in_place(f);
            }
            // What is recognised here is what the host speaks for, also to what is nested in `f`.
            let _place = enter_unseen();
            f()
        }),
    }
}

/// Calls a closure by way of a host.
#[track_caller]
fn through<R>(host: &dyn Host, f: impl FnOnce() -> R) -> R {
    let mut f = Some(f);
    let mut value = None;
    host.block_in_place(&mut || {
        if let Some(f) = f.take() {
            value = Some(f());
        }
    });
    value.expect("`Host::block_in_place` must call the closure that it is given")
}

/// Runs in-place code on this thread, watched by its host in a task.
///
/// In a task the place stays what it is: a `.get()` in the code has to ask.
#[inline]
pub(crate) fn run_in_place<R>(f: impl FnOnce() -> R) -> R {
    if current() != Place::Inside {
        return run_here(f);
    }
    match host() {
        Some(host) if host.can_block() => through(&*host, f),
        _ => f(),
    }
}

/// Runs blocking code that borrows on this thread, of which whoever polls here is told.
#[inline]
pub(crate) fn run_borrowing<R>(f: impl FnOnce() -> R) -> R {
    match STATE.get() {
        State::Outside => match foreign::recognise() {
            Ok(Some(host)) => through(&*host, f),
            _ => f(),
        },
        _ => run_in_place(f),
    }
}

/// Whether a `blocking_region` on this thread overrides the recognisers.
#[inline]
pub(crate) fn in_region() -> bool {
    matches!(STATE.get(), State::OutsideInRegion | State::DrivingInRegion)
}

/// The host of this thread, at whatever depth of nesting.
pub(crate) fn host() -> Option<HostRef> {
    // In a dying thread there may be none any more, and nobody to ask then.
    HOST.try_with(|host| host.borrow().clone()).ok().flatten()
}

/// Puts the previous state back when dropped.
#[must_use = "the context is left as soon as the guard is dropped"]
pub(crate) struct PlaceGuard {
    previous: State,
    _not_send: PhantomData<*mut ()>,
}

/// Moves this thread to a place. A blocking region reaches down into what `.get()`
/// drives in it, and no further than the next executor.
#[inline]
pub(crate) fn enter(place: Place) -> PlaceGuard {
    let region = in_region();
    set(match place {
        Place::Outside if region => State::OutsideInRegion,
        Place::Outside => State::Outside,
        Place::Driving if region => State::DrivingInRegion,
        Place::Driving => State::Driving,
        Place::Inside => State::Inside,
    })
}

#[inline]
fn set(state: State) -> PlaceGuard {
    PlaceGuard {
        previous: STATE.replace(state),
        _not_send: PhantomData,
    }
}

impl Drop for PlaceGuard {
    #[inline]
    fn drop(&mut self) {
        STATE.set(self.previous);
    }
}

/// Exchanges the thread's host with somebody's, and back when dropped.
struct HostGuard<'a> {
    other: &'a mut Option<HostRef>,
    _not_send: PhantomData<*mut ()>,
}

impl<'a> HostGuard<'a> {
    #[inline]
    fn swap(other: &'a mut Option<HostRef>) -> Self {
        let mut guard = HostGuard {
            other,
            _not_send: PhantomData,
        };
        guard.exchange();
        guard
    }

    #[inline]
    fn exchange(&mut self) {
        // In a dying thread the slot may be gone: then it has no host, and keeps none.
        let _ = HOST.try_with(|host| mem::swap(&mut *host.borrow_mut(), self.other));
    }
}

impl Drop for HostGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.exchange();
    }
}
