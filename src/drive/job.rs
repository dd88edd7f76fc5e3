//! The protocol of a job: blocking code on its way to a pool, and the handle that waits for it.
//!
//! Both share one [`Job`]. All changes are made under its lock. These are the stages of the code:
//!
//! | from | to | who changes it |
//! |---|---|---|
//! | `Queued` | `Running` | the thread that is about to run the code, or that drops the code because its pool refuses it: `begin` |
//! | `Queued` | `Abandoned` | the thread that drops the handle: `abandon`. The code never begins. That thread drops it |
//! | `Running` | `Ended` | the thread of the code: `end`, after it has stored the value for the handle |
//! | `Running`, told | `Ended` | the thread of the code: `end_of_told`, after it has dropped the value |
//!
//! A job is *told* if its handle is dropped while it is `Running`. That has four consequences:
//!
//! - `is_cancelled` and the tokens say so.
//! - A wait of the code is woken once. It looks at its job again before it parks anew. Then it unwinds, if the handle makes its
//!   code interruptible and no `shield` protects it. Otherwise it goes on, and its pool counts it as given up.
//! - `end` fails, so that the thread of the code drops the value.
//! - The thread that dropped the handle waits for `end_of_told`, if the handle is joined.
//!
//! No lock is held while a waker, the code or the value is dropped, or a waker is woken: these are code of the program.

use std::task::{Context, Poll, Waker};

use crate::sync::{
    Arc, AtomicBool, Condvar, Mutex, MutexGuard, Ordering, Thread, current, ignore_poison,
};
use crate::waits::edges::Line;

/// A job. Its code and its handle share it.
pub(crate) struct Job<P: ?Sized> {
    on_drop: OnDrop,
    /// Where its handle was made.
    made_at: Line,
    /// Whether the handle was dropped while the code ran. It is written under the lock.
    told: AtomicBool,
    state: Mutex<State>,
    /// Tells a joined handle of the end.
    ended: Condvar,
    /// What the code and the handle pass to each other. The protocol does not look at it.
    parcel: P,
}

/// What the drop of a handle does to code that runs, besides telling it.
#[derive(Clone, Copy)]
pub(crate) struct OnDrop {
    /// It waits until the code has ended.
    pub(crate) joins: bool,
    /// It ends a `.get()` in the code.
    pub(crate) interrupts: bool,
}

impl OnDrop {
    /// It does no more than tell the code.
    pub(crate) const TELLS: OnDrop = OnDrop {
        joins: false,
        interrupts: false,
    };

    pub(crate) const JOINS: OnDrop = OnDrop {
        joins: true,
        ..OnDrop::TELLS
    };

    pub(crate) const INTERRUPTS: OnDrop = OnDrop {
        interrupts: true,
        ..OnDrop::TELLS
    };

    /// Does what either does.
    pub(crate) fn or(self, other: OnDrop) -> OnDrop {
        OnDrop {
            joins: self.joins || other.joins,
            interrupts: self.interrupts || other.interrupts,
        }
    }
}

struct State {
    stage: Stage,
    /// Wakes what waits for the value.
    handle: Option<Waker>,
    /// Wakes the `.get()` that the code is parked in.
    wait: Option<Waker>,
}

enum Stage {
    Queued,
    /// The code runs on this thread.
    Running(Thread),
    Ended,
    Abandoned,
}

/// Returns the address of a job, which differs from job to job.
pub(crate) fn address<P: ?Sized>(job: &Arc<Job<P>>) -> usize {
    Arc::as_ptr(job).addr()
}

impl<P> Job<P> {
    pub(crate) fn new(on_drop: OnDrop, made_at: Line, parcel: P) -> Self {
        Job {
            on_drop,
            made_at,
            told: AtomicBool::new(false),
            state: Mutex::new(State {
                stage: Stage::Queued,
                handle: None,
                wait: None,
            }),
            ended: Condvar::new(),
            parcel,
        }
    }
}

impl<P: ?Sized> Job<P> {
    fn lock(&self) -> MutexGuard<'_, State> {
        ignore_poison(self.state.lock())
    }

    pub(crate) fn parcel(&self) -> &P {
        &self.parcel
    }

    /// Where its handle was made.
    pub(crate) fn made_at(&self) -> Line {
        self.made_at
    }

    pub(crate) fn on_drop(&self) -> OnDrop {
        self.on_drop
    }

    /// Returns whether the handle was dropped while the code ran.
    pub(crate) fn is_told(&self) -> bool {
        self.told.load(Ordering::Relaxed)
    }

    /// Begins the code on this thread, and returns `true`, unless the code was abandoned or has begun before.
    pub(crate) fn begin(&self) -> bool {
        let mut state = self.lock();
        let is_queued = matches!(state.stage, Stage::Queued);
        if is_queued {
            state.stage = Stage::Running(current());
        }
        is_queued
    }

    /// Ends the code, and wakes what waits for its value. Returns `false` if the job was told: the value must be dropped,
    /// and then the job ends by `end_of_told`.
    pub(crate) fn end(&self) -> bool {
        let mut state = self.lock();
        if self.is_told() {
            return false;
        }
        state.stage = Stage::Ended;
        let (handle, wait) = (state.handle.take(), state.wait.take());
        drop(state);
        drop(wait);
        if let Some(waker) = handle {
            waker.wake();
        }
        true
    }

    /// Ends code whose value is dropped.
    pub(crate) fn end_of_told(&self) {
        self.lock().stage = Stage::Ended;
        self.ended.notify_all();
    }

    /// Leaves the job: its value is not wanted any more. Returns whether the code runs on another thread.
    ///
    /// If it does not, the parcel is the caller's.
    pub(crate) fn abandon(&self) -> bool {
        let mut state = self.lock();
        let handle = state.handle.take();
        let (runs, wait) = match &state.stage {
            Stage::Queued => {
                state.stage = Stage::Abandoned;
                (false, None)
            }
            Stage::Running(thread) => {
                // Code that drops its own handle can't wait for itself.
                let elsewhere = thread.id() != current().id();
                self.told.store(true, Ordering::Relaxed);
                (elsewhere, state.wait.take())
            }
            Stage::Ended | Stage::Abandoned => (false, None),
        };
        drop(state);
        drop(handle);
        if let Some(waker) = wait {
            waker.wake();
        }
        runs
    }

    /// Blocks the thread until the code has ended.
    pub(crate) fn wait(&self) {
        let runs = |state: &mut State| matches!(state.stage, Stage::Running(_));
        drop(self.ended.wait_while(self.lock(), runs));
    }

    /// Returns whether the code has ended, or never runs.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.lock().stage, Stage::Ended)
    }

    /// Becomes ready once the code has ended, or never runs.
    pub(crate) fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if matches!(state.stage, Stage::Ended) {
            return Poll::Ready(());
        }
        let is_known = |known: &Waker| known.will_wake(cx.waker());
        let previous = if state.handle.as_ref().is_some_and(is_known) {
            None
        } else {
            state.handle.replace(cx.waker().clone())
        };
        drop(state);
        drop(previous);
        Poll::Pending
    }

    /// Asks for a wait of the code that is about to park: it is ready if the wait has to end. Otherwise the wait is woken when
    /// the job is told.
    pub(crate) fn poll_told(&self, cx: &mut Context<'_>, may_interrupt: bool) -> Poll<()> {
        let mut state = self.lock();
        if self.is_told() {
            let ends = may_interrupt && self.on_drop.interrupts;
            return if ends { Poll::Ready(()) } else { Poll::Pending };
        }
        let previous = state.wait.replace(cx.waker().clone());
        drop(state);
        drop(previous);
        Poll::Pending
    }
}
