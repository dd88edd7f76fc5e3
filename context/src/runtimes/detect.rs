//! Which runtime is on this thread.

#[cfg(feature = "futures-executor")]
use crate::runtimes::futures;
#[cfg(feature = "tokio")]
use crate::tokio::here::{self, Here};

/// Whether there is any runtime that could be detected.
pub(crate) const ENABLED: bool = cfg!(any(feature = "futures-executor", feature = "tokio"));

/// A runtime of another crate that is on this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// An executor of the `futures` crate: it stands still while its thread blocks.
    #[cfg(feature = "futures-executor")]
    Futures,
    /// A current-thread runtime of tokio that runs on this thread: it stands still, too.
    #[cfg(feature = "tokio")]
    TokioCurrentThread,
    /// A `LocalSet` of tokio whose task this thread polls: it stands still, too.
    #[cfg(feature = "tokio")]
    TokioLocalSet,
    /// A runtime of tokio in which this thread may block, by tokio's `block_in_place`.
    #[cfg(feature = "tokio")]
    Tokio,
    /// A runtime of tokio in which only `block_in_place` can tell whether this thread may block.
    #[cfg(feature = "tokio")]
    TokioUncertain,
}

impl Found {
    /// Returns whether the runtime stands still while this thread blocks.
    pub(crate) fn needs_its_thread(self) -> bool {
        match self {
            #[cfg(feature = "futures-executor")]
            Found::Futures => true,
            #[cfg(feature = "tokio")]
            Found::TokioCurrentThread | Found::TokioLocalSet => true,
            #[cfg(feature = "tokio")]
            Found::Tokio | Found::TokioUncertain => false,
        }
    }
}

/// Returns whether there is any runtime on this thread, which is less than [`detect`] asks.
#[inline]
pub(crate) fn finds_any() -> bool {
    #[cfg(feature = "futures-executor")]
    if futures::runs_here() {
        return true;
    }
    #[cfg(feature = "tokio")]
    return here::is_entered();
    #[cfg(not(feature = "tokio"))]
    false
}

/// Detects a runtime on this thread.
#[inline]
pub(crate) fn detect() -> Option<Found> {
    #[cfg(feature = "futures-executor")]
    if futures::runs_here() {
        return Some(Found::Futures);
    }
    #[cfg(feature = "tokio")]
    return here::here().map(|here| match here {
        Here::CurrentThread => Found::TokioCurrentThread,
        Here::LocalSet => Found::TokioLocalSet,
        Here::WorkerOrCurrentThread => Found::TokioUncertain,
        Here::MayBlock => Found::Tokio,
    });
    #[cfg(not(feature = "tokio"))]
    None
}

/// Returns whether this very thread polls the tasks of a detected runtime.
pub(crate) fn polls_task() -> bool {
    #[cfg(feature = "tokio")]
    return here::polls_task();
    #[cfg(not(feature = "tokio"))]
    false
}
