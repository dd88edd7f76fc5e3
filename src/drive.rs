//! The one place that parks a thread on a future.
//!
//! # Why this is not `pollster::block_on`
//!
//! Since its version 1.0.3 pollster has a flag for each call beside the park token of `std`, as we have (see
//! `signal.rs`), and may be nested. What a driver here has to do besides leaves nothing of it to call but
//! `thread::park`: it counts who holds its waker, to know whether a part is alone; it tells the thread's host before
//! it parks; and it passes the park token on to a foreign driver above. It also keeps its waker for the next
//! call of the thread, where pollster makes one for each call, which is an allocation; and it polls once before it
//! waits, where pollster polls twice.
//!
//! # Here if alone
//!
//! Sync code that is met in a driven poll could simply run there: `retry(sync).get()`
//! would start no thread. That was the first idea, and it was wrong: two sync parts of
//! a `join!` that wait for each other hung, and a timeout over a sync part fired only
//! after the part was done. So the part asks for a turn (`ask`), says `Pending` once,
//! and the driver decides before the next poll. If this part is all that the future
//! waits for, it runs here; else it goes to the pool like anywhere else. "All that it
//! waits for" is: one part asked, nobody else holds this level's waker, and there was
//! no wake-up meanwhile.
//!
//! A part that asked has registered no waker, so the driver has to poll again, and it
//! does, at once. A poll under any other waker (a `LocalPool` or a `FuturesUnordered`
//! inside the driven future) is not ours to answer: the pool.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::cancel;
use crate::context::{self, Place};
#[cfg(feature = "tokio")]
use crate::foreign;
use crate::pool;
use crate::signal::Signal;
use crate::sync::{Ordering, fence};

thread_local! {
    /// The waker of this thread's innermost driver, by its data pointer. It is compared,
    /// never followed.
    static WAKER: Cell<*const ()> = const { Cell::new(ptr::null()) };

    /// How many parts have asked that driver for a turn since it last looked, or `GRANTED`.
    static ASKED: Cell<usize> = const { Cell::new(0) };

    /// The driver of the outermost level. It is borrowed while in use.
    static FIRST: RefCell<Driver> = RefCell::new(Driver::new());

    /// Drivers of nested levels that are not in use.
    static IDLE: RefCell<Vec<Driver>> = const { RefCell::new(Vec::new()) };
}

/// The one part that asked may run here, unless another one asks before it is polled.
const GRANTED: usize = usize::MAX;

/// Where sync code met in a poll is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// On this thread, in this poll.
    Here,
    /// On the pool.
    Elsewhere,
    /// Not known yet: return `Pending`, and ask again in the next poll.
    Later,
}

/// Asks where the sync code that is being polled should run.
///
/// `asked` is the caller's to keep from one poll to the next, `false` at first.
#[inline]
pub(crate) fn ask(cx: &Context<'_>, asked: &mut bool) -> Turn {
    if let Some(here) = pool::is_here() {
        return if here { Turn::Here } else { Turn::Elsewhere };
    }
    if context::current() != Place::Driving {
        return Turn::Elsewhere;
    }
    if cx.waker().data() != WAKER.get() {
        return Turn::Elsewhere;
    }
    let others = ASKED.get();
    if !*asked {
        *asked = true;
        ASKED.set(if others == GRANTED { 1 } else { others + 1 });
        Turn::Later
    } else if others == GRANTED {
        ASKED.set(0);
        Turn::Here
    } else {
        Turn::Elsewhere
    }
}

/// Drives a future to its end on the current thread.
#[inline]
pub(crate) fn block_on<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    #[cfg(feature = "tokio")]
    let _runtime = foreign::enter();
    let done = FIRST.try_with(|first| {
        let driver = &mut *first.try_borrow_mut().ok()?;
        // No level is above this one but a worker's own, in which nobody asks for a turn: there is
        // nothing to put back.
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
pub(crate) fn block_on_runner<F: Future>(future: Pin<&mut F>) -> F::Output {
    #[cfg(feature = "tokio")]
    let _runtime = foreign::enter();
    block_on_nested(future)
}

#[inline(never)]
fn block_on_nested<F: Future>(future: Pin<&mut F>) -> F::Output {
    let idle = IDLE.try_with(|idle| idle.borrow_mut().pop());
    let mut driver = idle.ok().flatten().unwrap_or_else(Driver::new);
    let above = Above::save();
    let value = driver.drive(future);
    drop(above);
    let _ = IDLE.try_with(|idle| idle.borrow_mut().push(driver));
    value
}

/// The signal of a level, and the waker that raises it.
struct Driver {
    signal: Arc<Signal>,
    waker: Waker,
}

impl Driver {
    #[cold]
    fn new() -> Self {
        let signal = Arc::new(Signal::new());
        let waker = Waker::from(Arc::clone(&signal));
        Driver { signal, waker }
    }

    #[inline]
    fn drive<F: Future>(&mut self, mut future: Pin<&mut F>) -> F::Output {
        // A waker that somebody has kept from an earlier call is not used again: its late
        // wake-ups would be taken for this call's, and its owner for company.
        if !self.is_alone() || self.signal.is_woken() {
            *self = Driver::new();
        }
        WAKER.set(self.waker.data());
        ASKED.set(0);
        let _place = context::enter(Place::Driving);
        match self.poll(future.as_mut()) {
            Poll::Ready(value) => value,
            Poll::Pending => self.finish(future),
        }
    }

    #[inline]
    fn poll<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&self.waker))
    }

    /// Goes on after the first `Pending`.
    #[inline(never)]
    fn finish<F: Future>(&self, mut future: Pin<&mut F>) -> F::Output {
        let mut parked = Parked { signal: None };
        loop {
            let asked = ASKED.replace(0);
            // The count before the flag: between the two looks somebody may use the waker
            // and let go of it.
            let alone = asked == 1 && self.is_alone();
            let woken = self.signal.take();
            if alone && !woken {
                ASKED.set(GRANTED);
            }
            if asked == 0 && !woken {
                parked.signal = Some(&self.signal);
                self.park();
            }
            if let Poll::Ready(value) = self.poll(future.as_mut()) {
                return value;
            }
        }
    }

    /// Whether nobody but this driver holds the waker.
    ///
    /// The count can't be read too low: whoever holds a clone has it from us, so our
    /// own thread counted it up before, and it is counted down last of all.
    #[inline]
    fn is_alone(&self) -> bool {
        // One for `signal`, one for `waker`.
        let alone = Arc::strong_count(&self.signal) == 2;
        // From here on we see what those did who let go of it: whether they used it.
        fence(Ordering::Acquire);
        alone
    }

    /// Parks the thread until the waker is used, with the help of its host.
    #[cold]
    fn park(&self) {
        if cancel::poll_cancelled(&mut Context::from_waker(&self.waker)).is_ready() {
            cancel::unwind();
        }
        let Some(host) = context::host() else {
            return self.signal.park();
        };
        if host
            .poll_stopped(&mut Context::from_waker(&self.waker))
            .is_ready()
        {
            panic!("{}", context::STOPPED);
        }
        host.block_in_place(&mut || self.signal.park());
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        Signal::wake_last(self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Signal::wake(self);
    }
}

/// What the level above had: leaving a nested level puts it back.
struct Above {
    waker: *const (),
    asked: usize,
}

impl Above {
    fn save() -> Self {
        Above {
            waker: WAKER.get(),
            asked: ASKED.get(),
        }
    }
}

impl Drop for Above {
    fn drop(&mut self) {
        WAKER.set(self.waker);
        ASKED.set(self.asked);
    }
}

/// Passes the park token on when a level is left that has parked the thread.
struct Parked<'a> {
    signal: Option<&'a Signal>,
}

impl Drop for Parked<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(signal) = self.signal {
            signal.pass_token_on();
        }
    }
}
