//! Middleware, and registries of plugins and listeners, each written once for sync and async callables.
//!
//! A layer takes an operation with one argument, sync or async, and returns another one, which its callers `.get()`
//! or `.await`. So layers nest in any order; [`layered`] has all of them. No layer changes the error type: a layer
//! that can fail by itself requires that its error converts into that type.

#![forbid(unsafe_code)]

mod breaker;
mod cache;
mod clock;
mod layered;
mod limit;
mod listeners;
mod plugins;
mod retry;
mod timeout;
mod trace;

pub use breaker::{Open, guarded};
pub use cache::cached;
pub use clock::{Clock, SystemClock};
pub use layered::{Settings, layered};
pub use limit::limited;
pub use listeners::Listeners;
pub use plugins::{Plugins, Unknown};
pub use retry::{Backoff, retried};
pub use timeout::bounded;
pub use trace::traced;
