//! The runtime that is entered where no other is: ours, or the one that the program has set.

use std::env;
use std::future::Future;
use std::io;
use std::panic;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime, worker_index};

use crate::process::Process;
use crate::refusal::panic_forked;
use crate::tokio::blocked;
use crate::tokio::turns::{self, Turned};

/// What the words on a fork call the runtime.
pub(crate) const NAME: &str = "tokio runtime";

/// The runtime for what is driven outside of any, made when it is first needed, unless the program has set one.
static RUNTIME: OnceLock<Entered> = OnceLock::new();

/// Held by the thread that makes or sets the runtime. Making it may fail, which `OnceLock` can't express yet.
static MAKING: Mutex<()> = Mutex::new(());

/// The runtime that is entered.
struct Entered {
    handle: Handle,
    /// The runtime, if it is ours: it runs for as long as the process does.
    ours: Option<Ours>,
    /// The process in which it was made or set.
    process: Process,
}

/// A runtime of ours.
enum Ours {
    /// Who waits turns it.
    Turned(Turned),
    /// It has workers.
    Workers(#[expect(dead_code, reason = "it is kept")] Runtime),
}

impl Entered {
    fn new(handle: Handle, ours: Option<Ours>) -> Self {
        Entered {
            handle,
            ours,
            process: Process::current(),
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
        let (handle, ours) = make_runtime()?;
        let _ = RUNTIME.set(Entered::new(handle, Some(ours)));
    }
    let entered = RUNTIME.get();
    entered
        .map(|entered| &entered.handle)
        .ok_or_else(|| io::ErrorKind::Other.into())
}

/// Makes the runtime of ours. One that is turned by who waits is the fastest for calls in a row. If the program asks for workers, by
/// tokio's own setting, it gets them.
#[cold]
fn make_runtime() -> io::Result<(Handle, Ours)> {
    if env::var_os("TOKIO_WORKER_THREADS").is_none() {
        let turned = Turned::start()?;
        return Ok((turned.handle().clone(), Ours::Turned(turned)));
    }
    // tokio panics if it can't start a worker. Where that is known before, nothing is reported. The thread is waited for:
    // until it has ended, its stack takes room.
    let probe = thread::Builder::new().spawn(|| ())?;
    let _ = probe.join();
    let make = || {
        Builder::new_multi_thread()
            .thread_name("smartcall-tokio")
            .enable_all()
            .build()
    };
    let runtime =
        panic::catch_unwind(make).unwrap_or_else(|_| Err(io::ErrorKind::OutOfMemory.into()))?;
    Ok((runtime.handle().clone(), Ours::Workers(runtime)))
}

/// Waits: turns the runtime of ours until a future is ready, if this thread has entered it and may, or parks.
pub(crate) fn wait(until: impl Future<Output = ()>, park: impl FnOnce()) {
    let turned = RUNTIME.get().and_then(|entered| match &entered.ours {
        Some(Ours::Turned(turned)) => Some(turned),
        _ => None,
    });
    let may_turn = |turned: &&Turned| {
        turns::may_turn() && worker_index().is_none() && is_entered(turned.handle()) && is_alive()
    };
    match turned.filter(may_turn) {
        Some(turned) => turned.wait(until, park),
        None => park(),
    }
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
/// Panics at the caller's line if ours can't be started, or if it is that of the process that this one was forked from.
#[track_caller]
pub fn runtime() -> Handle {
    if !is_alive() {
        panic_forked(NAME);
    }
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

/// Returns whether a runtime is the one that this thread has entered.
fn is_entered(handle: &Handle) -> bool {
    Handle::try_current().is_ok_and(|current| current.id() == handle.id())
}

/// Returns whether the runtime of this module is entered, and its threads are those of another process, which was forked.
pub(crate) fn is_of_parent() -> bool {
    RUNTIME
        .get()
        .is_some_and(|entered| is_entered(&entered.handle))
        && !is_alive()
}

/// Returns whether a runtime is that of this module which is turned by who waits.
pub(crate) fn is_turned(handle: &Handle) -> bool {
    RUNTIME.get().is_some_and(|entered| {
        matches!(entered.ours, Some(Ours::Turned(_))) && entered.handle.id() == handle.id()
    })
}

/// Returns whether the runtime of this module, if there is one, was made in this process.
pub(crate) fn is_alive() -> bool {
    RUNTIME
        .get()
        .is_none_or(|entered| entered.process.is_current())
}

/// Panics if a runtime is that of this module, and its threads are those of another process, which was forked.
///
/// Such a runtime must not be used. What the copy of it waits for is told to the runtime of the other process, which breaks.
#[track_caller]
pub(crate) fn check(handle: &Handle) {
    let is_of_parent = |entered: &Entered| entered.handle.id() == handle.id() && !is_alive();
    if RUNTIME.get().is_some_and(is_of_parent) {
        panic_forked(NAME);
    }
}

/// Enters a runtime if there is none on this thread. That of another process is left alone, as [`check`] says.
pub(crate) fn enter() -> Option<EnterGuard<'static>> {
    // There is one, and a look at it would count its holders.
    if blocked::is_spared() {
        return None;
    }
    // In a dying thread tokio's own thread-locals may be gone, and no runtime can be entered.
    let missing = Handle::try_current().is_err_and(|error| error.is_missing_context());
    (missing && is_alive()).then(|| match handle() {
        Ok(handle) => handle.enter(),
        Err(error) => panic_cannot_start(&error),
    })
}
