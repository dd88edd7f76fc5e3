//! Cancellation of blocking code: the code learns that its handle was dropped.
//!
//! Sync code is never torn: code that has begun runs to its end, and a `.get()` in it waits to its end. So no lock is poisoned,
//! and no change is left half done. The code can ask, and return early. Only in a handle from `interrupt_on_drop` does a
//! `.get()` end by itself. It unwinds the code, so that what it waited for is dropped in turn. So a cancelled task cancels what
//! its blocking code awaits, through any number of layers.
//!
//! The code finds its job by a thread-local. `job.rs` has the protocol.

use std::cell::Cell;
use std::fmt;
use std::panic::{self, RefUnwindSafe, UnwindSafe};
use std::task::{Context, Poll};
use std::thread;

use smartcall_context::internal::scoped;

use crate::drive::job::{self, Job};
use crate::sync::Arc;
use crate::waits::threads;

/// A job, whatever its code is.
pub(crate) type AnyJob = Job<dyn Send + Sync + UnwindSafe + RefUnwindSafe>;

/// The job whose code a thread runs.
#[derive(Clone)]
struct Current {
    job: Arc<AnyJob>,
    /// Whether a `shield` protects the code.
    shielded: bool,
}

thread_local! {
    /// The job whose code this thread runs.
    static CURRENT: Cell<Option<Current>> = const { Cell::new(None) };
}

/// Returns the job on this thread, unless a `shield` protects it.
fn unshielded() -> Option<Arc<AnyJob>> {
    let current = scoped::cloned(&CURRENT)?;
    (!current.shielded).then_some(current.job)
}

/// Runs the code of a job.
pub(crate) fn run_job<R>(job: Arc<AnyJob>, f: impl FnOnce() -> R) -> R {
    let (address, shielded) = (job::address(&job), false);
    let current = &mut Some(Current { job, shielded });
    threads::run_job(address, || scoped::exchanged(&CURRENT, current, f))
}

/// Becomes ready once the job on this thread is interrupted, so that its wait has to end. Until the job is told, the wait is
/// woken when it is.
pub(crate) fn poll_interrupted(cx: &mut Context<'_>) -> Poll<()> {
    match scoped::cloned(&CURRENT) {
        Some(Current { job, shielded }) => {
            // A wait can't unwind if panics abort, nor in a destructor that runs while another panic unwinds.
            let can_unwind = cfg!(panic = "unwind") && !thread::panicking();
            job.poll_told(cx, can_unwind && !shielded)
        }
        None => Poll::Pending,
    }
}

/// Returns whether this thread runs code whose wait ends if its handle is dropped.
pub(crate) fn is_interruptible() -> bool {
    scoped::cloned(&CURRENT)
        .is_some_and(|current| current.job.on_drop().interrupts && !current.shielded)
}

/// Ends a wait of the job on this thread by unwinding. The panic hook is not called.
pub(crate) fn unwind_interrupted() -> ! {
    /// What the code is unwound with.
    struct Interrupted;

    panic::resume_unwind(Box::new(Interrupted))
}

/// Returns whether this thread runs a job whose handle was dropped, shielded or not: nobody wants its value any more.
pub(crate) fn is_given_up() -> bool {
    scoped::cloned(&CURRENT).is_some_and(|current| current.job.is_told())
}

/// Returns `true` if the handle of the current blocking job has been dropped.
///
/// Sync code runs to its end, whoever gives up on it, and a `.get()` in it waits to its end. Long code calls this between two
/// steps, and returns early if it is `true`; the value that it returns is dropped. Code that waits for something that may never
/// come bounds that wait by [`get_timeout`](crate::Dual::get_timeout). To end the wait as soon as the handle is dropped, use
/// [`interrupt_on_drop`](crate::offload::interrupt_on_drop).
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
    unshielded().is_some_and(|job| job.is_told())
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
#[derive(Clone)]
pub struct CancellationToken(Option<Arc<AnyJob>>);

impl CancellationToken {
    /// Returns the token of the current blocking job.
    ///
    /// The token is never cancelled if [`is_cancelled`] can't become `true` here: outside of such code, in a [`shield`],
    /// and in code that runs on its caller's thread.
    pub fn current() -> Self {
        CancellationToken(unshielded())
    }

    /// Returns `true` if the handle of the job was dropped while the code ran.
    pub fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|job| job.is_told())
    }
}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken")
            .field("is_cancelled", &self.is_cancelled())
            .finish()
    }
}

/// Protects blocking code from being interrupted while a closure runs.
///
/// It is for code in a handle from [`interrupt_on_drop`](crate::offload::interrupt_on_drop). Inside the closure, a `.get()`
/// waits to its end, and [`is_cancelled`] returns `false`, so that code which asks does not return early either. Use it for a
/// section that must not be left half done. After the closure, the code can be cancelled again.
///
/// # Examples
///
/// ```
/// use smartcall::{Dual, offload};
///
/// let saves = offload::interrupt_on_drop(Dual::blocking(|| {
///     offload::shield(|| {
///         // Both, or neither.
///         Dual::future(async { /* write */ }).get();
///         Dual::future(async { /* write the other one */ }).get();
///     });
/// }));
/// # pollster::block_on(async { saves.await });
/// ```
pub fn shield<R>(f: impl FnOnce() -> R) -> R {
    match scoped::cloned(&CURRENT) {
        Some(Current { job, .. }) => {
            let shielded = true;
            scoped::exchanged(&CURRENT, &mut Some(Current { job, shielded }), f)
        }
        None => f(),
    }
}
