//! Replacements for `std` and async-executor, on which the models in `tests/` are built.

#![allow(missing_docs)]

/// Defines the `Instant` of a model, by what time it is: how long after its beginning.
macro_rules! instant {
    ($now:expr) => {
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
        pub struct Instant(Duration);

        impl Instant {
            pub fn now() -> Self {
                Instant($now)
            }

            pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
                self.0.saturating_sub(earlier.0)
            }
        }

        impl std::ops::Add<Duration> for Instant {
            type Output = Instant;

            fn add(self, duration: Duration) -> Instant {
                Instant(self.0 + duration)
            }
        }
    };
}

mod executor;
mod explore;
pub mod loom_explore;
pub mod loom_sync;
pub mod shuttle_sync;

pub use async_task::Task;
pub use executor::{Executor, StaticExecutor};
pub use explore::explore;

/// The same as in the crate's `sync.rs`.
pub fn ignore_poison<T>(lock: Result<T, std::sync::PoisonError<T>>) -> T {
    lock.unwrap_or_else(std::sync::PoisonError::into_inner)
}
