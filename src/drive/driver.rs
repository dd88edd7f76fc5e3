//! The one place that parks a thread on a future.
//!
//! # Why this is not `pollster::block_on`
//!
//! Since its version 1.0.3 pollster has a flag for each call beside the park token of `std`, as we have (see
//! `parker.rs`), and may be nested. What a driver here does besides leaves nothing of it to call but
//! `thread::park`: it counts who holds its waker, to know whether a part is alone; it tells the thread's host before
//! it parks; and it forwards the park token to a foreign driver above. It also keeps its waker for the next
//! call of the thread, where pollster makes one for each call, which is an allocation; and it polls once before it
//! waits, where pollster polls twice.
//!
//! # Here if alone
//!
//! Blocking code that is met in a driven poll could simply run there: `retry(sync).get()` would start no
//! thread. That was the first idea, and it was wrong: two sync parts of a `join!` that wait for each other hung,
//! and a timeout over a sync part fired only after the part was done. So the part asks (`placement.rs`), returns `Pending`
//! once, and the driver decides before the next poll. If this part is all that the future waits for, it runs here, else on
//! the pool like anywhere else. "All that it waits for" means: one part asked, nothing else holds this level's waker, and
//! there was no wake-up meanwhile.
//!
//! A part that asked has registered no waker, so the driver polls again at once.
//!
//! # Nothing can wake it
//!
//! If the future has returned `Pending`, and nothing holds the waker, no poll will ever follow. A `.get()` that waits so says it,
//! instead of waiting for ever. What ends a wait from outside, an interruption or the drop of its executor, holds another
//! waker, which is not counted.
//!
//! # Asked, and then left
//!
//! That poll may go on without the part, as a `select!` does whose other branch was ready. What goes on may wait for the
//! part's code, which has not begun, and which no other poll may reach. So a part that asks leaves its code with the driver
//! (`placement.rs`). What the poll has left, the driver sends to the pool, as the first poll would have done on an
//! executor.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use smartcall_context::internal::placement::Requests;
use smartcall_context::internal::{self as context, Place, placement};

#[cfg(feature = "diagnose")]
use crate::diagnose::stuck;
use crate::drive::cancel;
use crate::drive::parker::{Counted, Parker};
use crate::sync::{Ordering, fence, panicking};
use crate::waits::edges::{Edges, Line};
use crate::waits::threads::{self, Beginning, Kind, Noted};

/// After how many polls a call asks whether it is to end, if it does not park: a future that wakes itself would keep its thread
/// for ever.
const POLLS_UNASKED: u32 = 64;

thread_local! {
    /// The driver of the outermost level. It is borrowed while in use.
    static FIRST: RefCell<Driver> = RefCell::new(Driver::new(false));

    /// Drivers of nested levels that are not in use.
    static IDLE: RefCell<Vec<Driver>> = const { RefCell::new(Vec::new()) };
}

/// What a `.get()` ends with that would never end: nothing can wake it.
#[derive(Debug)]
pub struct NothingWakes(());

impl NothingWakes {
    /// Panics, at the line of the public function's caller.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(crate) fn panic(&self) -> ! {
        panic!(
            "nothing can wake this `.get()`: its future returned `Pending`, and nothing keeps the waker that it was polled \
             with. It would wait for ever. This happens with `future::pending()`, and with a future that does not store the \
             waker. Store it there, or limit the wait by `get_timeout`. To serve for ever, use `block_on` of an executor."
        )
    }

    /// Panics, at the line where an iterator takes an item. The iteration has begun at another one.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(crate) fn panic_in_iteration(&self, begun_at: Line) -> ! {
        panic!(
            "nothing can wake this iteration of a `DualStream`, which has begun at {begun_at}: its source returned `Pending`, and              nothing keeps the waker that it was polled with. It would wait for ever. This happens with `stream::pending()`, and              with a stream that does not store the waker. Store it there, or limit the wait by `.next().get_timeout(..)`."
        )
    }
}

/// What is driven.
#[derive(Clone, Copy)]
enum Wait {
    /// A `.get()` at this line.
    Get(Line),
    /// The code of `DualStream::produce`, which was called at this line: nobody has taken its items.
    Send(Line),
    /// What the `block_on` of an executor runs that was called at this line. It may serve for ever, and wait for nothing but
    /// tasks to come.
    #[cfg(feature = "executor")]
    BlockOn(Line),
    /// What runs a worker's tasks.
    #[cfg(feature = "executor")]
    Worker,
}

impl Wait {
    /// Returns what is noted of it.
    fn noted(self) -> Option<(Kind, Line)> {
        match self {
            Wait::Get(line) => Some((Kind::Get, line)),
            Wait::Send(line) => Some((Kind::Send, line)),
            #[cfg(feature = "executor")]
            Wait::BlockOn(line) => Some((Kind::BlockOn, line)),
            #[cfg(feature = "executor")]
            Wait::Worker => None,
        }
    }
}

/// Drives the future of a `.get()` to its end on the current thread.
///
/// # Errors
///
/// Returns an error instead of waiting for ever, if nothing can wake it.
#[inline]
pub(crate) fn block_on<F: Future>(
    future: Pin<&mut F>,
    line: Line,
) -> Result<F::Output, NothingWakes> {
    drive(future, Wait::Get(line))
}

/// Waits until items are taken that the code of `DualStream::produce` has sent.
///
/// # Errors
///
/// See [`block_on`].
pub(crate) fn block_on_taker<F: Future>(
    room: Pin<&mut F>,
    made_at: Line,
) -> Result<F::Output, NothingWakes> {
    drive(room, Wait::Send(made_at))
}

/// Drives what an executor's `block_on` runs.
#[cfg(feature = "executor")]
pub(crate) fn serve<F: Future>(future: Pin<&mut F>, line: Line) -> F::Output {
    served(drive(future, Wait::BlockOn(line)))
}

/// The value of what serves, which waits for ever if it must.
#[cfg(feature = "executor")]
fn served<T>(value: Result<T, NothingWakes>) -> T {
    match value {
        Ok(value) => value,
        Err(NothingWakes(())) => unreachable!("it parks all the same"),
    }
}

#[inline]
fn drive<F: Future>(mut future: Pin<&mut F>, wait: Wait) -> Result<F::Output, NothingWakes> {
    let _runtime = context::enter_runtime();
    let done = FIRST.try_with(|first| {
        let driver = &mut *first.try_borrow_mut().ok()?;
        // No level is above this one but a worker's own, in which nothing asks where it is to run: there is
        // nothing to restore.
        Some(driver.drive(future.as_mut(), wait))
    });
    match done {
        Ok(Some(value)) => value,
        // This level is nested, or the thread is dying and its locals are gone.
        _ => drive_nested(future, wait),
    }
}

/// Drives what runs a worker's tasks, in a level of its own: the thread's first driver is left to the
/// calls in these tasks, which come often.
#[cfg(feature = "executor")]
pub(crate) fn block_on_worker_loop<F: Future>(future: Pin<&mut F>) -> F::Output {
    let _runtime = context::enter_if_alive();
    served(drive_nested(future, Wait::Worker))
}

#[inline(never)]
fn drive_nested<F: Future>(future: Pin<&mut F>, wait: Wait) -> Result<F::Output, NothingWakes> {
    let idle = IDLE.try_with(|idle| idle.borrow_mut().pop());
    let mut driver = idle.ok().flatten().unwrap_or_else(|| Driver::new(true));
    let value = placement::nested(|| driver.drive(future, wait));
    let _ = IDLE.try_with(|idle| idle.borrow_mut().push(driver));
    value
}

/// The parker of a level, and the wakers that notify it.
struct Driver {
    parker: Arc<Parker>,
    /// What the future's wakers share.
    counted: Arc<Counted>,
    /// The waker of the future.
    waker: Waker,
    /// The waker of what may end the wait from outside. It does not count.
    uncounted: Waker,
    /// Whether another level is above it.
    is_nested: bool,
}

impl Driver {
    #[cold]
    fn new(is_nested: bool) -> Self {
        let parker = Arc::new(Parker::new());
        let counted = Arc::new(Counted::new(Arc::clone(&parker)));
        Driver {
            waker: Waker::from(Arc::clone(&counted)),
            uncounted: Waker::from(Arc::clone(&parker)),
            counted,
            parker,
            is_nested,
        }
    }

    #[inline]
    fn drive<F: Future>(
        &mut self,
        mut future: Pin<&mut F>,
        wait: Wait,
    ) -> Result<F::Output, NothingWakes> {
        // A waker that something has kept from an earlier call is not used again: its late wake-ups would be taken
        // for this call's, and this level would never count as alone.
        if !self.is_alone() || self.parker.is_notified() {
            *self = Driver::new(self.is_nested);
        }
        context::enter(Place::Driving, || {
            let _level = placement::begin(self.waker.data());
            let edges = Edges::begin();
            match self.poll(future.as_mut()) {
                Poll::Ready(value) => Ok(value),
                Poll::Pending => self.finish(future, wait, &edges),
            }
        })
    }

    #[inline]
    fn poll<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        context::naming_tokio(|| future.poll(&mut Context::from_waker(&self.waker)))
    }

    /// Goes on after the first `Pending`.
    #[inline(never)]
    fn finish<F: Future>(
        &self,
        mut future: Pin<&mut F>,
        wait: Wait,
        edges: &Edges,
    ) -> Result<F::Output, NothingWakes> {
        let mut waiting = Waiting {
            wait,
            edges,
            parked: Parked { parker: None },
            noted: Noted::nothing(),
            polls: 0,
        };
        loop {
            let requests = self.before_poll(&mut waiting)?;
            if let Poll::Ready(value) = self.poll(future.as_mut()) {
                return Ok(value);
            }
            requests.send_left();
        }
    }

    /// Decides on what the last poll has asked for, and waits until the next one is due. It is not generic: it is compiled once.
    fn before_poll<'a>(&'a self, waiting: &mut Waiting<'a>) -> Result<Requests, NothingWakes> {
        let requests = placement::take_requests();
        // The count before the flag: between the two looks another thread may use the waker and drop it.
        let alone = requests.count <= 1 && self.is_alone();
        let woken = self.parker.take_notification();
        if alone && !woken && requests.count == 1 {
            placement::grant();
        }
        if requests.count == 0 && !woken {
            if alone && matches!(waiting.wait, Wait::Get(_)) && !may_end_from_outside() {
                return Err(NothingWakes(()));
            }
            waiting.parked.parker = Some(&self.parker);
            if let Some((kind, line)) = waiting.wait.noted() {
                let begin = || self.beginning(kind, line);
                waiting.noted.parks(waiting.edges, begin);
            }
            self.park(waiting.wait);
            waiting.noted.resumes();
        }
        waiting.polls = waiting.polls.wrapping_add(1);
        if waiting.polls % POLLS_UNASKED == 0 {
            // Nothing is parked that the waker could wake.
            end_if_nothing_waits(Waker::noop());
        }
        waiting.edges.clear();
        Ok(requests)
    }

    /// Tells what is noted of a wait.
    #[cold]
    fn beginning(&self, kind: Kind, line: Line) -> Beginning {
        #[cfg(feature = "diagnose")]
        stuck::start_if_asked();
        Beginning {
            kind,
            line,
            level: Some((self.waker.data().addr(), threads::weak(&self.counted))),
            is_nested: self.is_nested,
            is_interruptible: cancel::is_interruptible(),
        }
    }

    /// Returns whether only this driver holds the waker.
    ///
    /// The count can't be read too low: all clones come from us, so our own thread counted them up before, and they are
    /// counted down last of all.
    #[inline]
    fn is_alone(&self) -> bool {
        // One for `counted`, one for `waker`.
        let alone = Arc::strong_count(&self.counted) == 2;
        // From here on we see what the threads did that dropped it: whether they used it.
        fence(Ordering::Acquire);
        alone
    }

    /// Parks the thread until the waker is used, with the help of its host.
    #[cold]
    fn park(&self, wait: Wait) {
        end_if_nothing_waits(&self.uncounted);
        match context::host() {
            Some(host) => host.park(|| self.parker.park()),
            None => self.park_alone(wait),
        }
    }

    /// Parks a thread that no host is told of. If the runtime of ours is entered, it turns it meanwhile.
    fn park_alone(&self, wait: Wait) {
        // A level above has thread-locals that tasks of others must not see, and a `block_on` has tasks of its own.
        let may_turn = !self.is_nested && matches!(wait, Wait::Get(_));
        if may_turn {
            context::wait_in_runtime(self.parker.notified(), || self.parker.park());
        } else {
            self.parker.park();
        }
    }
}

/// Ends this call by unwinding if nothing is to wait here any more: the job on this thread was interrupted, or the executor was
/// dropped. Either of them uses the waker when that happens later.
#[cold]
fn end_if_nothing_waits(waker: &Waker) {
    let cx = &mut Context::from_waker(waker);
    if cancel::poll_interrupted(cx).is_ready() {
        cancel::unwind_interrupted();
    }
    // In a destructor that runs while a panic unwinds, a second one would end the program: such a wait goes on.
    if !panicking() && context::host().is_some_and(|host| host.poll_stopped(cx).is_ready()) {
        panic!("{}", context::STOPPED);
    }
}

/// Returns whether a wait here may end though nothing wakes it; and in a destructor that runs while a panic unwinds, a second
/// panic would end the program.
#[cold]
fn may_end_from_outside() -> bool {
    panicking() || cancel::is_interruptible()
}

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        Counted::notify_and_drop(self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Counted::notify(self);
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        Parker::notify(&self);
    }
}

/// A call after its first `Pending`.
struct Waiting<'a> {
    wait: Wait,
    edges: &'a Edges,
    noted: Noted,
    parked: Parked<'a>,
    polls: u32,
}

/// Forwards the park token when a level is left that has parked the thread.
struct Parked<'a> {
    parker: Option<&'a Parker>,
}

impl Drop for Parked<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(parker) = self.parker {
            parker.forward_token();
        }
    }
}
