//! The runtime that is entered where no other is: ours, or the one that the program has set.

use std::env;
use std::io;
use std::panic;
use std::process;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};

/// The runtime for what is driven outside of any, made when it is first needed, unless the program has set one.
static RUNTIME: OnceLock<Entered> = OnceLock::new();

/// Held by the thread that makes or sets the runtime. Making it may fail, which `OnceLock` can't express yet.
static MAKING: Mutex<()> = Mutex::new(());

/// The runtime that is entered.
struct Entered {
    handle: Handle,
    /// The runtime, if it is ours: it runs for as long as the process does.
    ours: Option<Runtime>,
    /// The process in which it was made or set.
    process: u32,
}

impl Entered {
    fn new(handle: Handle, ours: Option<Runtime>) -> Self {
        Entered {
            handle,
            ours,
            process: process::id(),
        }
    }
}

fn making() -> MutexGuard<'static, ()> {
    MAKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the runtime that is entered, and makes ours if there is none.
pub(crate) fn handle() -> io::Result<&'static Handle> {
    if let Some(entered) = RUNTIME.get() {
        return Ok(&entered.handle);
    }
    let _making = making();
    if RUNTIME.get().is_none() {
        let made = make_runtime()?;
        let _ = RUNTIME.set(Entered::new(made.handle().clone(), Some(made)));
    }
    let entered = RUNTIME.get();
    entered
        .map(|entered| &entered.handle)
        .ok_or_else(|| io::ErrorKind::Other.into())
}

/// Makes the runtime of ours.
///
/// It has a thread of its own: a current-thread runtime would turn only while something drives it, and
/// nothing could block in it.
///
/// One worker is enough for sockets, timers and spawned tasks, since bodies are driven by their callers.
/// A second worker takes tasks that the first was woken for: 200 requests in a row made 900 futex calls
/// instead of 410, and took a fifth longer.
#[cold]
fn make_runtime() -> io::Result<Runtime> {
    // tokio panics if it can't start a worker. Where that is known before, nothing is reported. The thread is waited for:
    // until it has ended, its stack takes room.
    let probe = thread::Builder::new().spawn(|| ())?;
    let _ = probe.join();
    let make = || {
        let mut builder = Builder::new_multi_thread();
        // tokio's own setting, which it reads if nothing was set.
        if env::var_os("TOKIO_WORKER_THREADS").is_none() {
            builder.worker_threads(1);
        }
        builder.thread_name("smartcall-tokio").enable_all().build()
    };
    panic::catch_unwind(make).unwrap_or_else(|_| Err(io::ErrorKind::OutOfMemory.into()))
}

/// Sets the runtime that is entered. If there is one already, returns whether that is ours.
pub fn set(handle: Handle) -> Result<(), bool> {
    let _making = making();
    RUNTIME
        .set(Entered::new(handle, None))
        .map_err(|_| RUNTIME.get().is_some_and(|entered| entered.ours.is_some()))
}

/// Returns the runtime that is entered.
///
/// # Panics
///
/// Panics at the caller's line if ours can't be started.
#[track_caller]
pub fn runtime() -> Handle {
    match handle() {
        Ok(handle) => handle.clone(),
        Err(error) => panic_cannot_start(&error),
    }
}

#[cold]
#[track_caller]
fn panic_cannot_start(error: &io::Error) -> ! {
    panic!(
        "cannot start a tokio runtime: {error}. This happens when a `.get()` outside of any runtime needs one, \
         and the system has no threads to give. A later call tries again. Or call it inside a runtime of your \
         own, by `Runtime::enter`."
    )
}

/// Returns whether the runtime of this module is entered, and its threads are those of another process, which was forked.
pub(crate) fn is_of_parent() -> bool {
    let is_entered = |entered: &Entered| {
        Handle::try_current().is_ok_and(|current| current.id() == entered.handle.id())
    };
    RUNTIME.get().is_some_and(is_entered) && !is_alive()
}

/// Returns whether the runtime of this module, if there is one, was made in this process.
pub(crate) fn is_alive() -> bool {
    RUNTIME
        .get()
        .is_none_or(|entered| entered.process == process::id())
}

/// Enters a runtime if there is none on this thread.
pub(crate) fn enter() -> Option<EnterGuard<'static>> {
    // In a dying thread tokio's own thread-locals may be gone, and no runtime can be entered.
    let missing = Handle::try_current().is_err_and(|error| error.is_missing_context());
    missing.then(|| match handle() {
        Ok(handle) => handle.enter(),
        Err(error) => panic_cannot_start(&error),
    })
}
