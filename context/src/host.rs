//! What an executor does for a thread that is about to block, and the jobs that it takes.
//!
//! Both stand in one file, since each needs the other: a host takes jobs, and a job that runs has no host but
//! its pool's.

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::once;
use crate::place::{self, Place, State};
use crate::refusal::Refusal;
use crate::runtimes::detect::{self, Found};

/// Lets an executor keep running while one of its threads blocks.
///
/// Implement it for an executor whose tasks may call `.get()`, and install it with
/// [`hosted`](crate::hosted) or [`with_host`](crate::with_host).
///
/// # Examples
///
/// A host that has a second thread to go on with, and so has nothing to do:
///
/// ```
/// use std::sync::Arc;
/// use smartcall::Dual;
/// use smartcall_context::{self as context, Host};
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
    /// Returns whether a task may block its thread now.
    ///
    /// It is asked first, at the caller's line. If it returns `false`, `.get()` panics there, and `try_get` returns
    /// the handle.
    fn can_block(&self) -> bool;

    /// Calls `block` once, on this thread, and keeps the executor running meanwhile.
    ///
    /// It is called around the whole of a `.get()`, which may turn out to be short.
    fn block_in_place(&self, block: &mut dyn FnMut());

    /// Calls `park` once, on this thread, which parks it, and keeps the executor running meanwhile.
    ///
    /// It is called inside of [`block_in_place`](Host::block_in_place), each time the thread is about to park.
    /// Unless implemented, it calls `block_in_place`.
    fn park(&self, park: &mut dyn FnMut()) {
        self.block_in_place(park);
    }

    /// Becomes ready once the executor is gone, so that nothing waits for its tasks.
    ///
    /// A `.get()` that is about to park calls it, and so does one that polls again and again. It panics if this is ready. While
    /// the thread is parked, waking `cx` makes the `.get()` call it again.
    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = cx;
        Poll::Pending
    }

    /// Runs blocking code on a pool of the executor's own.
    ///
    /// # Errors
    ///
    /// Returns the job if the executor has no pool, or if the pool refuses the job: it then goes to smartcall's pool.
    /// If the job is dropped instead, whatever waits for it panics.
    fn offload(&self, job: Job) -> Result<(), Job> {
        Err(job)
    }
}

/// Keeps other crates from calling the methods of an [`InternalHost`]: only this crate can make one.
#[derive(Clone, Copy, Debug)]
pub struct Token(());

const TOKEN: Token = Token(());

/// What smartcall's own hosts have beyond a [`Host`].
pub trait InternalHost: Host {
    /// Whether `offload` is worth a call. A job that is passed around costs an allocation, which is wasted on
    /// a host without a pool.
    fn has_pool(&self, _: Token) -> bool {
        false
    }

    /// Why the host can't block, if it knows more than that it can't.
    fn refusal(&self, _: Token) -> Option<Refusal> {
        None
    }

    /// Whether to also detect runtimes that a task of this executor has entered. A host of another crate
    /// may itself stand for such a runtime, and is not asked.
    fn detects_below(&self, _: Token) -> bool {
        false
    }

    /// Calls `park` once, which parks this thread in a `blocking_region`.
    ///
    /// The code in the region was not refused, so the host must not panic. It keeps the executor running if it can.
    fn park_in_region(&self, park: &mut dyn FnMut(), _: Token) {
        self.park(park);
    }
}

/// The host of a thread.
#[derive(Clone)]
pub enum HostRef {
    /// A host of another crate.
    Brought(Arc<dyn Host>),
    /// One of smartcall's.
    Own(Arc<dyn InternalHost>),
    /// One of smartcall's that is always there.
    Static(&'static dyn InternalHost),
    /// One of smartcall's, in a `blocking_region`: it is not asked, but told when the thread parks.
    Told(Arc<dyn InternalHost>),
    /// The same for one that is always there.
    ToldStatic(&'static dyn InternalHost),
}

/// Calls a method of whichever host it is, or does something else in a region.
macro_rules! forward {
    ($this:ident, $host:ident => $call:expr, in a region => $in_region:expr) => {
        match $this {
            HostRef::Brought($host) => $call,
            HostRef::Own($host) => $call,
            HostRef::Static($host) => $call,
            HostRef::Told(_) | HostRef::ToldStatic(_) => $in_region,
        }
    };
}

impl HostRef {
    /// See [`Host::can_block`].
    #[inline]
    pub fn can_block(&self) -> bool {
        forward!(self, host => host.can_block(), in a region => true)
    }

    /// Runs a closure by [`Host::block_in_place`], once.
    #[inline]
    #[track_caller]
    pub fn block_in_place<R>(&self, f: impl FnOnce() -> R) -> R {
        once::run_through(
            |block| forward!(self, host => host.block_in_place(block), in a region => block()),
            f,
            "`Host::block_in_place` must call the closure that it is given",
        )
    }

    /// Runs a closure by [`Host::park`], once: a second park would wait for a wake-up that the first has taken.
    #[track_caller]
    pub fn park<R>(&self, f: impl FnOnce() -> R) -> R {
        once::run_through(
            |park| match self {
                HostRef::Brought(host) => host.park(park),
                HostRef::Own(host) => host.park(park),
                HostRef::Static(host) => host.park(park),
                HostRef::Told(host) => host.park_in_region(park, TOKEN),
                HostRef::ToldStatic(host) => host.park_in_region(park, TOKEN),
            },
            f,
            "`Host::park` must call the closure that it is given",
        )
    }

    /// See [`Host::poll_stopped`].
    pub fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        forward!(self, host => host.poll_stopped(cx), in a region => Poll::Pending)
    }

    /// See [`Host::offload`].
    pub fn offload(&self, job: Job) -> Result<(), Job> {
        forward!(self, host => host.offload(job), in a region => Err(job))
    }

    /// Returns the host as it is in a `blocking_region`, if it is one of smartcall's.
    pub fn in_region(&self) -> Option<HostRef> {
        match self {
            HostRef::Brought(_) => None,
            HostRef::Own(host) | HostRef::Told(host) => Some(HostRef::Told(Arc::clone(host))),
            HostRef::Static(host) | HostRef::ToldStatic(host) => Some(HostRef::ToldStatic(*host)),
        }
    }

    /// Returns whether the host is asked, and not only told when the thread parks.
    #[inline]
    pub fn is_asked(&self) -> bool {
        !matches!(self, HostRef::Told(_) | HostRef::ToldStatic(_))
    }

    /// See [`InternalHost::has_pool`].
    #[inline]
    pub fn has_pool(&self) -> bool {
        self.is_asked() && self.internal().is_none_or(|host| host.has_pool(TOKEN))
    }

    /// See [`InternalHost::refusal`].
    pub fn refusal(&self) -> Option<Refusal> {
        self.internal().and_then(|host| host.refusal(TOKEN))
    }

    /// See [`InternalHost::detects_below`].
    #[inline]
    pub fn detects_below(&self) -> bool {
        self.internal()
            .is_some_and(|host| host.detects_below(TOKEN))
    }

    #[inline]
    fn internal(&self) -> Option<&dyn InternalHost> {
        match self {
            HostRef::Brought(_) | HostRef::Told(_) | HostRef::ToldStatic(_) => None,
            HostRef::Own(host) => Some(&**host),
            HostRef::Static(host) => Some(*host),
        }
    }
}

impl fmt::Debug for HostRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostRef").finish_non_exhaustive()
    }
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

thread_local! {
    /// What this thread asks when it is about to block. Other than the place, it stays while a `.get()`
    /// drives and while sync code runs: they block the thread, too.
    ///
    /// It is borrowed while it is cloned or exchanged, which runs no code of the program. A `Cell` would have to be emptied and
    /// filled again to be looked at, and the next look would wait for these stores.
    static HOST: RefCell<Option<HostRef>> = const { RefCell::new(None) };
}

/// Returns the host of this thread, at whatever depth of nesting.
#[inline]
pub fn host() -> Option<HostRef> {
    HOST.try_with(|host| host.borrow().clone()).ok().flatten()
}

/// Returns whether the host of this thread is one of smartcall's that is always there, lets a task block now, and can't refuse
/// later.
#[inline]
pub(crate) fn surely_can_block() -> bool {
    let host = HOST.try_with(|host| match &*host.borrow() {
        Some(HostRef::Static(host)) => Some(*host),
        _ => None,
    });
    host.ok().flatten().is_some_and(|host| {
        let may_detect = detect::ENABLED && host.detects_below(TOKEN) && detect::finds_any();
        !may_detect && host.can_block()
    })
}

/// Returns whether smartcall polls what this thread polls: a `.get()`, or an executor of smartcall's.
#[inline]
pub fn is_polled_by_own() -> bool {
    match place::current() {
        Place::Driving => true,
        Place::Outside => false,
        Place::Inside => {
            let is_own = |host: &RefCell<Option<HostRef>>| {
                !matches!(&*host.borrow(), None | Some(HostRef::Brought(_)))
            };
            HOST.try_with(is_own).unwrap_or(false)
        }
    }
}

/// Runs a closure with a host in the place of this thread's.
///
/// The host is moved in, and moved out again.
#[inline]
pub(crate) fn with_host_ref<R>(host: &mut Option<HostRef>, f: impl FnOnce() -> R) -> R {
    struct Exchange<'a>(&'a mut Option<HostRef>);

    impl Exchange<'_> {
        fn exchange(&mut self) {
            // In a dying thread it may be gone.
            let _ = HOST.try_with(|host| mem::swap(&mut *host.borrow_mut(), self.0));
        }
    }

    impl Drop for Exchange<'_> {
        fn drop(&mut self) {
            self.exchange();
        }
    }

    let mut exchange = Exchange(host);
    exchange.exchange();
    f()
}

/// The code of a [`Job`], shared with what waits for it. smartcall implements it.
pub trait JobCode: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Runs the code on this thread, unless nobody waits for it any more. It does not panic.
    fn run(self: Arc<Self>);

    /// Drops the code, which never runs, and tells what waits for it. It does not panic.
    fn refuse(self: Arc<Self>);
}

/// A piece of blocking code on its way to a pool.
///
/// A [`Host`] gets it, and calls [`run`](Job::run) on a thread that may block.
///
/// Dropping it drops the code. Whatever waits for the code then panics. If the handle of the code is dropped first, the code is
/// dropped there and then, and the job is empty: running it does nothing.
#[must_use = "a job that is dropped never runs, and what waits for it panics"]
pub struct Job {
    /// `None` once it has run.
    code: Option<Arc<dyn JobCode>>,
}

impl Job {
    pub(crate) fn new(code: Arc<dyn JobCode>) -> Self {
        Job { code: Some(code) }
    }

    /// Runs the code on this thread.
    ///
    /// A panic of the code reaches what waits for it, and not the caller. If nobody waits any more, the value is dropped here.
    /// A panic of its destructor does not reach the caller either: the panic hook reports it, and this returns.
    ///
    /// # Examples
    ///
    /// A host that has a thread for each job:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use smartcall::Dual;
    /// use smartcall_context::{self as context, Host, Job};
    ///
    /// struct ThreadEach;
    ///
    /// impl Host for ThreadEach {
    ///     fn can_block(&self) -> bool {
    ///         false
    ///     }
    ///     fn block_in_place(&self, block: &mut dyn FnMut()) {
    ///         block()
    ///     }
    ///     fn offload(&self, job: Job) -> Result<(), Job> {
    ///         std::thread::spawn(|| job.run());
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let host = Arc::new(ThreadEach);
    /// let value = pollster::block_on(context::hosted(&host, Dual::blocking(|| 5)));
    /// assert_eq!(value, 5);
    /// ```
    pub fn run(self) {
        self.run_with_host(None);
    }

    /// Returns the address of the code, or 0.
    pub(crate) fn address(&self) -> usize {
        self.code
            .as_ref()
            .map_or(0, |code| Arc::as_ptr(code).addr())
    }

    /// Runs the code on a thread whose pool has a host.
    pub(crate) fn run_with_host(self, host: Option<HostRef>) {
        on_pool_thread(host, || self.run_here());
    }

    /// Runs the code on a thread that its pool has no second one for.
    pub(crate) fn run_dedicated(self) {
        place::with_state(State::DedicatedThread, || {
            with_host_ref(&mut None, || self.run_here());
        });
    }

    /// Runs the code on a thread that is a pool's already.
    pub(crate) fn run_here(mut self) {
        if let Some(code) = self.code.take() {
            code.run();
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(code) = self.code.take() {
            code.refuse();
        }
    }
}

/// Runs sync code on a pool's thread, which it has to itself.
pub fn on_pool_thread<R>(mut host: Option<HostRef>, f: impl FnOnce() -> R) -> R {
    // A runtime that is detected before the code has begun is the pool's own doing. What the code enters later
    // is not.
    let detected = detect::detect();
    let state = if detected.is_some_and(Found::needs_its_thread) {
        State::OutsideInRegion
    } else {
        State::Outside
    };
    place::with_state(state, || with_host_ref(&mut host, f))
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}
