//! Where blocking code that is met in a poll runs: the question that it asks of the driver of this thread.
//!
//! A driver is what polls a future for a `.get()`. Blocking code that is all that the future waits for may run
//! right there, *inline*; other code goes to a pool. The code can't know which it is, and so it asks: it counts itself in,
//! and returns `Pending`. The driver then looks who asked, and grants the next poll to one that is alone.
//!
//! | `requests` | | changed by |
//! |---|---|---|
//! | 0 | no part has asked | the driver, when it begins, and before each poll after the first |
//! | n | n parts have asked in this poll | each part, once: `ask` or `decide` |
//! | `GRANTED` | the one part that asked may run inline in this poll | the driver: `grant` |
//!
//! The next poll may leave the part: it need not poll it again. So a part that asks leaves its code in a list of this
//! thread, and keeps a ticket. What the next poll does not take from there, the driver sends to a pool.
//!
//! | the code | is there | until |
//! |---|---|---|
//! | asked in this poll | in `ASKED`, its number is not below the mark | the poll ends: the driver takes the next mark |
//! | is decided on in this poll | in `ASKED`, its number is below the mark | the part is polled and takes it: `take`; or is dropped: `remove`; or the poll ends and the driver sends it: `send_left` |
//! | was sent | with what has sent it: `Leave::send` | the part finds it there, by its number |
//!
//! This thread may also be about to wait in the same poll, for what the code does: it begins another level of driving, or
//! runs other sync code. It first sends all that is in the list: `send_all`. So it does at the end of a level. So what is
//! in the list has asked in the innermost level.
//!
//! All of it is one thread's: two versions of smartcall on it share the thread-locals, so that code of one that is met
//! in a poll of the other asks the right driver. A poll under any other waker (of a `LocalPool` or a `FuturesUnordered`
//! inside the driven future) is not the driver's to answer: such code goes to the pool.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Context;

use crate::place::{self, Place};

thread_local! {
    /// It has no destructor, and so is cheap to read, and there for as long as the thread runs code.
    static TURN: Turn = const { Turn::new() };

    /// The code of the parts that have asked.
    static ASKED: RefCell<Asked> = const { RefCell::new(Asked::new()) };
}

/// What this thread's innermost driver and the parts ask and answer.
struct Turn {
    /// The waker of the driver, by its data pointer. It is compared, and never followed.
    waker: Cell<*const ()>,
    /// How many parts have asked since the driver last looked, or `GRANTED`.
    requests: Cell<usize>,
    /// No number in `ASKED` is lower, and it is `NONE` if there is none.
    first: Cell<Number>,
    /// The number of the next part that asks on this thread.
    next: Cell<Number>,
}

impl Turn {
    const fn new() -> Self {
        Turn {
            waker: Cell::new(ptr::null()),
            requests: Cell::new(0),
            first: Cell::new(NONE),
            next: Cell::new(0),
        }
    }

    /// Returns whether this is a poll of the driver.
    #[inline]
    fn is_drivers(&self, cx: &Context<'_>) -> bool {
        place::current() == Place::Driving && cx.waker().data() == self.waker.get()
    }

    /// Counts a part in that asks.
    #[inline]
    fn request(&self) {
        self.requests.set(match self.requests.get() {
            GRANTED => 1,
            requests => requests + 1,
        });
    }

    /// Returns a number that no other part has or had.
    #[inline]
    fn number(&self) -> Number {
        /// So many numbers are a thread's at a time.
        const BLOCK: Number = 1 << 20;

        #[cold]
        fn next_block() -> Number {
            static BLOCKS: AtomicU64 = AtomicU64::new(0);
            BLOCKS.fetch_add(1, Ordering::Relaxed) * BLOCK + 1
        }

        let mut number = self.next.get();
        if number % BLOCK == 0 {
            number = next_block();
        }
        self.next.set(number + 1);
        number
    }
}

/// A number that no part has.
const NONE: Number = Number::MAX;

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

/// What a part has that has asked: it finds its code by this.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    /// No two parts have the same number, and those of one thread grow.
    number: Number,
    /// Where the code is in the list of the thread.
    at: usize,
}

impl Ticket {
    /// Returns the number of the part.
    pub fn number(self) -> Number {
        self.number
    }
}

/// The number of a part that has asked. It is never 0.
pub type Number = u64;

/// The code of a part that asks.
pub trait Leave: Sized + 'static {
    /// Sends the code to a pool, because its part was left. The part looks for it by its number, on any thread.
    ///
    /// It must not panic.
    fn send(self, number: Number);
}

/// A place in the list.
struct Entry {
    /// The part that has left its code here, or 0 if there is none.
    number: Number,
    /// An `Option<L>` with the code, or empty. It is used again for code of the same type.
    slot: Box<dyn Any>,
    /// Sends the code in such a slot.
    send: fn(Box<dyn Any>, Number),
}

/// Sends the code in a slot.
fn send<L: Leave>(slot: Box<dyn Any>, number: Number) {
    if let Some(code) = slot.downcast::<Option<L>>().ok().and_then(|code| *code) {
        code.send(number);
    }
}

impl Entry {
    /// Returns the slot, if it is free for code of this type.
    #[inline]
    fn free<L: Leave>(&mut self) -> Option<&mut Option<L>> {
        if self.number != 0 {
            return None;
        }
        self.slot.downcast_mut()
    }
}

/// The code of the parts that have asked. An entry stays where it is while it has a number.
struct Asked {
    entries: Vec<Entry>,
    /// How many entries have a number.
    count: usize,
    /// The entry that was used last. The next code often has the same type.
    last: usize,
}

impl Asked {
    /// So many free entries are kept, for as many types of code that follow each other.
    const MOST: usize = 8;

    /// A larger slot is not kept.
    const LARGEST: usize = 1024;

    const fn new() -> Self {
        Asked {
            entries: Vec::new(),
            count: 0,
            last: 0,
        }
    }

    /// Puts code into the list, and returns where it is.
    #[inline]
    fn push<L: Leave>(&mut self, number: Number, code: L) -> usize {
        let last = self.entries.get_mut(self.last);
        if let Some(slot) = last.and_then(Entry::free) {
            *slot = Some(code);
            self.entries[self.last].number = number;
        } else {
            self.last = self.push_elsewhere(number, code);
        }
        if self.count == 0 {
            TURN.with(|turn| turn.first.set(number));
        }
        self.count += 1;
        self.last
    }

    #[cold]
    fn push_elsewhere<L: Leave>(&mut self, number: Number, code: L) -> usize {
        let mut kept = self.entries.iter_mut().take(Asked::MOST);
        if let Some(at) = kept.position(|entry| entry.free::<L>().is_some()) {
            let entry = &mut self.entries[at];
            if let Some(slot) = entry.free() {
                *slot = Some(code);
            }
            entry.number = number;
            return at;
        }
        let entry = Entry {
            number,
            slot: Box::new(Some(code)),
            send: send::<L>,
        };
        // A free entry is of another type: it is replaced once there are enough of them.
        let mut kept = self.entries.iter().take(Asked::MOST);
        match kept.position(|entry| entry.number == 0) {
            Some(at) if self.entries.len() >= Asked::MOST => {
                self.entries[at] = entry;
                at
            }
            _ => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
        }
    }

    /// Returns the entry of a part.
    #[inline]
    fn find(&mut self, ticket: Ticket) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(ticket.at)?;
        (entry.number == ticket.number).then_some(entry)
    }

    /// Takes the code of a part.
    #[inline]
    fn take<L: Leave>(&mut self, ticket: Ticket) -> Option<L> {
        let entry = self.find(ticket)?;
        let code = entry.slot.downcast_mut::<Option<L>>()?.take();
        if size_of::<Option<L>>() > Asked::LARGEST {
            entry.slot = Box::new(());
        }
        self.free(ticket.at);
        self.shrink();
        code
    }

    /// Takes the code of a part, of whatever type it is.
    fn remove(&mut self, ticket: Ticket) -> Option<Entry> {
        let entry = self.find(ticket)?;
        let taken = Entry {
            number: ticket.number,
            // No code fits what is put there. It is not allocated.
            slot: mem::replace(&mut entry.slot, Box::new(())),
            send: entry.send,
        };
        self.free(ticket.at);
        Some(taken)
    }

    /// Takes the code of all parts whose numbers are below the mark, in the order in which they have asked.
    fn take_below(&mut self, mark: Number) -> Vec<Entry> {
        let mut taken = Vec::new();
        let mut first = NONE;
        for at in 0..self.entries.len() {
            match self.entries[at].number {
                0 => {}
                number if number < mark => taken.extend(self.remove(Ticket { number, at })),
                number => first = first.min(number),
            }
        }
        TURN.with(|turn| turn.first.set(first));
        self.shrink();
        taken.sort_unstable_by_key(|entry| entry.number);
        taken
    }

    /// Drops the free entries that are too many, once all are free.
    #[inline]
    fn shrink(&mut self) {
        if self.count == 0 {
            self.entries.truncate(Asked::MOST);
        }
    }

    /// Frees an entry whose slot is empty.
    #[inline]
    fn free(&mut self, at: usize) {
        self.entries[at].number = 0;
        self.last = at;
        self.count -= 1;
        if self.count == 0 {
            TURN.with(|turn| turn.first.set(NONE));
        }
    }
}

/// Asks where the blocking code that is being polled for the first time is to run, and leaves the code here.
///
/// Returns its ticket: return `Pending`, and `take` the code in the next poll. Or returns `None`, and leaves nothing: the
/// code goes to a pool.
#[inline]
pub fn ask<L: Leave>(cx: &Context<'_>, leave: impl FnOnce() -> L) -> Option<Ticket> {
    TURN.with(|turn| {
        if !turn.is_drivers(cx) {
            return None;
        }
        // In a thread that is ending, there may be no list any more.
        let asked = ASKED.try_with(|asked| {
            // Before the list is borrowed: it may run code of the program.
            let code = leave();
            turn.request();
            let number = turn.number();
            let at = asked.borrow_mut().push(number, code);
            Ticket { number, at }
        });
        asked.ok()
    })
}

/// Takes the code of a part that has asked, if this thread still has it.
#[inline]
pub fn take<L: Leave>(ticket: Ticket) -> Option<L> {
    if TURN.with(|turn| turn.first.get() == NONE) {
        return None;
    }
    let code = ASKED.try_with(|asked| asked.borrow_mut().take(ticket));
    code.ok().flatten()
}

/// Drops the code of a part that has asked, if this thread still has it, and returns whether it had.
pub fn remove(ticket: Ticket) -> bool {
    let code = ASKED.try_with(|asked| asked.borrow_mut().remove(ticket));
    // It is dropped here, where the list is not borrowed.
    code.ok().flatten().is_some()
}

/// Returns whether code that has asked in the last poll, and was taken in this one, runs inline.
#[inline]
pub fn is_granted(cx: &Context<'_>) -> bool {
    TURN.with(|turn| {
        let granted = turn.requests.get() == GRANTED && turn.is_drivers(cx);
        if granted {
            turn.requests.set(0);
        }
        granted
    })
}

/// Returns whether a part has asked in this poll of the driver, which then polls again at once.
#[inline]
pub fn has_asked(cx: &Context<'_>) -> bool {
    TURN.with(|turn| turn.is_drivers(cx) && !matches!(turn.requests.get(), 0 | GRANTED))
}

/// Asks where blocking code that can't leave its place is to run.
///
/// `asked` is the code's to keep from one poll to the next, `false` at first.
#[inline]
pub fn decide(cx: &Context<'_>, asked: &mut bool) -> Placement {
    TURN.with(|turn| {
        if !turn.is_drivers(cx) {
            Placement::Pool
        } else if !*asked {
            *asked = true;
            turn.request();
            Placement::Undecided
        } else if is_granted(cx) {
            Placement::Inline
        } else {
            Placement::Pool
        }
    })
}

/// A level of driving. When it ends, what has asked in it and was not taken is sent.
#[derive(Debug)]
#[must_use = "the level ends when it is dropped"]
pub struct Level(());

/// Begins a level of driving, with the waker that it polls under.
#[inline]
pub fn begin(waker: *const ()) -> Level {
    send_all();
    TURN.with(|turn| {
        turn.waker.set(waker);
        turn.requests.set(0);
    });
    Level(())
}

impl Drop for Level {
    #[inline]
    fn drop(&mut self) {
        send_all();
    }
}

/// What a driver decides on in its next poll.
#[derive(Clone, Copy, Debug)]
pub struct Requests {
    /// How many parts have asked in the last poll.
    pub count: usize,
    /// Their numbers are below this one.
    mark: Number,
}

/// Returns how many parts have asked in the last poll, and forgets them.
#[inline]
pub fn take_requests() -> Requests {
    TURN.with(|turn| Requests {
        count: turn.requests.replace(0),
        mark: turn.next.get(),
    })
}

/// Grants the one part that asked that it runs inline in the next poll.
#[inline]
pub fn grant() {
    TURN.with(|turn| turn.requests.set(GRANTED));
}

impl Requests {
    /// Sends what the poll has left that decided on these requests.
    #[inline]
    pub fn send_left(self) {
        if TURN.with(|turn| turn.first.get() < self.mark) {
            send_below(self.mark);
        }
    }
}

/// Sends all code on this thread that has asked. Call it before this thread may wait in a poll.
#[inline]
pub fn send_all() {
    if TURN.with(|turn| turn.first.get() < NONE) {
        send_below(NONE);
    }
}

#[cold]
fn send_below(mark: Number) {
    let left = ASKED.try_with(|asked| asked.borrow_mut().take_below(mark));
    // The list is not borrowed any more: pools are code of the program.
    for Entry { number, slot, send } in left.into_iter().flatten() {
        send(slot, number);
    }
}

/// Runs a nested level of driving: what the level above had is put back afterwards.
pub fn nested<R>(f: impl FnOnce() -> R) -> R {
    struct Restore {
        waker: *const (),
        requests: usize,
    }

    impl Drop for Restore {
        fn drop(&mut self) {
            TURN.with(|turn| {
                turn.waker.set(self.waker);
                turn.requests.set(self.requests);
            });
        }
    }

    let _restore = TURN.with(|turn| Restore {
        waker: turn.waker.get(),
        requests: turn.requests.get(),
    });
    f()
}
