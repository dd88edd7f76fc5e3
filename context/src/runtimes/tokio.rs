//! tokio's runtimes, and the one that is entered where no other is.

use std::cell::Cell;
use std::env;
use std::io;
use std::panic;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use tokio::runtime::{Builder, EnterGuard, Handle, Id, Runtime, RuntimeFlavor, worker_index};
use tokio::task;

use crate::scoped;

/// The runtime for what is driven outside of any, made when it is first needed.
///
/// It has a thread of its own: a current-thread runtime would turn only while something drives it, and
/// nothing could block in it.
///
/// One worker is enough for sockets, timers and spawned tasks, since bodies are driven by their callers.
/// A second worker takes tasks that the first was woken for: 200 requests in a row made 900 futex calls
/// instead of 410, and took a fifth longer.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Held by the thread that makes the runtime. Making it may fail, which `OnceLock` can't express yet.
static MAKING: Mutex<()> = Mutex::new(());

/// The process in which the runtime was made, or 0.
static PROCESS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// Whether this thread is in a `block_in_place` of ours.
    static SPARED: Cell<bool> = const { Cell::new(false) };

    /// The runtime that this thread was last seen to be a worker of.
    static OWN: Cell<Option<Id>> = const { Cell::new(None) };
}

/// Returns the runtime of ours, and makes it on the first call.
fn runtime() -> io::Result<&'static Runtime> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if RUNTIME.get().is_none() {
        let made = make_runtime()?;
        PROCESS.store(process::id(), Ordering::Relaxed);
        let _ = RUNTIME.set(made);
    }
    RUNTIME.get().ok_or_else(|| io::ErrorKind::Other.into())
}

/// Makes the runtime of ours.
#[cold]
fn make_runtime() -> io::Result<Runtime> {
    // tokio panics if it can't start a worker. Where that is known before, nothing is reported.
    thread::Builder::new().spawn(|| ())?;
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

/// What tokio is doing on a thread that has entered a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Here {
    /// The thread drives a current-thread runtime: it polls its root or one of its tasks.
    CurrentThread,
    /// The thread polls a task of a `LocalSet` on the root of a multi-thread runtime.
    LocalSet,
    /// A worker of a multi-thread runtime, or a current-thread runtime in which another one is entered.
    WorkerOrCurrentThread,
    /// Nothing that needs the thread: `block_in_place` calls its closure.
    ///
    /// Two threads are taken for such a one, since they look like the root of a multi-thread runtime: the root of a
    /// `LocalSet` on such a runtime, and a second thread in the `block_on` of a current-thread runtime.
    MayBlock,
}

/// Returns what tokio is doing on this thread, or `None` if no runtime is entered.
///
/// tokio allows `block_in_place` by what the thread is, and has no query for that. The entered runtime need not
/// be the one that the thread works for: in a task, `Handle::enter` enters another one. So the answer is put together:
///
/// | `worker_index` | in a task | entered | the thread is |
/// |---|---|---|---|
/// | `Some(1)` and more | | | a worker |
/// | `Some(0)` | no | | in the root of a current-thread runtime |
/// | `Some(0)` | yes, on a thread that tokio did not start | | in a current-thread runtime |
/// | `Some(0)` | yes | a current-thread runtime, and none before it but a worker's | in that runtime |
/// | `Some(0)` | yes | a current-thread runtime, in our `block_in_place` | in that runtime |
/// | `Some(0)` | yes | else | a worker, or in a current-thread runtime |
/// | `None` | no | | plain, or in the root of a multi-thread runtime |
/// | `None` | yes, on a thread that tokio did not start | | in a `LocalSet` |
/// | `None` | yes | | a blocking thread, in `block_in_place`, or in a `LocalSet` |
pub(crate) fn here() -> Option<Here> {
    let entered = Handle::try_current().ok()?;
    let in_task = task::try_id().is_some();
    Some(match worker_index() {
        Some(0) if !in_task || is_foreign() => Here::CurrentThread,
        Some(0) => match entered.runtime_flavor() {
            // Where panics abort, there is no trying.
            RuntimeFlavor::CurrentThread
                if SPARED.get() || depth(&entered) <= WORKER_DEPTH || cfg!(panic = "abort") =>
            {
                Here::CurrentThread
            }
            _ => Here::WorkerOrCurrentThread,
        },
        None if in_task && is_in_local_set() => Here::LocalSet,
        _ => Here::MayBlock,
    })
}

/// Returns whether this is certainly no thread that tokio started.
///
/// tokio names each of its threads, and its workers and blocking threads are such. On another thread, only a
/// current-thread runtime or a `LocalSet` polls a task.
fn is_foreign() -> bool {
    matches!(thread::current().name(), None | Some("main"))
}

/// How many runtimes are entered where a worker polls a task: by its thread, and by the worker.
const WORKER_DEPTH: usize = 2;

/// Returns how many runtimes are entered on this thread, each time counted, or 0 if that can't be told.
///
/// Only the `Debug` output of a guard tells it.
fn depth(entered: &Handle) -> usize {
    let guard = format!("{:?}", entered.enter());
    let digits = guard.split_once("depth: ").map_or("", |(_, rest)| {
        rest.split(|c: char| !c.is_ascii_digit())
            .next()
            .unwrap_or("")
    });
    // The guard's own is one of them.
    digits.parse::<usize>().map_or(0, |depth| depth - 1)
}

/// Returns whether a thread that polls a task, and is no worker, does so in a `LocalSet`.
///
/// It may also be a blocking thread, or in `block_in_place`, even with a budget as in a task: `Handle::block_on` is
/// allowed there. What can't be known is tried, which is cheap where there is no worker to hand over. tokio refuses
/// by a panic, which the panic hook reports.
fn is_in_local_set() -> bool {
    is_foreign() || panic::catch_unwind(|| task::block_in_place(|| ())).is_err()
}

/// Returns whether another runtime is entered on a worker than its own.
fn has_entered_another(entered: &Handle) -> bool {
    // To print a guard takes longer than all the rest.
    if OWN.get() == Some(entered.id()) {
        return false;
    }
    let another = depth(entered) > WORKER_DEPTH;
    if !another {
        OWN.set(Some(entered.id()));
    }
    another
}

/// Runs a closure that blocks by tokio's `block_in_place`.
///
/// That function moves a worker to a blocking thread of the entered runtime. If that is another one than the worker's, its
/// drop would wait until the worker's runtime ends. The worker is moved to our runtime instead.
pub(crate) fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    let f = || scoped::with(&SPARED, true, f);
    let ours = match Handle::try_current() {
        Ok(entered) if worker_index().is_some() && has_entered_another(&entered) => {
            runtime().ok().map(|ours| (ours, entered))
        }
        _ => None,
    };
    match ours {
        None => task::block_in_place(f),
        Some((ours, entered)) => {
            let _ours = ours.enter();
            task::block_in_place(|| {
                let _entered = entered.enter();
                f()
            })
        }
    }
}

/// Returns whether this thread runs the tasks of a runtime.
pub(crate) fn polls_task() -> bool {
    worker_index().is_some()
}

/// Returns whether this thread has entered a runtime.
pub(crate) fn is_entered() -> bool {
    Handle::try_current().is_ok()
}

/// Returns whether the runtime of ours is entered, and its threads are those of another process, which was forked.
pub(crate) fn is_of_parent() -> bool {
    let is_ours = |ours: &Runtime| {
        Handle::try_current().is_ok_and(|entered| entered.id() == ours.handle().id())
    };
    RUNTIME.get().is_some_and(is_ours) && !is_alive()
}

/// Returns whether the runtime of ours, if it was made, was made in this process.
pub(crate) fn is_alive() -> bool {
    [0, process::id()].contains(&PROCESS.load(Ordering::Relaxed))
}

/// Enters a runtime if there is none on this thread.
pub(crate) fn enter() -> Option<EnterGuard<'static>> {
    // In a dying thread tokio's own thread-locals may be gone, and no runtime can be entered.
    let missing = Handle::try_current().is_err_and(|error| error.is_missing_context());
    missing.then(|| match runtime() {
        Ok(runtime) => runtime.enter(),
        Err(error) => panic!(
            "cannot start a tokio runtime: {error}. This happens when a `.get()` outside of any runtime needs one, \
             and the system has no threads to give. A later call tries again. Or call it inside a runtime of your \
             own, by `Runtime::enter`."
        ),
    })
}
