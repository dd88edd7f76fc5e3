//! tokio's runtimes, and the one that is entered where no other is.

use std::env;
use std::sync::LazyLock;

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime, RuntimeFlavor, worker_index};

/// The runtime for what is driven outside of any, made when it is first needed.
///
/// It has a thread of its own: a current-thread runtime would turn only while something drives it, and
/// nothing could block in it.
///
/// One worker is enough for sockets, timers and spawned tasks, since bodies are driven by their callers.
/// A second worker takes tasks that the first was woken for: 200 requests in a row made 900 futex calls
/// instead of 410, and took a fifth longer.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    // tokio's own setting, which it reads if nothing was set.
    if env::var_os("TOKIO_WORKER_THREADS").is_none() {
        builder.worker_threads(1);
    }
    builder
        .thread_name("smartcall-tokio")
        .enable_all()
        .build()
        .unwrap_or_else(|error| {
            panic!(
                "cannot start a tokio runtime: {error}. This happens when a `.get()` outside \
                 of any runtime needs one, and the system has no threads to give. Call it \
                 inside a runtime of your own, by `Runtime::enter`."
            )
        })
});

/// Returns the flavour of the runtime that is on this thread.
///
/// It alone says too little: on a thread of `spawn_blocking`, in `block_in_place` and under an `enter` guard
/// there is a runtime, and yet the thread may block. There it [polls no task](polls_task), and `block_in_place` just
/// calls its closure.
pub(crate) fn flavor() -> Option<RuntimeFlavor> {
    Handle::try_current()
        .ok()
        .map(|handle| handle.runtime_flavor())
}

/// Returns whether this thread runs the tasks of a runtime.
pub(crate) fn polls_task() -> bool {
    worker_index().is_some()
}

/// Enters a runtime if there is none on this thread.
pub(crate) fn enter() -> Option<EnterGuard<'static>> {
    // In a dying thread tokio's own thread-locals may be gone, and no runtime can be entered.
    let missing = Handle::try_current().is_err_and(|error| error.is_missing_context());
    missing.then(|| RUNTIME.enter())
}
