//! The flag: where this thread stands.

use std::cell::Cell;

use crate::scoped;

/// What the current thread is doing: nothing async, driving a future, or polling an executor's task.
///
/// # Examples
///
/// ```
/// use smartcall_context::{self as context, Place};
///
/// assert_eq!(context::current(), Place::Outside);
/// context::inside_executor(|| assert_eq!(context::current(), Place::Inside));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// Sync code, or a task of an executor that does not announce itself.
    Outside,
    /// A `.get()` on this thread is polling a future.
    Driving,
    /// An executor that announces itself is polling a task.
    Inside,
}

/// The state of a thread: its place, and what more is known about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Outside,
    /// In a `blocking_region`, where other crates' runtimes are not detected.
    OutsideInRegion,
    Driving,
    DrivingInRegion,
    Inside,
    /// Outside, in a job on a thread that its pool has no second one for.
    DedicatedThread,
}

thread_local! {
    /// Where this thread stands. A new thread starts outside. The flag has no destructor, and so can
    /// be read for as long as the thread runs code.
    static STATE: Cell<State> = const {
        Cell::new(State::Outside)
    };
}

/// Returns where the current thread stands.
///
/// It reads a thread-local and does nothing else: an executor that does not announce itself is not
/// looked for.
///
/// # Examples
///
/// ```
/// use smartcall::Dual;
/// use smartcall_context::{self as context, Place};
///
/// let dual = Dual::future(async { context::current() });
/// assert_eq!(dual.get(), Place::Driving);
/// assert_eq!(context::current(), Place::Outside);
/// ```
#[inline]
pub fn current() -> Place {
    match state() {
        State::Outside | State::OutsideInRegion | State::DedicatedThread => Place::Outside,
        State::Driving | State::DrivingInRegion => Place::Driving,
        State::Inside => Place::Inside,
    }
}

#[inline]
pub(crate) fn state() -> State {
    STATE.get()
}

/// Runs a closure with this thread in a state.
#[inline]
pub(crate) fn with_state<R>(state: State, f: impl FnOnce() -> R) -> R {
    scoped::with(&STATE, state, f)
}

/// Runs a closure with this thread at a place.
///
/// A `blocking_region` reaches down into what `.get()` drives in it, and no further than the next executor.
#[inline]
pub fn enter<R>(place: Place, f: impl FnOnce() -> R) -> R {
    let region = in_region();
    let state = match place {
        Place::Outside if region => State::OutsideInRegion,
        Place::Outside => State::Outside,
        Place::Driving if region => State::DrivingInRegion,
        Place::Driving => State::Driving,
        Place::Inside => State::Inside,
    };
    with_state(state, f)
}

/// Returns whether this thread is in a `blocking_region`.
#[inline]
pub fn in_region() -> bool {
    matches!(state(), State::OutsideInRegion | State::DrivingInRegion)
}

/// Returns whether this thread runs a job that its pool has no second thread for.
#[inline]
pub fn is_dedicated() -> bool {
    state() == State::DedicatedThread
}

/// Runs sync code on this thread, between two polls of a driver or in one.
#[inline]
pub fn run_outside<R>(f: impl FnOnce() -> R) -> R {
    if current() == Place::Driving {
        enter(Place::Outside, f)
    } else {
        f()
    }
}
