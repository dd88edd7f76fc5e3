//! The waits of each thread.
//!
//! | what | written by | under |
//! |---|---|---|
//! | the list of slots | a thread, as it first waits or runs a job, and as it ends | the lock of the list |
//! | `Slot::waits` | the slot's thread | the lock of the slot |
//! | `Slot::job`, `Slot::pool` | the slot's thread | nothing: it is a hint, and is looked at with its waits |
//!
//! A reader takes the lock of the list, copies it, and then takes one slot's lock after the other. It holds none of them while it
//! does anything else, and waits for none that is held while anything else is done.

use std::cell::{Cell, OnceCell};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

use crate::sync::{Instant, Thread, current, ignore_poison};
use crate::waits::edges::{Edge, Edges, Line, NOTED, Target};

/// A wait that a thread is in.
#[derive(Clone)]
pub(crate) struct Wait {
    /// Which wait of the process it is.
    pub(crate) id: usize,
    pub(crate) kind: Kind,
    pub(crate) line: Line,
    pub(crate) since: Instant,
    /// How often it has parked and been woken: odd while it is parked.
    pub(crate) parks: usize,
    /// What it waits for, as of its latest poll.
    pub(crate) edges: Vec<Edge>,
    /// The address in its waker.
    pub(crate) waker: usize,
    /// What holds its waker.
    pub(crate) level: Option<Weak<dyn Level>>,
    /// Which task it is part of.
    pub(crate) task: Option<usize>,
    /// Which job it is part of.
    pub(crate) job: usize,
    /// Whether it is called in a poll: what else is polled there waits, too.
    pub(crate) in_poll: bool,
    /// Whether the drop of a handle ends it.
    pub(crate) is_interruptible: bool,
}

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A `.get()`.
    Get,
    /// A `send` of the code of `DualStream::produce`.
    Send,
    /// The `block_on` of an executor.
    BlockOn,
    /// The drop of a joined handle.
    Join,
}

/// The level of a driver, by what its wakers share.
pub(crate) trait Level: Send + Sync {
    /// Returns whether it was woken, and has not polled since.
    fn is_woken(&self) -> bool;
}

/// Returns a level as it is noted: its wakers are not counted up.
pub(crate) fn weak<L: Level + 'static>(level: &Arc<L>) -> Weak<dyn Level> {
    let level: Weak<L> = Arc::downgrade(level);
    level
}

/// What is known of a thread.
pub(crate) struct Slot {
    thread: Thread,
    /// The address of the job whose code it runs, or 0.
    job: AtomicUsize,
    /// The address of the pool that this job has a place in, or 0.
    pool: AtomicUsize,
    waits: Mutex<Waits>,
}

#[derive(Default)]
struct Waits {
    /// The outermost first.
    waits: Vec<Wait>,
    /// A list that was used before.
    spare: Vec<Edge>,
}

/// The slots of all threads that have waited, or run jobs.
static SLOTS: Mutex<Vec<Arc<Slot>>> = Mutex::new(Vec::new());

/// The number of the next wait.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// Tells of the workers of executors, which are above this folder.
pub(crate) struct Workers {
    /// Returns the number of the task that this thread polls.
    pub(crate) current_task: fn() -> Option<usize>,
    /// Returns the tasks that are being polled.
    pub(crate) polled: fn() -> Vec<Polled>,
}

/// A task that is being polled.
pub(crate) struct Polled {
    pub(crate) number: usize,
    pub(crate) spawned_at: Line,
    pub(crate) thread: Thread,
    /// If the poll takes long: since when, and whether its thread was blocked, if that is known.
    pub(crate) long: Option<(Instant, Option<bool>)>,
}

static WORKERS: OnceLock<Workers> = OnceLock::new();

/// Sets what tells of the workers.
#[cfg(feature = "executor")]
pub(crate) fn set_workers(workers: Workers) {
    WORKERS.get_or_init(|| workers);
}

/// Returns the tasks that are being polled.
pub(crate) fn polled() -> Vec<Polled> {
    WORKERS
        .get()
        .map_or_else(Vec::new, |workers| (workers.polled)())
}

thread_local! {
    static OWN: OnceCell<Own> = const { OnceCell::new() };

    /// Whether this thread waits in a poll, by the permission of an executor.
    static IN_POLL: Cell<bool> = const { Cell::new(false) };
}

/// The slot of this thread, which leaves the list with it.
struct Own(Arc<Slot>);

impl Drop for Own {
    fn drop(&mut self) {
        ignore_poison(SLOTS.lock()).retain(|slot| !Arc::ptr_eq(slot, &self.0));
    }
}

fn own<R>(f: impl FnOnce(&Arc<Slot>) -> R) -> Option<R> {
    let get = |own: &OnceCell<Own>| {
        let Own(slot) = own.get_or_init(|| {
            let slot = Arc::new(Slot {
                thread: current(),
                job: AtomicUsize::new(0),
                pool: AtomicUsize::new(0),
                waits: Mutex::default(),
            });
            ignore_poison(SLOTS.lock()).push(Arc::clone(&slot));
            Own(slot)
        });
        f(slot)
    };
    OWN.try_with(get).ok()
}

/// Runs what waits in a poll, by the permission of an executor.
pub(crate) fn in_poll<R>(wait: impl FnOnce() -> R) -> R {
    smartcall_context::internal::scoped::with(&IN_POLL, true, wait)
}

/// Runs the code of a job on this thread.
#[inline]
pub(crate) fn run_job<R>(address: usize, code: impl FnOnce() -> R) -> R {
    with_hint(|slot| &slot.job, address, code)
}

/// Runs a job on this thread that has a place in a pool.
#[inline]
pub(crate) fn run_in_pool<R>(address: usize, job: impl FnOnce() -> R) -> R {
    with_hint(|slot| &slot.pool, address, job)
}

/// Sets a field of this thread's slot while a closure runs.
#[inline]
fn with_hint<R>(field: fn(&Slot) -> &AtomicUsize, address: usize, code: impl FnOnce() -> R) -> R {
    struct Restore {
        slot: Arc<Slot>,
        field: fn(&Slot) -> &AtomicUsize,
        outer: usize,
    }

    impl Drop for Restore {
        fn drop(&mut self) {
            (self.field)(&self.slot).store(self.outer, Ordering::Relaxed);
        }
    }

    if !NOTED {
        return code();
    }
    let _restore = own(|slot| {
        let outer = field(slot).load(Ordering::Relaxed);
        field(slot).store(address, Ordering::Relaxed);
        let slot = Arc::clone(slot);
        Restore { slot, field, outer }
    });
    code()
}

/// A wait of this thread, until this is dropped.
pub(crate) struct Noted(Option<(Arc<Slot>, usize)>);

/// What is noted as a wait first parks.
pub(crate) struct Beginning {
    pub(crate) kind: Kind,
    pub(crate) line: Line,
    pub(crate) level: Option<(usize, Weak<dyn Level>)>,
    pub(crate) is_nested: bool,
    pub(crate) is_interruptible: bool,
}

impl Noted {
    /// Nothing is noted before the wait parks.
    pub(crate) const fn nothing() -> Self {
        Noted(None)
    }

    /// Notes that the wait is about to park. The first time, it asks what it is.
    pub(crate) fn parks(&mut self, edges: &Edges, begin: impl FnOnce() -> Beginning) {
        if !NOTED {
            return;
        }
        match &self.0 {
            Some((slot, id)) => {
                let mut waits = slot.lock();
                if let Some(wait) = waits.waits.iter_mut().find(|wait| wait.id == *id) {
                    wait.parks += 1;
                    edges.copy_to(&mut wait.edges);
                }
            }
            None => self.0 = own(|slot| slot.begin(edges, begin())),
        }
    }

    /// Notes that it was woken.
    pub(crate) fn resumes(&self) {
        if let Some((slot, id)) = &self.0 {
            let mut waits = slot.lock();
            if let Some(wait) = waits.waits.iter_mut().find(|wait| wait.id == *id) {
                wait.parks += 1;
            }
        }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let Some((slot, id)) = self.0.take() else {
            return;
        };
        let mut waits = slot.lock();
        if let Some(at) = waits.waits.iter().rposition(|wait| wait.id == id) {
            let wait = waits.waits.remove(at);
            waits.spare = wait.edges;
        }
    }
}

/// Notes a wait for a job while a closure runs that waits for it.
#[track_caller]
pub(crate) fn join(target: Target, wait: impl FnOnce()) {
    let mut noted = Noted::nothing();
    if NOTED {
        let begin = Beginning {
            kind: Kind::Join,
            line: std::panic::Location::caller(),
            level: None,
            is_nested: false,
            is_interruptible: false,
        };
        noted.0 = own(|slot| {
            let (slot, id) = slot.begin(&Edges::begin(), begin);
            if let Some(wait) = slot.lock().waits.last_mut() {
                wait.edges.push(Edge { target, waker: 0 });
            }
            (slot, id)
        });
    }
    wait();
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Waits> {
        ignore_poison(self.waits.lock())
    }

    fn begin(self: &Arc<Self>, edges: &Edges, begin: Beginning) -> (Arc<Slot>, usize) {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let task = WORKERS.get().and_then(|workers| (workers.current_task)());
        let (waker, level) = match begin.level {
            Some((waker, level)) => (waker, Some(level)),
            None => (0, None),
        };
        let mut waits = self.lock();
        let mut wait = Wait {
            id,
            kind: begin.kind,
            line: begin.line,
            since: Instant::now(),
            parks: 1,
            edges: std::mem::take(&mut waits.spare),
            waker,
            level,
            task,
            job: self.job.load(Ordering::Relaxed),
            in_poll: begin.is_nested || IN_POLL.get(),
            is_interruptible: begin.is_interruptible,
        };
        edges.copy_to(&mut wait.edges);
        waits.waits.push(wait);
        drop(waits);
        (Arc::clone(self), id)
    }

    /// Returns the thread.
    pub(crate) fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Returns the address of the job whose code it runs, or 0.
    pub(crate) fn job(&self) -> usize {
        self.job.load(Ordering::Relaxed)
    }

    /// Returns the address of the pool that this job has a place in, or 0.
    pub(crate) fn pool(&self) -> usize {
        self.pool.load(Ordering::Relaxed)
    }

    /// Returns its waits, the outermost first.
    pub(crate) fn waits(&self) -> Vec<Wait> {
        self.lock().waits.clone()
    }
}

/// Returns the slots of all threads.
pub(crate) fn slots() -> Vec<Arc<Slot>> {
    ignore_poison(SLOTS.lock()).clone()
}
