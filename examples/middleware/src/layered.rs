use std::fmt::Display;
use std::hash::Hash;
use std::time::Duration;

use smartcall::{Elapsed, SmartCall, kind};

use crate::breaker::{Open, guarded};
use crate::cache::cached;
use crate::clock::Clock;
use crate::limit::limited;
use crate::retry::{Backoff, retried};
use crate::timeout::bounded;
use crate::trace::traced;

/// The settings of the layers of [`layered`].
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The name of the span.
    pub name: &'static str,
    /// How long answers are cached.
    pub remember: Duration,
    /// How many failures in a row open the breaker.
    pub failures: u32,
    /// How long the breaker stays open.
    pub pause: Duration,
    /// How often to try, and how long to wait, before a call counts as a failure.
    pub backoff: Backoff,
    /// The minimum time between two attempts.
    pub interval: Duration,
    /// The time limit for an attempt.
    pub limit: Duration,
}

/// Puts all layers around an operation.
///
/// From the outside in: a span, the cache, the breaker, retries, the rate limit, the timeout.
pub fn layered<A, T, E, K>(
    op: impl SmartCall<Result<T, E>, K, (A,), Work: Send> + Send + Sync,
    settings: Settings,
    clock: impl Clock,
) -> impl SmartCall<Result<T, E>, kind::Async, (A,), Work: Send> + Clone + Send + Sync
where
    A: Clone + Eq + Hash + Send,
    T: Clone + Send,
    E: Display + From<Elapsed> + From<Open> + Send,
{
    let op = bounded(op, settings.limit);
    let op = limited(op, settings.interval, clock.clone());
    let op = retried(op, settings.backoff, clock.clone());
    let op = guarded(op, settings.failures, settings.pause, clock.clone());
    let op = cached(op, settings.remember, clock);
    traced(settings.name, op)
}
