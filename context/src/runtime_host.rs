//! What a detected runtime means for a thread that is about to block: a host, or a refusal.

#[cfg(feature = "tokio")]
use ::tokio::runtime::Handle;

use crate::host::HostRef;
#[cfg(feature = "tokio")]
use crate::host::{Host, InternalHost, Job, Token};
use crate::refusal::Refusal;
use crate::runtimes::detect::{self, Found};
#[cfg(feature = "tokio")]
use crate::tokio::{blocked, here};

/// The host of a detected runtime.
pub(crate) struct Detected {
    /// What is asked before the thread blocks.
    pub(crate) host: HostRef,
    /// Why the runtime refuses, if it does so by a panic before it calls what blocks.
    pub(crate) may_refuse: Option<Refusal>,
}

/// Looks for a runtime on this thread: `None` if there is none, its host if it can do without the thread.
#[inline]
pub(crate) fn detect() -> Result<Option<Detected>, Refusal> {
    match detect::detect() {
        None => Ok(None),
        Some(found) => host_of(found).map(Some),
    }
}

/// Returns the host of a runtime, or why its thread must not block.
#[inline]
fn host_of(found: Found) -> Result<Detected, Refusal> {
    #[cfg(feature = "tokio")]
    let tokio = |may_refuse| match blocked::limit_reached() {
        Some(limit) => Err(Refusal::TokioBlocked(limit)),
        None => Ok(Detected {
            host: HostRef::Static(&Tokio),
            may_refuse,
        }),
    };
    match found {
        #[cfg(feature = "futures-executor")]
        Found::Futures => Err(Refusal::Futures),
        #[cfg(feature = "tokio")]
        Found::TokioCurrentThread if here::is_turned() => Err(Refusal::TokioTurned),
        #[cfg(feature = "tokio")]
        Found::TokioCurrentThread => Err(Refusal::TokioCurrentThread),
        #[cfg(feature = "tokio")]
        Found::TokioLocalSet => Err(Refusal::TokioLocalSet),
        #[cfg(feature = "tokio")]
        Found::Tokio => tokio(None),
        #[cfg(feature = "tokio")]
        Found::TokioUncertain => tokio(Some(Refusal::TokioCurrentThread)),
    }
}

/// Returns the host of the runtime whose pool blocking code on this thread goes to.
#[inline]
pub fn pool() -> Option<HostRef> {
    #[cfg(feature = "tokio")]
    return here::is_entered().then_some(HostRef::Static(&Tokio));
    #[cfg(not(feature = "tokio"))]
    None
}

/// Blocks in a runtime that may be on this thread, beside the host that was asked before.
#[inline]
pub(crate) fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(feature = "tokio")]
    return here::block_in_place(f);
    #[cfg(not(feature = "tokio"))]
    f()
}

/// tokio, as the host of its threads.
#[cfg(feature = "tokio")]
struct Tokio;

#[cfg(feature = "tokio")]
impl Host for Tokio {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        here::block_in_place(block);
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        match Handle::try_current() {
            // A runtime that shuts down drops the job, and what waits for it panics.
            Ok(handle) => {
                handle.spawn_blocking(|| job.run());
                Ok(())
            }
            Err(_) => Err(job),
        }
    }
}

#[cfg(feature = "tokio")]
impl InternalHost for Tokio {
    fn has_pool(&self, _: Token) -> bool {
        true
    }
}
