//! The pools that handles are bound to, and the jobs that run on them.
//!
//! What a pool promises is checked as a job begins: a job counts from the first line of its body to the
//! last, and so never longer than it has its place.
//!
//! A job that waits in a `.get()` gives its place back, and takes it again without waiting for one. So it
//! is not the number of jobs that run which never exceeds the limit, but that of those that run and have
//! never waited. And while all places are taken, by whichever jobs, none begins that has come since.
//!
//! Jobs of the `SingleThread` never overlap, waiting or not. One that begins leaves none behind that was in
//! the queue before its own handle was made.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, LocalKey, ThreadId};

use smartcall::context;
use smartcall::offload::{Limited, SingleThread};

use super::generator::{Bound, Call, Caller, Form};
use super::ledger::Run;
use super::places;
use super::tally::Extra;

thread_local! {
    /// The pool of the handle that this thread is at.
    static BOUND: Cell<Option<Bound>> = const { Cell::new(None) };

    /// The job that this thread runs.
    static JOB: Cell<Option<Job>> = const { Cell::new(None) };

    /// Whether this thread must not wait for others.
    static HELD: Cell<bool> = const { Cell::new(false) };
}

/// A job that runs.
#[derive(Clone, Copy)]
struct Job {
    pool: Bound,
    /// Whether it has never waited.
    is_fresh: bool,
    /// Whether it is sure to have its place: it is not in a `.get()`.
    has_place: bool,
}

/// The pools of a batch of programs.
pub struct Pools {
    pub one: Limited,
    pub three: Limited,
    pub single: SingleThread<()>,
    /// The thread of `single`.
    thread: ThreadId,
    counts: [Mutex<Count>; Bound::ALL.len()],
}

/// What is counted of a pool.
#[derive(Default)]
struct Count {
    /// How many jobs are sure to have a place.
    running: usize,
    /// How many of these have never waited.
    fresh: usize,
    /// Counts up with all that is noted.
    now: u64,
    /// Since when there is no place free.
    full_since: Option<u64>,
    /// The handles whose code has not begun, by when they were made, and when their code was sent,
    /// once that is sure.
    queue: BTreeMap<u64, Option<u64>>,
}

impl Count {
    fn tick(&mut self) -> u64 {
        self.now += 1;
        self.now
    }

    fn note_places(&mut self, limit: usize) {
        let now = self.tick();
        self.full_since = match self.full_since {
            _ if self.running < limit => None,
            since => since.or(Some(now)),
        };
    }
}

impl Pools {
    pub fn new() -> Self {
        let limited = |n| Limited::new(NonZeroUsize::new(n).expect("it is not zero"));
        let single = SingleThread::named("torture-single", || ()).expect("a thread starts");
        Pools {
            one: limited(limit(Bound::One)),
            three: limited(limit(Bound::Three)),
            thread: single.run(|()| thread::current().id()).get(),
            single,
            counts: Default::default(),
        }
    }

    fn count(&self, pool: Bound) -> MutexGuard<'_, Count> {
        let count = self.counts[pool as usize].lock();
        count.unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the job on this thread wait, if there is one, until it is dropped.
    pub fn pause(&self) -> Paused<'_> {
        self.change(false)
    }

    /// Notes that the job on this thread runs code again while it waits, until it is dropped.
    fn resume(&self) -> Paused<'_> {
        self.change(true)
    }

    fn change(&self, has_place: bool) -> Paused<'_> {
        let before = JOB.get().is_some_and(|job| job.has_place);
        self.set_place(has_place);
        Paused {
            pools: self,
            before,
        }
    }

    fn set_place(&self, has_place: bool) {
        // No spare thread can replace a `SingleThread`.
        let Some(job) = JOB.get().filter(|job| job.pool != Bound::Single) else {
            return;
        };
        if job.has_place == has_place {
            return;
        }
        let mut count = self.count(job.pool);
        if has_place {
            count.running += 1;
        } else {
            count.running -= 1;
            count.fresh -= usize::from(job.is_fresh);
        }
        count.note_places(limit(job.pool));
        JOB.set(Some(Job {
            is_fresh: false,
            has_place,
            ..job
        }));
    }

    /// Counts a job that begins on this thread, and checks that it may.
    fn begin(&self, run: &Run, call: &Call, pool: Bound, came: u64) -> End<'_> {
        let limit = limit(pool);
        let mut count = self.count(pool);
        // What hands out items may have waited for room, and then goes on without waiting for a place.
        let is_fresh = call.form() != Form::Sent;
        if is_fresh && count.fresh >= limit {
            let fresh = count.fresh;
            run.fail(format!("{fresh} jobs of {pool:?} run at once with {call}"));
        }
        if is_fresh && count.full_since.is_some_and(|since| since < came) {
            let running = count.running;
            run.fail(format!(
                "{running} jobs of {pool:?} had all places since before {call} came"
            ));
        }
        count.running += 1;
        count.fresh += usize::from(is_fresh);
        if limit > 1 && count.fresh == limit {
            run.tally.extra(Extra::Full);
        }
        count.note_places(limit);
        drop(count);
        run.tally.job(pool);
        JOB.set(Some(Job {
            pool,
            is_fresh,
            has_place: true,
        }));
        End(self)
    }

    /// What is left where nothing should be.
    pub fn left(&self) -> Vec<String> {
        let pools = Bound::ALL.into_iter();
        let left = pools.filter_map(|pool| {
            let count = self.count(pool);
            let (running, waiting) = (count.running, count.queue.len());
            let is_left = running > 0 || count.fresh > 0 || waiting > 0;
            is_left.then(|| format!("{pool:?} is left with {running} jobs, and {waiting} waiting"))
        });
        left.collect()
    }
}

/// How many jobs of a pool run at once.
fn limit(pool: Bound) -> usize {
    match pool {
        Bound::One | Bound::Single => 1,
        Bound::Three => 3,
    }
}

/// Puts a job back to what it was before.
#[must_use = "the job goes on as soon as it is dropped"]
pub struct Paused<'a> {
    pools: &'a Pools,
    before: bool,
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.pools.set_place(self.before);
    }
}

/// Ends the job on this thread.
struct End<'a>(&'a Pools);

impl Drop for End<'_> {
    fn drop(&mut self) {
        if let Some(job) = JOB.take() {
            let mut count = self.0.count(job.pool);
            count.running -= usize::from(job.has_place);
            count.fresh -= usize::from(job.is_fresh);
            count.note_places(limit(job.pool));
        }
    }
}

/// How the body of a call gets to where it runs.
#[derive(Clone)]
pub struct Way {
    /// The pool that its blocking code is sent to.
    pool: Option<Bound>,
    /// When its handle was made, by the pool's count.
    came: u64,
    /// Its place in the order of the `SingleThread`'s jobs.
    ticket: Option<Arc<Ticket>>,
}

impl Way {
    /// The way of a handle that is made here, and resolved here unless it is a task.
    pub fn new(run: &Arc<Run>, call: &Call) -> Self {
        let pool = pool_of(call);
        let mut way = Way {
            pool,
            came: 0,
            ticket: None,
        };
        if let Some(pool) = pool {
            let mut count = run.sites.pools.count(pool);
            way.came = count.tick();
            if call.pool == Some(Bound::Single) && call.is_one_job() {
                count.queue.insert(way.came, None);
                way.ticket = Some(Arc::new(Ticket {
                    run: Arc::clone(run),
                    came: way.came,
                }));
            }
        }
        way
    }

    pub fn ticket(&self) -> Option<Weak<Ticket>> {
        self.ticket.as_ref().map(Arc::downgrade)
    }

    pub fn is_bound(&self) -> bool {
        self.pool.is_some()
    }

    /// Runs code of the handle, in a poll or in place, and has its pool in place meanwhile.
    pub fn polled<R>(&self, code: impl FnOnce() -> R) -> R {
        let _bound = put(&BOUND, self.pool);
        code()
    }

    /// Runs the sync code of a call, and checks that this is the thread for it.
    pub fn run<R>(&self, run: &Arc<Run>, call: &Call, code: impl FnOnce() -> R) -> R {
        let pools = &run.sites.pools;
        // What a pool runs has nothing above it.
        let is_job = call.is_code() && places::is_nowhere();
        let Some(pool) = self.pool.filter(|_| is_job) else {
            if call.is_code() && call.pool.is_some_and(|pool| !is_here(pool)) {
                run.fail(format!("the code ran on its caller's thread: {call}"));
            }
            if let Some(ticket) = &self.ticket {
                run.tally.extra(Extra::There);
                drop(ticket.leave());
            }
            let _running = pools.resume();
            return self.polled(code);
        };
        if let Some(ticket) = &self.ticket {
            ticket.check(run, call);
        }
        let here = thread::current();
        let is_right = match pool {
            Bound::Single => here.id() == pools.thread,
            _ => here.name().is_some_and(|name| {
                name.starts_with("blocking-") || name.starts_with("smartcall-spare")
            }),
        };
        if !is_right {
            run.fail(format!("the code of {pool:?} ran on {here:?}: {call}"));
        }
        let _end = pools.begin(run, call, pool, self.came);
        let _held = put(&HELD, pool == Bound::Single);
        code()
    }
}

/// Whether code for a pool runs right here, since this is its only thread.
fn is_here(pool: Bound) -> bool {
    pool == Bound::Single && JOB.get().is_some_and(|job| job.pool == pool)
}

/// The pool that the blocking code of a handle is sent to if it is polled here.
fn pool_of(call: &Call) -> Option<Bound> {
    let inherits = call.caller != Caller::Spawn;
    call.pool.or(BOUND.get().filter(|_| inherits))
}

/// The place of a handle in the order of the `SingleThread`'s jobs, until its code begins or is
/// dropped.
pub struct Ticket {
    run: Arc<Run>,
    came: u64,
}

impl Ticket {
    /// Notes that the code is in the queue.
    pub fn sent(&self) {
        let mut count = self.run.sites.pools.count(Bound::Single);
        let now = count.tick();
        if let Some(sent) = count.queue.get_mut(&self.came) {
            *sent = Some(now);
        }
    }

    /// Notes that the code begins, and checks that none is left that was sent before it could be.
    fn check(&self, run: &Run, call: &Call) {
        let count = self.leave();
        let before = |sent: &&Option<u64>| sent.is_some_and(|sent| sent < self.came);
        let earlier = count.queue.values().filter(before).count();
        if earlier > 0 {
            run.fail(format!(
                "it begins before {earlier} that came before: {call}"
            ));
        }
    }

    fn leave(&self) -> MutexGuard<'_, Count> {
        let mut count = self.run.sites.pools.count(Bound::Single);
        count.queue.remove(&self.came);
        count
    }
}

impl Ticket {
    /// Takes the code out of the order.
    pub fn withdraw(&self) {
        drop(self.leave());
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        drop(self.leave());
    }
}

/// Whether a `.get()` on this thread is refused if it may have to wait.
pub fn is_held() -> bool {
    HELD.get()
}

/// Whether the blocking code of a handle that is polled here goes to the `SingleThread`, or this is its thread.
pub fn needs_single(call: &Call) -> bool {
    let is_there = JOB.get().is_some_and(|job| job.pool == Bound::Single);
    is_there || pool_of(call) == Some(Bound::Single)
}

/// Whether a handle gives its value without waiting, and so in any context.
///
/// `held` says whether this is a thread that all sync code may run on.
pub fn is_immediate(call: &Call, held: bool) -> bool {
    match call.form() {
        Form::Value | Form::InPlace => true,
        Form::Blocking | Form::Pair => match pool_of(call) {
            Some(pool) => is_here(pool),
            None => held,
        },
        Form::Async | Form::Own | Form::Sent => false,
    }
}

/// Waits where that is refused: what is waited for does not need this thread.
pub fn lift<R>(code: impl FnOnce() -> R) -> R {
    let _held = put(&HELD, false);
    context::blocking_region(code)
}

/// Puts a thread-local back to what it was before.
#[must_use = "it is put back as soon as the guard is dropped"]
struct Put<T: Copy + 'static>(&'static LocalKey<Cell<T>>, T);

fn put<T: Copy>(key: &'static LocalKey<Cell<T>>, value: T) -> Put<T> {
    Put(key, key.replace(value))
}

impl<T: Copy> Drop for Put<T> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}
