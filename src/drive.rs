//! The one place that parks a thread on a future.
//!
//! # Why this is not `pollster::block_on`
//!
//! All that pollster does is to poll, with a waker cached for the thread, and to
//! call `thread::park` after a `Pending`. What has to be added to make that safe to
//! nest (the flag of `signal.rs`, one for each level, and so a waker for each level)
//! leaves nothing of it to call but `thread::park` itself; and its thread-local would
//! be one more thing that may be gone in a dying thread, where it panics. A driver
//! that has to hold in every place does better without.
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
use std::pin::{Pin, pin};
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::context::{self, Place};
use crate::signal::Signal;

/// What the innermost driver of this thread and the sync code in its polls say to
/// each other.
#[derive(Clone, Copy)]
struct Turns {
    /// The level's waker, by its data pointer. It is compared, never followed.
    waker: *const (),
    /// How many parts asked for a turn in this poll.
    asked: usize,
    /// Whether the part that asked may run here, in this poll.
    granted: bool,
}

thread_local! {
    /// The turns of the innermost driver.
    static TURNS: Cell<Turns> = const {
        Cell::new(Turns { waker: ptr::null(), asked: 0, granted: false })
    };

    /// Wakers of this thread that are not in use, so that a `.get()` allocates nothing.
    static IDLE: RefCell<Vec<Rc<Driver>>> = const { RefCell::new(Vec::new()) };
}

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
    if context::current() != Place::Driving {
        return Turn::Elsewhere;
    }
    let mut turns = TURNS.get();
    if cx.waker().data() != turns.waker {
        return Turn::Elsewhere;
    }
    let turn = if !*asked {
        *asked = true;
        turns.asked += 1;
        Turn::Later
    } else if turns.granted {
        turns.granted = false;
        Turn::Here
    } else {
        Turn::Elsewhere
    };
    TURNS.set(turns);
    turn
}

/// Drives a future to its end on the current thread.
#[inline]
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut level = Level::enter();
    // Declared after the level, and so dropped inside it.
    let mut future = pin!(future);
    match level.poll(future.as_mut()) {
        Poll::Ready(value) => value,
        Poll::Pending => level.finish(future),
    }
}

/// The signal of a level, and the waker that raises it.
struct Driver {
    signal: Arc<Signal>,
    waker: Waker,
}

impl Driver {
    /// Takes an idle driver of this thread, or makes one.
    #[inline]
    fn take() -> Rc<Self> {
        // In a dying thread the cache may be gone: then a new one for this call.
        let idle = IDLE.try_with(|idle| idle.borrow_mut().pop());
        match idle {
            Ok(Some(driver)) => driver,
            _ => Driver::new(),
        }
    }

    #[cold]
    fn new() -> Rc<Self> {
        let signal = Arc::new(Signal::new());
        let waker = Waker::from(Arc::clone(&signal));
        Rc::new(Driver { signal, waker })
    }

    /// Whether nobody but this driver holds the waker.
    ///
    /// The count can't be read too low: whoever holds a clone has it from us, so our
    /// own thread counted it up before, and it is counted down last of all.
    #[inline]
    fn is_alone(&self) -> bool {
        // One for `signal`, one for `waker`.
        Arc::strong_count(&self.signal) == 2
    }

    /// Parks the thread until the waker is used, with the help of its host.
    #[cold]
    fn park(&self) {
        let Some(host) = context::host() else {
            return self.signal.park();
        };
        if host.poll_stopped(&mut Context::from_waker(&self.waker)).is_ready() {
            panic!("{}", context::STOPPED);
        }
        host.block_in_place(&mut || self.signal.park());
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        Signal::wake(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Signal::wake(self);
    }
}

/// One level of driving: leaving it puts back what was there.
struct Level {
    driver: Rc<Driver>,
    /// Whether this level has parked the thread.
    parked: bool,
    /// The turns of the level above.
    above: Turns,
    _place: context::PlaceGuard,
}

impl Level {
    #[inline]
    fn enter() -> Self {
        let driver = Driver::take();
        let above = TURNS.replace(Turns {
            waker: driver.waker.data(),
            asked: 0,
            granted: false,
        });
        Level {
            driver,
            parked: false,
            above,
            _place: context::enter(Place::Driving),
        }
    }

    #[inline]
    fn poll<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&self.driver.waker))
    }

    /// Goes on after the first `Pending`.
    #[inline(never)]
    fn finish<F: Future>(&mut self, mut future: Pin<&mut F>) -> F::Output {
        loop {
            self.wait();
            if let Poll::Ready(value) = self.poll(future.as_mut()) {
                return value;
            }
        }
    }

    /// Returns when the future is to be polled again.
    #[inline]
    fn wait(&mut self) {
        let woken = self.driver.signal.take();
        let turns = TURNS.get();
        TURNS.set(Turns {
            asked: 0,
            granted: turns.asked == 1 && !woken && self.driver.is_alone(),
            ..turns
        });
        if turns.asked == 0 && !woken {
            self.parked = true;
            self.driver.park();
        }
    }
}

impl Drop for Level {
    #[inline]
    fn drop(&mut self) {
        TURNS.set(self.above);
        if self.parked {
            self.driver.signal.pass_token_on();
        }
        // A waker that somebody still holds is not used again: its late wake-ups would
        // be taken for the next level's, and its owner for company.
        if self.driver.is_alone() {
            self.driver.signal.take();
            // In a dying thread it is dropped instead.
            let _ = IDLE.try_with(|idle| idle.borrow_mut().push(Rc::clone(&self.driver)));
        }
    }
}
