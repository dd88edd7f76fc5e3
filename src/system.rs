//! What the system gives to a process: threads, if there are any, and a process id.
//!
//! A fork copies the memory of a process, and of its threads only the one that forks. So what was sent to a thread of ours
//! would wait for ever in the child. Such a thread is owned by a [`Threads`], which knows the process that uses it.
//!
//! Where the thread that a wait needs can't be known, as in a `.get()` of any future, the wait is not refused. If it lasts, a
//! line on stderr names what may be wrong.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use smartcall_context::internal::{self as context, Process};

/// Whether a thread can be started at all, and parked.
pub(crate) const HAS_THREADS: bool =
    !cfg!(all(target_family = "wasm", not(target_feature = "atomics")));

/// After how long a wait that may be in vain is reported.
const REPORTED_AFTER: Duration = Duration::from_secs(5);

/// The process that first used any threads of ours.
static FIRST: OnceLock<Process> = OnceLock::new();

/// Threads of ours, and the process that they are in.
#[derive(Debug)]
pub(crate) struct Threads {
    /// The process that first used them.
    process: OnceLock<Process>,
}

impl Threads {
    pub(crate) const fn new() -> Self {
        Threads {
            process: OnceLock::new(),
        }
    }

    /// Notes that this process uses the threads.
    ///
    /// # Panics
    ///
    /// Panics if they are those of the process that this one was forked from. `what` names them.
    #[inline]
    #[track_caller]
    pub(crate) fn check(&self, what: &str) {
        if self.are_of_parent() {
            context::panic_forked(what);
        }
    }

    /// Notes that this process uses the threads, and returns whether another one has used them before.
    pub(crate) fn are_of_parent(&self) -> bool {
        if !HAS_THREADS {
            return false;
        }
        is_first(&FIRST);
        !is_first(&self.process)
    }
}

/// Notes that this process starts threads that are found out of use by themselves in a fork.
#[cfg(feature = "executor")]
pub(crate) fn note_threads() {
    if HAS_THREADS {
        is_first(&FIRST);
    }
}

/// Notes this process unless another one is noted, and returns whether it is this one.
fn is_first(noted: &OnceLock<Process>) -> bool {
    let process = noted.get();
    process.map_or_else(|| note(noted), Process::is_current)
}

/// [`is_first`] where nothing has been noted.
#[cold]
fn note(noted: &OnceLock<Process>) -> bool {
    // Made before: a fork must not come while the lock is taken.
    let process = Process::current();
    noted.get_or_init(|| process).is_current()
}

/// Parks this thread until it is unparked, or for less long.
///
/// # Panics
///
/// Panics if nothing can unpark it.
pub(crate) fn park() {
    if !HAS_THREADS {
        panic!(
            "cannot wait here: the value is not ready, and this target has no threads, so nothing can happen while this \
             one waits. Use `.await`, or `now_or_later`."
        );
    }
    context::check_runtime();
    match suspicion() {
        Some(suspicion) => suspicion.park(),
        None => thread::park(),
    }
}

/// Why a wait may be in vain.
struct Suspicion {
    /// Whether it was reported.
    reported: &'static AtomicBool,
    words: &'static str,
}

/// Returns why this thread may wait in vain, if there is a reason.
fn suspicion() -> Option<Suspicion> {
    static FORKED: AtomicBool = AtomicBool::new(false);
    if FIRST.get().is_some_and(|first| !first.is_current()) {
        return Some(Suspicion {
            reported: &FORKED,
            words: "this process was forked after smartcall had started threads, which are not in it: what needs one of \
                    them never ends. Fork first, and use smartcall afterwards.",
        });
    }
    #[cfg(not(feature = "tokio"))]
    {
        static ON_TOKIO: AtomicBool = AtomicBool::new(false);
        // How tokio names its threads, or has named them, unless told otherwise.
        let name = thread::current();
        let is_tokio = |name: &str| ["tokio-rt-worker", "tokio-runtime-worker"].contains(&name);
        if name.name().is_some_and(is_tokio) {
            return Some(Suspicion {
                reported: &ON_TOKIO,
                words: "a thread of tokio waits, and the feature `tokio` of smartcall is off, so tokio does not know: the \
                        value may have to come from this very thread. In the program's Cargo.toml, write \
                        `smartcall = { version = \"0.1\", features = [\"tokio\"] }`.",
            });
        }
    }
    None
}

impl Suspicion {
    /// Parks the thread. If that takes long, it says why, once in the process.
    fn park(self) {
        if self.reported.load(Ordering::Relaxed) {
            return thread::park();
        }
        let begun = Instant::now();
        thread::park_timeout(REPORTED_AFTER);
        if begun.elapsed() >= REPORTED_AFTER && !self.reported.swap(true, Ordering::Relaxed) {
            let _ = writeln!(
                io::stderr(),
                "smartcall: a `.get()` has waited for {} seconds: {}",
                REPORTED_AFTER.as_secs(),
                self.words
            );
        }
    }
}
