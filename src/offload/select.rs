//! Selects the pool for blocking code, and decides whether the code goes to a pool at all.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::task::Context;

use smartcall_context::internal::placement::{self, Leave, Placement, Ticket};
use smartcall_context::internal::{self as context, HostRef, Place, scoped};

use crate::offload::pool::{Pool, ToPool};

/// The pool of the process, if it was set.
static PROCESS: OnceLock<Arc<dyn Pool>> = OnceLock::new();

/// Sets the pool of the process. It is used by blocking code whose handle and executor have no pool of their own.
///
/// This is for programs, not for libraries. It can be called once.
///
/// # Errors
///
/// Returns an error if it was called before.
///
/// # Examples
///
/// ```
/// use smartcall::Dual;
/// use smartcall::offload::{self, Limited};
///
/// offload::set_pool(&Limited::new(8.try_into().unwrap())).unwrap();
/// # pollster::block_on(async {
/// assert_eq!(Dual::blocking(|| 5).await, 5);
/// # });
/// ```
pub fn set_pool(pool: &impl ToPool) -> Result<(), SetPoolError> {
    PROCESS.set(pool.to_pool()).map_err(|_| SetPoolError(()))
}

/// The error of [`set_pool`]: the process has a pool already.
#[derive(Debug)]
pub struct SetPoolError(());

impl fmt::Display for SetPoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the pool of the process was set before. It can be set once, by the program: bind \
             handles to a pool by `.on(&pool)`, or an executor by `Builder::pool`, instead",
        )
    }
}

impl Error for SetPoolError {}

thread_local! {
    /// The pool of the handle that this thread is resolving.
    static BOUND: Cell<Option<Arc<dyn Pool>>> = const { Cell::new(None) };

    /// Whether `BOUND` has a pool. This thread-local has no destructor, so it is cheap to read.
    static IS_BOUND: Cell<bool> = const { Cell::new(false) };
}

/// Runs a closure with the pool of a handle.
pub(crate) fn with_pool<R>(pool: &Arc<dyn Pool>, f: impl FnOnce() -> R) -> R {
    scoped::exchanged(&BOUND, &mut Some(Arc::clone(pool)), || {
        // In a thread that is ending, `BOUND` may already be destroyed.
        let is_bound = BOUND.try_with(|_| ()).is_ok();
        scoped::with(&IS_BOUND, is_bound, || context::without_turns(f))
    })
}

/// Returns the pool of the handle that this thread is resolving.
pub(crate) fn bound() -> Option<Arc<dyn Pool>> {
    IS_BOUND.get().then(|| scoped::cloned(&BOUND)).flatten()
}

/// Returns the address of the pool of the handle that this thread is resolving.
#[inline]
pub(crate) fn bound_address() -> Option<usize> {
    bound().map(|pool| Arc::as_ptr(&pool).addr())
}

/// Runs a closure without the pool of a handle.
pub(crate) fn unbound<R>(f: impl FnOnce() -> R) -> R {
    scoped::with(&IS_BOUND, false, f)
}

/// Returns whether code of the handle's pool runs on this thread, or `None` if the handle has no pool.
#[inline]
fn bound_here() -> Option<bool> {
    IS_BOUND.get().then(is_current)
}

#[cold]
fn is_current() -> bool {
    scoped::cloned(&BOUND).is_some_and(|pool| pool.is_current())
}

/// Asks where blocking code that is being polled for the first time runs, and leaves it. See [`placement::ask`].
#[inline]
pub(crate) fn ask<L: Leave>(cx: &Context<'_>, leave: impl FnOnce() -> L) -> Answer {
    match bound_here() {
        None if is_process_here() => Answer::Inline,
        None => placement::ask(cx, leave).map_or(Answer::Pool, Answer::Asked),
        Some(true) => Answer::Inline,
        Some(false) => Answer::Pool,
    }
}

/// Where blocking code that has not begun runs.
pub(crate) enum Answer {
    /// On this thread, in this poll.
    Inline,
    /// On a pool.
    Pool,
    /// It has left its code, and is told in the next poll.
    Asked(Ticket),
}

/// Returns whether blocking code that has asked, and is being polled again, runs inline.
#[inline]
pub(crate) fn is_granted(cx: &Context<'_>) -> bool {
    bound_here().unwrap_or_else(|| placement::is_granted(cx))
}

/// Runs blocking code on this thread, which resolves its handle.
///
/// What has asked on this thread does not wait for the code: it is sent before.
#[inline]
pub(crate) fn run_here<R>(f: impl FnOnce() -> R) -> R {
    placement::send_all();
    context::run_outside(f)
}

/// Decides where blocking code that can't leave its place runs. See [`placement::decide`].
#[inline]
pub(crate) fn place(cx: &Context<'_>, asked: &mut bool) -> Placement {
    match bound_here() {
        None => match placement::decide(cx, asked) {
            Placement::Pool if is_process_here() => Placement::Inline,
            place => place,
        },
        Some(true) => Placement::Inline,
        Some(false) => Placement::Pool,
    }
}

/// Returns whether code of this thread goes to the pool of the process, and this thread is one of that pool's.
#[inline]
fn is_process_here() -> bool {
    PROCESS.get().is_some_and(|pool| {
        let hosted = || context::host().is_some_and(|host| host.has_pool());
        pool.is_current() && !hosted()
    })
}

/// Returns whether blocking code that is resolved on this thread always goes to a pool.
#[inline]
pub(crate) fn sends_away() -> bool {
    bound_here() == Some(false)
}

/// Returns whether blocking code that is awaited on this thread may run on it.
pub(crate) fn may_run_here() -> bool {
    bound_here().unwrap_or_else(|| context::current() == Place::Driving || is_process_here())
}

/// Returns whether blocking code that is resolved on this thread may always run on it.
#[inline]
pub(crate) fn takes_code() -> bool {
    bound_here().unwrap_or_else(context::is_dedicated)
}

/// Where blocking code goes, unless it goes to the default pool.
pub(crate) enum Chosen {
    /// To this pool. If the pool refuses the job, the job does not go elsewhere.
    Pool(Arc<dyn Pool>),
    /// To the pool of a host, or to the default pool if the host returns the job.
    Host(HostRef),
}

/// Chooses the pool for blocking code of this thread: `None` for the default pool.
#[inline]
pub(crate) fn choose() -> Option<Chosen> {
    if IS_BOUND.get() {
        if let Some(pool) = scoped::cloned(&BOUND) {
            return Some(Chosen::Pool(pool));
        }
    }
    let host = context::host();
    let is_hosted = host.as_ref().is_some_and(HostRef::is_asked);
    if let Some(host) = host.filter(HostRef::has_pool) {
        return Some(Chosen::Host(host));
    }
    if let Some(pool) = PROCESS.get() {
        return Some(Chosen::Pool(Arc::clone(pool)));
    }
    if is_hosted {
        return None;
    }
    context::runtime_pool().map(Chosen::Host)
}
