//! Executors of other crates that can be recognised on their own threads.
//!
//! They are looked for where a thread is about to block, and nowhere else.

use crate::context::HostRef;
use crate::error::Refusal;

/// Whether there is any that could be recognised.
pub(crate) const ANY: bool = cfg!(any(feature = "futures-executor", feature = "tokio"));

/// Looks for an executor on this thread: `None` if there is none, a host if it can keep its
/// executor going, an error if it can't.
#[inline]
pub(crate) fn recognise() -> Result<Option<HostRef>, Refusal> {
    // Asked only, never set: sync code under us may use these executors.
    #[cfg(feature = "futures-executor")]
    if futures::executor::enter().is_err() {
        return Err(Refusal::Futures);
    }
    #[cfg(feature = "tokio")]
    return tokio::recognise();
    #[cfg(not(feature = "tokio"))]
    Ok(None)
}

/// Whether a recognised executor runs on this very thread, in whose tasks nobody waits without a word.
pub(crate) fn polls_task() -> bool {
    #[cfg(feature = "tokio")]
    return ::tokio::runtime::worker_index().is_some();
    #[cfg(not(feature = "tokio"))]
    false
}

/// Returns the host of the foreign executor whose pool blocking code should go to.
#[inline]
pub(crate) fn pool() -> Option<HostRef> {
    #[cfg(feature = "tokio")]
    return tokio::pool();
    #[cfg(not(feature = "tokio"))]
    None
}

/// Blocks in an executor that may be on this thread, beside the host that was asked before.
#[inline]
pub(crate) fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(feature = "tokio")]
    return ::tokio::task::block_in_place(f);
    #[cfg(not(feature = "tokio"))]
    f()
}

#[cfg(feature = "tokio")]
pub(crate) use self::tokio::enter;

/// The runtime that work was started in, if it was started in one.
#[cfg(feature = "executor")]
pub(crate) struct Runtime {
    #[cfg(feature = "tokio")]
    handle: Option<::tokio::runtime::Handle>,
}

#[cfg(feature = "executor")]
impl Runtime {
    /// Takes the one of this thread.
    pub(crate) fn capture() -> Self {
        Runtime {
            #[cfg(feature = "tokio")]
            handle: ::tokio::runtime::Handle::try_current().ok(),
        }
    }

    /// Runs code with it entered, so that timers and sockets of the code are that runtime's.
    pub(crate) fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tokio")]
        let _entered = self.handle.as_ref().map(|handle| handle.enter());
        f()
    }
}

#[cfg(feature = "tokio")]
mod tokio {
    use std::env;
    use std::sync::LazyLock;

    use tokio::runtime::{Builder, EnterGuard, Handle, Runtime, RuntimeFlavor, worker_index};
    use tokio::task;

    use crate::context::{Host, HostRef};
    use crate::error::Refusal;
    use crate::offload::Job;

    /// The runtime for what is driven outside of any, made when it is first needed.
    ///
    /// It has a thread of its own: a current-thread runtime would turn only while somebody
    /// drives, and nothing could block in it.
    ///
    /// One is enough for sockets, timers and what bodies spawn, since bodies are driven by their callers.
    /// A second one takes what the first is woken for: 200 requests in a row were 900 futex calls
    /// instead of 410, and took a fifth longer.
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let mut builder = Builder::new_multi_thread();
        // tokio's own setting, which it looks at if nothing was said.
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

    /// tokio, as the host of its threads.
    struct Tokio;

    impl Host for Tokio {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            task::block_in_place(block);
        }

        fn offload(&self, job: Job) -> Result<(), Job> {
            match Handle::try_current() {
                // A runtime that shuts down drops the job, and whoever waits is told.
                Ok(handle) => {
                    handle.spawn_blocking(|| job.run());
                    Ok(())
                }
                Err(_) => Err(job),
            }
        }
    }

    /// Tells the runtimes apart that can spare a thread from those that can't.
    ///
    /// `try_current` alone says too much: on a thread of `spawn_blocking`, in `block_in_place`
    /// and under an `enter` guard there is a runtime, and yet the thread may block. There
    /// `worker_index` is `None`, and `block_in_place` just calls.
    pub(super) fn recognise() -> Result<Option<HostRef>, Refusal> {
        let Ok(handle) = Handle::try_current() else {
            return Ok(None);
        };
        let current_thread = handle.runtime_flavor() == RuntimeFlavor::CurrentThread;
        if current_thread && worker_index().is_some() {
            return Err(Refusal::TokioCurrentThread);
        }
        Ok(Some(HostRef::Static(&Tokio)))
    }

    pub(super) fn pool() -> Option<HostRef> {
        Handle::try_current()
            .is_ok()
            .then_some(HostRef::Static(&Tokio))
    }

    /// Enters a runtime if there is none on this thread.
    pub(crate) fn enter() -> Option<EnterGuard<'static>> {
        // In a dying thread tokio's own locals may be gone, and then there is no entering.
        let missing = Handle::try_current().is_err_and(|error| error.is_missing_context());
        missing.then(|| RUNTIME.enter())
    }
}
