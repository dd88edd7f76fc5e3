//! Where blocking code that is met in a poll runs: the question that it asks of the driver of this thread.
//!
//! A driver is what polls a future for a `.get()`. Blocking code that is all that the future waits for may run
//! right there, *inline*; other code goes to a pool. The code can't know which it is, and so it asks: it counts itself in,
//! and returns `Pending`. The driver then looks who asked, and grants the next poll to one that is alone.
//!
//! | `REQUESTS` | | changed by |
//! |---|---|---|
//! | 0 | no part has asked | the driver, when it begins, and before each poll after the first |
//! | n | n parts have asked in this poll | each part, once: `decide` |
//! | `GRANTED` | the one part that asked may run inline in this poll | the driver: `grant` |
//!
//! All of it is one thread's: two versions of smartcall on it share the two thread-locals, so that code of one that is met
//! in a poll of the other asks the right driver. A poll under any other waker (of a `LocalPool` or a `FuturesUnordered`
//! inside the driven future) is not the driver's to answer: such code goes to the pool.

use std::cell::Cell;
use std::ptr;
use std::task::Context;

use crate::place::{self, Place};
use crate::scoped;

thread_local! {
    /// The waker of this thread's innermost driver, by its data pointer. It is compared, and never followed.
    static WAKER: Cell<*const ()> = const { Cell::new(ptr::null()) };

    /// How many parts have asked that driver since it last looked, or `GRANTED`.
    static REQUESTS: Cell<usize> = const { Cell::new(0) };
}

/// The one part that asked may run inline, unless another one asks before it is polled.
const GRANTED: usize = usize::MAX;

/// Where blocking code that is met in a poll is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// On this thread, in this poll.
    Inline,
    /// On a pool.
    Pool,
    /// Not decided yet: return `Pending`, and ask again in the next poll.
    Undecided,
}

/// Asks where the blocking code that is being polled is to run.
///
/// `asked` is the code's to keep from one poll to the next, `false` at first.
#[inline]
pub fn decide(cx: &Context<'_>, asked: &mut bool) -> Placement {
    if place::current() != Place::Driving || cx.waker().data() != WAKER.get() {
        return Placement::Pool;
    }
    let requests = REQUESTS.get();
    if !*asked {
        *asked = true;
        REQUESTS.set(if requests == GRANTED { 1 } else { requests + 1 });
        Placement::Undecided
    } else if requests == GRANTED {
        REQUESTS.set(0);
        Placement::Inline
    } else {
        Placement::Pool
    }
}

/// Begins a level of driving, with the waker that it polls under.
#[inline]
pub fn begin(waker: *const ()) {
    WAKER.set(waker);
    REQUESTS.set(0);
}

/// Returns how many parts have asked in the last poll, and forgets them.
#[inline]
pub fn take_requests() -> usize {
    REQUESTS.replace(0)
}

/// Grants the one part that asked that it runs inline in the next poll.
#[inline]
pub fn grant() {
    REQUESTS.set(GRANTED);
}

/// Runs a nested level of driving: what the level above had is put back afterwards.
pub fn nested<R>(f: impl FnOnce() -> R) -> R {
    scoped::with(&WAKER, ptr::null(), || scoped::with(&REQUESTS, 0, f))
}
