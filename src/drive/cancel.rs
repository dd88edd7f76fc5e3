//! Cancellation of blocking code: the code learns that its handle was dropped.
//!
//! Code on a pool can't be interrupted, but it can ask. A `.get()` in it asks by itself: it stops waiting and unwinds,
//! so that what it waited for is dropped in turn. So a cancelled task cancels what its blocking code awaits, through any
//! number of layers.
//!
//! Each job has an entry in one table. The entry is made when the job is sent to a pool, and removed with the job's code.
//! (An `Arc` that the code and the handle share would be one more allocation for each job.) All changes are made under
//! the table's lock. The thread that cancels a job marks its entry and takes the waker. The thread that is about to park
//! looks for the mark and leaves its waker. So it either sees the mark or is woken.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::thread;

use smartcall_context::internal::scoped;

use crate::sync::ignore_poison;

/// A job that has not ended.
#[derive(Default)]
struct Job {
    /// Whether its handle was dropped.
    cancelled: bool,
    /// Wakes the `.get()` that its code is parked in.
    waker: Option<Waker>,
    /// The mark for other threads, which may also read it after the job has ended.
    token: Option<Arc<AtomicBool>>,
}

static JOBS: Mutex<BTreeMap<JobId, Job>> = Mutex::new(BTreeMap::new());

/// The number of a job. No two jobs have the same number.
pub(crate) type JobId = u64;

thread_local! {
    /// The job whose code this thread runs, unless a `shield` protects it.
    static CURRENT: Cell<Option<JobId>> = const { Cell::new(None) };

    /// The job whose code this thread runs, whether or not a `shield` protects it.
    static RUNNING: Cell<Option<JobId>> = const { Cell::new(None) };
}

fn lock() -> MutexGuard<'static, BTreeMap<JobId, Job>> {
    ignore_poison(JOBS.lock())
}

/// The registration of a job. It moves with the code, and ends when the code has run or is dropped.
pub(crate) struct Registration(JobId);

impl Registration {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        lock().insert(id, Job::default());
        Registration(id)
    }

    pub(crate) fn id(&self) -> JobId {
        self.0
    }

    /// Runs the job's code.
    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        scoped::with(&RUNNING, Some(self.0), || {
            scoped::with(&CURRENT, Some(self.0), f)
        })
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let job = lock().remove(&self.0);
        // Not under the lock: dropping a waker may run other code.
        drop(job);
    }
}

/// Marks a job as cancelled, and wakes its `.get()`. Does nothing if the job has ended.
pub(crate) fn cancel(id: JobId) {
    let waker = lock().get_mut(&id).and_then(|job| {
        job.cancelled = true;
        if let Some(token) = &job.token {
            token.store(true, Ordering::Relaxed);
        }
        job.waker.take()
    });
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Becomes ready once the job on this thread is cancelled, so that its wait has to end.
#[inline]
pub(crate) fn poll_cancelled(cx: &mut Context<'_>) -> Poll<()> {
    match CURRENT.get() {
        Some(id) => poll_job(id, cx),
        None => Poll::Pending,
    }
}

#[cold]
fn poll_job(id: JobId, cx: &mut Context<'_>) -> Poll<()> {
    // The wait can't unwind if panics abort, nor in a destructor that runs while another panic unwinds.
    if !cfg!(panic = "unwind") || thread::panicking() {
        return Poll::Pending;
    }
    let mut jobs = lock();
    let Some(job) = jobs.get_mut(&id) else {
        return Poll::Pending;
    };
    if job.cancelled {
        return Poll::Ready(());
    }
    let previous = job.waker.replace(cx.waker().clone());
    drop(jobs);
    drop(previous);
    Poll::Pending
}

/// Ends a wait of the job on this thread by unwinding. The panic hook is not called.
pub(crate) fn unwind_cancelled() -> ! {
    /// What the code is unwound with.
    struct Cancelled;

    panic::resume_unwind(Box::new(Cancelled))
}

/// Returns whether this thread runs a job whose handle was dropped, shielded or not: nobody wants its value any more.
pub(crate) fn is_given_up() -> bool {
    let Some(id) = RUNNING.get() else {
        return false;
    };
    lock().get(&id).is_some_and(|job| job.cancelled)
}

/// Returns `true` if the handle of the current blocking job has been dropped.
///
/// Code on a pool can't be interrupted. Long code calls this between two steps, and returns early if it is `true`; the value
/// that it returns is dropped. A `.get()` in the code that waits, or is about to wait, ends by itself: it unwinds without a
/// message, and drops what it waits for. (If panics abort, it waits to its end.)
///
/// Returns `false` outside of such code, in a [`shield`], and in code that runs on its caller's thread, as under `.get()`:
/// the caller waits there. Also returns `false` in a job of another version of this crate.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
/// use std::task::{Context, Waker};
/// use smartcall::{Dual, offload};
///
/// let (sender, receiver) = mpsc::channel();
/// let code = Dual::blocking(move || {
///     while !offload::is_cancelled() {
///         std::thread::yield_now();
///     }
///     sender.send("stopped")
/// });
/// let mut future = Box::pin(code);
/// // The code begins on the pool, and then its handle is dropped.
/// assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
/// # std::thread::sleep(std::time::Duration::from_millis(20));
/// drop(future);
/// # let _ =
/// receiver.recv();
/// ```
pub fn is_cancelled() -> bool {
    let Some(id) = CURRENT.get() else {
        return false;
    };
    lock().get(&id).is_some_and(|job| job.cancelled)
}

/// Lets other threads ask whether blocking code was cancelled, such as threads that the code starts.
///
/// Clones are the same token. It also works after the code has ended.
///
/// # Examples
///
/// A job that computes on its own threads:
///
/// ```
/// use std::thread;
/// use smartcall::Dual;
/// use smartcall::offload::CancellationToken;
///
/// let primes = Dual::blocking(|| {
///     let token = CancellationToken::current();
///     thread::scope(|scope| {
///         let counts = [0..500_u32, 500..1000].map(|part| {
///             let token = token.clone();
///             let is_prime = |n: &u32| *n > 1 && (2..*n).all(|d| n % d > 0);
///             scope.spawn(move || {
///                 part.take_while(|_| !token.is_cancelled()).filter(is_prime).count()
///             })
///         });
///         counts.map(|count| count.join().unwrap()).iter().sum::<usize>()
///     })
/// });
/// # pollster::block_on(async {
/// assert_eq!(primes.await, 168);
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct CancellationToken(Arc<AtomicBool>);

impl CancellationToken {
    /// Returns the token of the current blocking job.
    ///
    /// The token is never cancelled if [`is_cancelled`] can't become `true` here: outside of such code, in a [`shield`],
    /// and in code that runs on its caller's thread.
    pub fn current() -> Self {
        let mut jobs = lock();
        let job = CURRENT.get().and_then(|id| jobs.get_mut(&id));
        CancellationToken(match job {
            Some(job) => {
                let cancelled = job.cancelled;
                let token = job
                    .token
                    .get_or_insert_with(|| Arc::new(AtomicBool::new(cancelled)));
                Arc::clone(token)
            }
            None => Arc::default(),
        })
    }

    /// Returns `true` if the handle of the job has been dropped.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Protects blocking code from being cancelled while a closure runs.
///
/// Inside the closure, [`is_cancelled`] returns `false`, and a `.get()` waits to its end. Use it for a section that must not
/// be left half done. After the closure, the code can be cancelled again.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, offload};
///
/// let saves = Dual::blocking(|| {
///     offload::shield(|| {
///         // Both, or neither.
///         Dual::future(async { /* write */ }).get();
///         Dual::future(async { /* write the other one */ }).get();
///     });
/// });
/// # pollster::block_on(async { saves.await });
/// ```
pub fn shield<R>(f: impl FnOnce() -> R) -> R {
    scoped::with(&CURRENT, None, f)
}
