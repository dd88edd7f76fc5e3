//! May this thread block? And if so, how: by its host, or just so.

use std::panic::{self, AssertUnwindSafe};
use std::thread;

use crate::host::{self, HostRef, host};
use crate::place::{self, Place, State, run_outside};
use crate::refusal::{CannotBlock, Refusal};
use crate::runtime_host::{self, Detected};
use crate::runtimes::detect;

/// Returns whether this thread may block now: whether `.get()` would panic.
///
/// It answers from what is known without trying. With the feature `tokio` it returns `Ok` in three places where a `.get()`
/// panics:
///
/// - in the root future of a `LocalSet` on a multi-thread runtime, and in a second thread in the `block_on` of a
///   current-thread runtime: tokio panics in its own words;
/// - in a task of a current-thread runtime that has entered another runtime, on a thread with a name: `.get()`
///   tries, and `try_get` returns the handle. The panic hook reports tokio's panic.
///
/// # Errors
///
/// The reason why not, which `try_get` returns, too.
///
/// # Examples
///
/// ```
/// use smartcall_context as context;
///
/// assert!(context::can_block().is_ok());
/// context::inside_executor(|| assert!(context::can_block().is_err()));
/// ```
pub fn can_block() -> Result<(), CannotBlock> {
    match request_blocking() {
        Ok(_) => Ok(()),
        Err(refusal) => Err(CannotBlock::new((), refusal)),
    }
}

/// Returns whether the thread may block, with no host to ask.
#[inline]
pub fn may_block() -> bool {
    match place::state() {
        State::Inside | State::DedicatedThread => false,
        State::OutsideInRegion | State::DrivingInRegion => true,
        State::Outside | State::Driving => !detect::finds_any(),
    }
}

/// Returns whether this thread may block for certain, since the host of the task that it polls can go on without it.
///
/// It is for what turns out not to wait, since a [`Permission`] costs more than that. If it returns `false`,
/// [`request_blocking`] decides.
#[inline]
pub fn surely_may_block() -> bool {
    place::state() == State::Inside && host::surely_can_block()
}

/// The permission to block this thread.
#[derive(Debug)]
#[must_use = "nothing blocks before `block` is called"]
pub struct Permission {
    /// By whose help, if there is a host.
    host: Option<HostRef>,
    /// Whether the host is a runtime's that was detected on this thread.
    detected: bool,
    /// Why a runtime may yet refuse, by a panic before it calls what blocks.
    may_refuse: Option<Refusal>,
}

/// Asks for the permission to block this thread.
#[inline]
pub fn request_blocking() -> Result<Permission, Refusal> {
    match place::state() {
        State::Inside => ask_host(),
        State::DedicatedThread => Err(Refusal::DedicatedThread),
        State::OutsideInRegion | State::DrivingInRegion => Ok(Permission::not_needed()),
        State::Outside | State::Driving => Ok(Permission::of(runtime_host::detect()?)),
    }
}

/// The same for a deref: on a thread that polls a task an implicit wait is never meant.
pub fn request_deref() -> Result<Permission, Refusal> {
    match place::state() {
        State::Inside => Err(Refusal::Deref),
        State::Outside if detect::polls_task() => Err(Refusal::Deref),
        _ => request_blocking(),
    }
}

#[cold]
fn ask_host() -> Result<Permission, Refusal> {
    let host = host().ok_or(Refusal::NoHost)?;
    let mut may_refuse = None;
    if detect::ENABLED && host.detects_below() {
        // A runtime that the task itself has entered can't go on, whatever the task's host does.
        may_refuse = runtime_host::detect()?.and_then(|below| below.may_refuse);
    }
    if host.can_block() {
        Ok(Permission {
            host: Some(host),
            detected: false,
            may_refuse,
        })
    } else {
        Err(host.refusal().unwrap_or(Refusal::HostCannot))
    }
}

impl Permission {
    /// The permission where there is nothing to ask for: what is run does not wait.
    #[inline]
    pub fn not_needed() -> Self {
        Permission {
            host: None,
            detected: false,
            may_refuse: None,
        }
    }

    /// The permission by what was detected.
    #[inline]
    fn of(detected: Option<Detected>) -> Self {
        match detected {
            None => Permission::not_needed(),
            Some(Detected { host, may_refuse }) => Permission {
                host: Some(host),
                detected: true,
                may_refuse,
            },
        }
    }

    /// Returns whether a host was asked: this thread polls something that waits meanwhile.
    #[inline]
    pub fn has_host(&self) -> bool {
        self.host.is_some()
    }

    /// Returns whether [`try_block`](Permission::try_block) may refuse.
    #[inline]
    pub fn is_uncertain(&self) -> bool {
        self.may_refuse.is_some()
    }

    /// Runs a closure that blocks.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if the host refuses after all.
    #[inline]
    #[track_caller]
    pub fn block<R>(self, f: impl FnOnce() -> R) -> R {
        match self.may_refuse {
            None => self.block_by_host(f),
            Some(_) => match self.try_block(f) {
                Ok(value) => value,
                Err(refusal) => refusal.panic(),
            },
        }
    }

    /// Runs a closure that blocks, or returns why it has not run.
    #[cold]
    #[track_caller]
    pub fn try_block<R>(self, f: impl FnOnce() -> R) -> Result<R, Refusal> {
        let Some(refusal) = self.may_refuse else {
            return Ok(self.block_by_host(f));
        };
        let mut begun = false;
        let tried = panic::catch_unwind(AssertUnwindSafe(|| {
            self.block_by_host(|| {
                begun = true;
                f()
            })
        }));
        match tried {
            Ok(value) => Ok(value),
            Err(payload) if begun => panic::resume_unwind(payload),
            Err(_) => Err(refusal),
        }
    }

    #[inline]
    #[track_caller]
    fn block_by_host<R>(self, f: impl FnOnce() -> R) -> R {
        match self.host {
            None => f(),
            // The host stays: what is nested in `f` may park this thread as well.
            Some(host) => host.block_in_place(|| {
                if self.detected {
                    return place::enter(Place::Outside, f);
                }
                if detect::ENABLED && host.detects_below() {
                    // The task may have entered a runtime itself, which is told, too.
                    return place::enter(Place::Outside, || runtime_host::block_in_place(f));
                }
                // What is detected here is what the host speaks for, also to what is nested in `f`.
                if detect::detect().is_some_and(|found| found.needs_its_thread()) {
                    place::with_state(State::OutsideInRegion, f)
                } else {
                    place::enter(Place::Outside, f)
                }
            }),
        }
    }
}

/// Runs in-place code on this thread, of which the host of a task is told.
///
/// In a task the place stays what it is: a `.get()` in the code has to ask.
#[inline]
pub fn run_in_place<R>(f: impl FnOnce() -> R) -> R {
    if place::current() != Place::Inside {
        return run_outside(f);
    }
    match host() {
        Some(host) if host.can_block() => host.block_in_place(f),
        _ => f(),
    }
}

/// Runs blocking code that borrows on this thread, of which the executor that polls here is told.
#[inline]
pub fn run_borrowing<R>(f: impl FnOnce() -> R) -> R {
    match place::state() {
        State::Outside => match runtime_host::detect() {
            Ok(Some(Detected {
                host,
                may_refuse: None,
            })) => host.block_in_place(f),
            Ok(Some(detected)) => {
                let mut f = Some(f);
                let mut take = || f.take().expect("it runs once")();
                // It runs where it is if the runtime refuses.
                Permission::of(Some(detected))
                    .try_block(&mut take)
                    .unwrap_or_else(|_| take())
            }
            _ => f(),
        },
        _ => run_in_place(f),
    }
}

/// Runs a closure that waits in a destructor, which the executor of this thread is told of if it can go on meanwhile.
///
/// A destructor can't refuse: if the thread must not block, it blocks all the same.
#[cold]
pub fn wait_in_drop(wait: impl Fn()) {
    let wait_by = |host: Option<HostRef>| match host {
        Some(host) => host.park(&wait),
        None => wait(),
    };
    // The host of a pool's thread is not asked for permission, and yet gives the thread's place to another job.
    let by_host = || wait_by(host().filter(HostRef::can_block));
    match request_blocking() {
        // A second panic that leaves the destructor would abort the program. That of a runtime is caught, and the hosts of smartcall
        // have none where they are only told.
        Ok(permission) if permission.detected || !thread::panicking() => {
            permission.try_block(by_host).unwrap_or_else(|_| wait());
        }
        _ if thread::panicking() => wait_by(host().as_ref().and_then(HostRef::in_region)),
        _ => wait(),
    }
}
