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

use smartcall_context::internal::{self as context, Place, placement};

use crate::drive::cancel;
use crate::drive::parker::Parker;
use crate::sync::{Ordering, fence, panicking};

/// After how many polls a call asks whether it is to end, if it does not park: a future that wakes itself would keep its thread
/// for ever.
const POLLS_UNASKED: u32 = 64;

thread_local! {
    /// The driver of the outermost level. It is borrowed while in use.
    static FIRST: RefCell<Driver> = RefCell::new(Driver::new());

    /// Drivers of nested levels that are not in use.
    static IDLE: RefCell<Vec<Driver>> = const { RefCell::new(Vec::new()) };
}

/// Drives a future to its end on the current thread.
#[inline]
pub(crate) fn block_on<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    let _runtime = context::enter_runtime();
    let done = FIRST.try_with(|first| {
        let driver = &mut *first.try_borrow_mut().ok()?;
        // No level is above this one but a worker's own, in which nothing asks where it is to run: there is
        // nothing to restore.
        Some(driver.drive(future.as_mut()))
    });
    match done {
        Ok(Some(value)) => value,
        // This level is nested, or the thread is dying and its locals are gone.
        _ => block_on_nested(future),
    }
}

/// Drives what runs a worker's tasks, in a level of its own: the thread's first driver is left to the
/// calls in these tasks, which come often.
#[cfg(feature = "executor")]
pub(crate) fn block_on_worker_loop<F: Future>(future: Pin<&mut F>) -> F::Output {
    let _runtime = context::enter_if_alive();
    block_on_nested(future)
}

#[inline(never)]
fn block_on_nested<F: Future>(future: Pin<&mut F>) -> F::Output {
    let idle = IDLE.try_with(|idle| idle.borrow_mut().pop());
    let mut driver = idle.ok().flatten().unwrap_or_else(Driver::new);
    let value = placement::nested(|| driver.drive(future));
    let _ = IDLE.try_with(|idle| idle.borrow_mut().push(driver));
    value
}

/// The parker of a level, and the waker that notifies it.
struct Driver {
    parker: Arc<Parker>,
    waker: Waker,
}

impl Driver {
    #[cold]
    fn new() -> Self {
        let parker = Arc::new(Parker::new());
        let waker = Waker::from(Arc::clone(&parker));
        Driver { parker, waker }
    }

    #[inline]
    fn drive<F: Future>(&mut self, mut future: Pin<&mut F>) -> F::Output {
        // A waker that something has kept from an earlier call is not used again: its late wake-ups would be taken
        // for this call's, and this level would never count as alone.
        if !self.is_alone() || self.parker.is_notified() {
            *self = Driver::new();
        }
        context::enter(Place::Driving, || {
            let _level = placement::begin(self.waker.data());
            match self.poll(future.as_mut()) {
                Poll::Ready(value) => value,
                Poll::Pending => self.finish(future),
            }
        })
    }

    #[inline]
    fn poll<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&self.waker))
    }

    /// Goes on after the first `Pending`.
    #[inline(never)]
    fn finish<F: Future>(&self, mut future: Pin<&mut F>) -> F::Output {
        let mut parked = Parked { parker: None };
        let mut polls = 0_u32;
        loop {
            let requests = placement::take_requests();
            // The count before the flag: between the two looks another thread may use the waker and drop it.
            let alone = requests.count == 1 && self.is_alone();
            let woken = self.parker.take_notification();
            if alone && !woken {
                placement::grant();
            }
            if requests.count == 0 && !woken {
                parked.parker = Some(&self.parker);
                self.park();
            }
            polls = polls.wrapping_add(1);
            if polls % POLLS_UNASKED == 0 {
                // Nothing is parked that the waker could wake.
                end_if_nothing_waits(Waker::noop());
            }
            if let Poll::Ready(value) = self.poll(future.as_mut()) {
                return value;
            }
            requests.send_left();
        }
    }

    /// Returns whether only this driver holds the waker.
    ///
    /// The count can't be read too low: all clones come from us, so our own thread counted them up before, and they are
    /// counted down last of all.
    #[inline]
    fn is_alone(&self) -> bool {
        // One for `parker`, one for `waker`.
        let alone = Arc::strong_count(&self.parker) == 2;
        // From here on we see what the threads did that dropped it: whether they used it.
        fence(Ordering::Acquire);
        alone
    }

    /// Parks the thread until the waker is used, with the help of its host.
    #[cold]
    fn park(&self) {
        end_if_nothing_waits(&self.waker);
        match context::host() {
            Some(host) => host.park(|| self.parker.park()),
            None => self.parker.park(),
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

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        Parker::notify_and_drop(self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Parker::notify(self);
    }
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
