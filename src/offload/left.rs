//! Blocking code that has asked the driver where to run, and that the driver sends if its part is left.
//!
//! The code is then in no place that the part knows: see `placement` in the context crate. The part has a ticket, and may
//! be on another thread by now. So the driver puts the future of the job into one table, under the ticket, and the part
//! finds it there. All changes are made under the table's lock:
//!
//! | entry | the code | who changes it, and to what |
//! |---|---|---|
//! | none | is in the list of a thread | the driver of that thread sends it: `Sent`. The part is polled on another thread: `Wanted`; or is dropped on one: `Dropped`. On that thread the part takes its code, or drops it: no change |
//! | `Wanted` | is in the list of a thread | the driver sends it: `Sent`, and wakes the part. The part is dropped: `Dropped`; or takes its code: none |
//! | `Dropped` | is in the list of a thread | the driver finds that nobody waits, and drops the code: none |
//! | `Sent` | is a job | the part takes the future, to poll it or to drop it: none |
//!
//! The entry is there before the pool has the job. So a part that is dropped finds either its code or its job, and code
//! that it drops does not begin any more.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Waker};

use smartcall_context::internal::placement::{self, Leave, Number, Ticket};
use smartcall_context::internal::{self as context, Job, Snapshot};

use crate::drive::job::OnDrop;
use crate::offload::code::Code;
use crate::offload::spawn_blocking::{self, BlockingTask};
use crate::offload::{on_drop, select};
use crate::sync::ignore_poison;
use crate::waits::edges::Line;

/// Blocking code that has asked, with what is known of the place where it has asked.
pub(crate) struct Asked<C> {
    code: C,
    /// Where its handle was made.
    made_at: Line,
    /// What is propagated to the pool, if it goes there. It is boxed to keep this small: mostly there is nothing.
    snapshot: Option<Box<Snapshot>>,
    /// What the drop of its handle does.
    on_drop: OnDrop,
}

impl<C> Asked<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    /// Takes what belongs to the code at this place, and then the code.
    #[inline]
    pub(crate) fn new(made_at: Line, code: impl FnOnce() -> C) -> Self {
        let snapshot = context::captures().then(|| Box::new(context::capture()));
        Asked {
            code: code(),
            made_at,
            snapshot,
            on_drop: on_drop::current(),
        }
    }

    /// Returns the code, to be run on this thread.
    #[inline]
    pub(crate) fn into_code(self) -> C {
        self.code
    }

    /// Sends the code to the pool, from a poll of its part.
    pub(crate) fn spawn(self) -> BlockingTask<C::Output> {
        let on_drop = self.on_drop.or(on_drop::current());
        let (job, task) = self.prepare(on_drop);
        spawn_blocking::submit(job);
        task
    }

    fn prepare(self, on_drop: OnDrop) -> (Job, BlockingTask<C::Output>) {
        // If there was nothing to capture, there still is nothing of that place.
        let snapshot = self
            .snapshot
            .map_or_else(Snapshot::empty, |snapshot| *snapshot);
        on_drop::with(on_drop, || {
            spawn_blocking::prepare(self.code, self.made_at, snapshot)
        })
    }
}

impl<C> Leave for Asked<C>
where
    C: Code + Send + 'static,
    C::Output: Send + 'static,
{
    fn send(self, number: Number) {
        let send = || {
            let on_drop = self.on_drop;
            let (job, task) = self.prepare(on_drop);
            let Ok(wanted) = offer(number, Box::new(task)) else {
                // The part was dropped. So are its job, which has not begun, and with it the code.
                return;
            };
            if let Some(waker) = wanted {
                waker.wake();
            }
            // No code that is bound to a pool asks. But this thread may be resolving a handle that is bound.
            select::unbound(|| spawn_blocking::submit(job));
        };
        // If a pool panics, it drops the job. That is told to what waits for it, and not to what else is driven here.
        let _ = panic::catch_unwind(AssertUnwindSafe(send));
    }
}

/// The future of a job, of any type.
trait AnyTask: Any + Send {
    fn is_finished(&self) -> bool;

    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<T: Send + 'static> AnyTask for BlockingTask<T> {
    fn is_finished(&self) -> bool {
        self.is_finished()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// What is known of a part that was left, or that has left the thread where its code is.
enum Entry {
    /// The part waits for the future of its job.
    Wanted(Waker),
    /// The part was dropped.
    Dropped,
    /// The future of the job, until the part takes it.
    Sent(Box<dyn AnyTask>),
}

static LEFT: Mutex<BTreeMap<Number, Entry>> = Mutex::new(BTreeMap::new());

fn lock() -> MutexGuard<'static, BTreeMap<Number, Entry>> {
    ignore_poison(LEFT.lock())
}

/// Puts the future of a job there for its part. Returns the waker of a part that waits for it; or returns the future, if
/// the part was dropped.
fn offer(number: Number, task: Box<dyn AnyTask>) -> Result<Option<Waker>, Box<dyn AnyTask>> {
    let mut left = lock();
    match left.remove(&number) {
        Some(Entry::Dropped) => Err(task),
        previous => {
            left.insert(number, Entry::Sent(task));
            match previous {
                Some(Entry::Wanted(waker)) => Ok(Some(waker)),
                _ => Ok(None),
            }
        }
    }
}

/// What a part has while its code is elsewhere. Dropping it drops the code, or cancels the job.
pub(crate) struct Claim {
    /// `None` once the code or the future was taken.
    ticket: Option<Ticket>,
    /// Whether there may be an entry `Wanted`.
    wanted: bool,
}

impl Claim {
    /// A claim to nothing, yet or any more.
    pub(crate) const VOID: Claim = Claim {
        ticket: None,
        wanted: false,
    };

    /// Makes it a claim to what was left under a ticket.
    #[inline]
    pub(crate) fn set(&mut self, ticket: Ticket) {
        self.ticket = Some(ticket);
    }

    #[inline]
    pub(crate) fn is_void(&self) -> bool {
        self.ticket.is_none()
    }

    /// Takes the code, if it is still in the list of this thread.
    #[inline]
    pub(crate) fn take_code<C>(&mut self) -> Option<Asked<C>>
    where
        C: Code + Send + 'static,
        C::Output: Send + 'static,
    {
        let code = placement::take(self.ticket?)?;
        if self.wanted {
            self.forget_wanted();
        }
        self.ticket = None;
        Some(code)
    }

    /// Takes the future of the job; or leaves a waker, if the code was not sent yet.
    pub(crate) fn poll_task<T: Send + 'static>(
        &mut self,
        cx: &Context<'_>,
    ) -> Option<BlockingTask<T>> {
        let number = self.ticket?.number();
        let waker = cx.waker().clone();
        let mut left = lock();
        match left.remove(&number) {
            Some(Entry::Sent(task)) => {
                self.ticket = None;
                task.into_any().downcast().ok().map(|task| *task)
            }
            previous => {
                self.wanted = true;
                left.insert(number, Entry::Wanted(waker));
                drop(left);
                // Not under the lock: dropping a waker may run other code.
                drop(previous);
                None
            }
        }
    }

    /// Returns whether the code was sent, and has run or will never run.
    pub(crate) fn is_finished(&self) -> bool {
        self.ticket.is_some_and(|ticket| {
            let left = lock();
            matches!(left.get(&ticket.number()), Some(Entry::Sent(task)) if task.is_finished())
        })
    }

    #[cold]
    fn forget_wanted(&mut self) {
        let wanted = self
            .ticket
            .and_then(|ticket| lock().remove(&ticket.number()));
        drop(wanted);
    }

    #[cold]
    fn cancel(&mut self, ticket: Ticket) {
        if placement::remove(ticket) {
            return self.forget_wanted();
        }
        let number = ticket.number();
        let mut left = lock();
        let previous = left.remove(&number);
        if !matches!(previous, Some(Entry::Sent(_))) {
            left.insert(number, Entry::Dropped);
        }
        drop(left);
        // A job is cancelled here, not under the lock.
        drop(previous);
    }
}

impl Drop for Claim {
    #[inline]
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.cancel(ticket);
        }
    }
}
