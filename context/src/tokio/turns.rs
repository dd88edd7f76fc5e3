//! Who turns the runtime of ours: a call that waits in it, or a thread of ours, the relief.
//!
//! The runtime is a current-thread one. A call that waits alone turns it meanwhile, so that its answer comes without another
//! thread. While none waits, the relief turns it, so that connections live and spawned tasks run. While many wait, the relief does, too:
//! to be woken by it takes one change of threads, and to hand the runtime from call to call takes two.
//!
//! | what | who changes it | when |
//! |---|---|---|
//! | `waiting` | a call | up before it waits, down after it |
//! | `turning` | a call that turns | set while it does; after `begun`, and cleared before `waiting` goes down |
//! | `begun` | a call | up, before it waits |
//! | `in_row` | a call | counts calls in a row of which each waited alone, soon after the one before |
//! | `ended` | a call | set to the time, after it waited |
//! | `wanted` | a call that has turned, while others wait | set, and the relief unparked |
//! | | the relief | cleared, before it turns |
//! | `relieved` | the relief | set while it turns |
//! | `leave` | a call, after some in a row | told, so that the relief stops turning |
//!
//! A call that finds `waiting` at 0 turns, beside the relief if that turns: tokio hands the runtime over when the relief leaves. Any
//! other call parks: someone turns who came before it. When the call that turns ends, it sees by the same counter whether
//! another one relies on it, and calls the relief.
//!
//! The relief looks at every pause ([`PAUSE`]), and when it is wanted:
//!
//! | wanted | since the last look | a call turns | the relief |
//! |---|---|---|---|
//! | yes | | | turns, until it is told to leave |
//! | no | a call has begun | | looks again |
//! | no | none | no | turns, until it is told to leave |
//! | no | none | yes, the same one | sleeps: that call has taken a pause, and so unparks the relief when it ends |
//!
//! So if no call turns, the relief does after two pauses at most, whoever waits. If `in_row`, `ended`, `relieved` or `leave` is stale,
//! only time is lost: the relief leaves and comes back, or a call waits beside it.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Notify;

use crate::place::{State, with_state};
use crate::placement;
use crate::scoped;

/// After such a time without a call the relief turns the runtime.
const PAUSE: Duration = Duration::from_millis(1);

/// After so many calls in a row the relief leaves.
const ROW: usize = 8;

thread_local! {
    /// What this thread may do with the runtime when it parks.
    static HERE: Cell<Here> = const { Cell::new(Here::MayTurn) };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Here {
    MayTurn,
    /// A thread-local tells blocking code here where to go, or whose it is. Tasks of others must not see it.
    MustNot,
    /// It turns the runtime.
    Turns,
}

/// Runs code in which no wait turns the runtime.
#[inline]
pub(crate) fn without<R>(f: impl FnOnce() -> R) -> R {
    scoped::with(&HERE, Here::MustNot, f)
}

/// Returns whether this thread turns the runtime, in a call of its own.
pub(crate) fn turns_here() -> bool {
    HERE.get() == Here::Turns
}

/// Returns whether this thread may turn the runtime.
pub(crate) fn may_turn() -> bool {
    HERE.get() == Here::MayTurn
}

/// A current-thread runtime that is turned by who waits in it.
pub(crate) struct Turned {
    shared: Arc<Shared>,
    relief: Thread,
}

struct Shared {
    runtime: Runtime,
    /// When the runtime was made.
    start: Instant,
    waiting: AtomicUsize,
    turning: AtomicBool,
    begun: AtomicUsize,
    in_row: AtomicUsize,
    /// In nanoseconds since `start`.
    ended: AtomicU64,
    wanted: AtomicBool,
    relieved: AtomicBool,
    leave: Notify,
}

impl Turned {
    /// Makes a runtime, and starts its relief.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .thread_name("smartcall-tokio")
            .enable_all()
            .build()?;
        let shared = Arc::new(Shared {
            runtime,
            start: Instant::now(),
            waiting: AtomicUsize::new(0),
            turning: AtomicBool::new(false),
            begun: AtomicUsize::new(0),
            in_row: AtomicUsize::new(0),
            ended: AtomicU64::new(0),
            wanted: AtomicBool::new(false),
            relieved: AtomicBool::new(false),
            leave: Notify::new(),
        });
        let name = thread::Builder::new().name("smartcall-tokio".into());
        let relief = Arc::clone(&shared);
        let thread = name.spawn(move || relief.relieve())?;
        let relief = thread.thread().clone();
        Ok(Turned { shared, relief })
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.shared.runtime.handle()
    }

    /// Waits: turns the runtime until a future is ready, or parks.
    pub(crate) fn wait(&self, until: impl Future<Output = ()>, park: impl FnOnce()) {
        let shared = &*self.shared;
        let begin = shared.now();
        shared.begun.fetch_add(1, Ordering::Relaxed);
        let turns = shared.waiting.fetch_add(1, Ordering::AcqRel) == 0;
        let _call = Call {
            turned: self,
            begin,
            turns,
        };
        let pause = begin.saturating_sub(shared.ended.load(Ordering::Relaxed));
        if !turns || pause >= nanoseconds(PAUSE) {
            shared.in_row.store(0, Ordering::Relaxed);
        } else if shared.in_row.fetch_add(1, Ordering::Relaxed) >= ROW
            && shared.relieved.load(Ordering::Relaxed)
        {
            shared.leave.notify_one();
        }
        if !turns {
            return park();
        }
        shared.turning.store(true, Ordering::Release);
        // What is polled meanwhile are tasks of others, to which this thread is one of a runtime, and nothing of ours.
        let turn = || placement::nested(|| shared.runtime.block_on(until));
        with_state(State::Outside, || scoped::with(&HERE, Here::Turns, turn));
    }
}

/// A call that waits.
struct Call<'a> {
    turned: &'a Turned,
    begin: u64,
    turns: bool,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let Turned { shared, relief } = self.turned;
        if self.turns {
            shared.turning.store(false, Ordering::Release);
        }
        let others = shared.waiting.fetch_sub(1, Ordering::AcqRel) - 1;
        // After that: a call that the relief has seen turn at two looks has taken a pause by now.
        let end = shared.now();
        shared.ended.store(end, Ordering::Relaxed);
        if self.turns && others > 0 {
            shared.wanted.store(true, Ordering::Release);
            relief.unpark();
        } else if self.turns && end - self.begin >= nanoseconds(PAUSE / 2) {
            relief.unpark();
        }
    }
}

impl Shared {
    fn now(&self) -> u64 {
        nanoseconds(self.start.elapsed())
    }

    /// Waits for a whole pause, whatever park tokens there are, or until the relief is wanted. Returns whether it is.
    fn pause(&self) -> bool {
        let end = self.start.elapsed() + PAUSE;
        loop {
            if self.wanted.swap(false, Ordering::Acquire) {
                return true;
            }
            match end.checked_sub(self.start.elapsed()) {
                Some(left) => thread::park_timeout(left),
                None => return false,
            }
        }
    }

    /// Turns the runtime while no call does.
    fn relieve(&self) {
        let mut seen = self.begun.load(Ordering::Relaxed);
        loop {
            let is_wanted = self.pause();
            // In this order: a call that is seen to turn is seen to have begun.
            let turning = self.turning.load(Ordering::Acquire);
            let begun = self.begun.load(Ordering::Relaxed);
            if !is_wanted && begun != seen {
                seen = begun;
            } else if !is_wanted && turning {
                thread::park();
            } else {
                self.relieved.store(true, Ordering::Relaxed);
                self.runtime.block_on(self.leave.notified());
                self.relieved.store(false, Ordering::Relaxed);
            }
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
