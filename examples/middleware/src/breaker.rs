use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use smartcall::{Dual, SmartCall, kind};

use crate::clock::Clock;

/// The error of a [`guarded`] operation that was not called, because it has failed too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open(());

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it has failed too often to be called now")
    }
}

impl Error for Open {}

/// The state of a breaker.
#[derive(Debug, Default)]
struct Breaker {
    /// How many calls in a row have failed.
    failures: u32,
    /// After too many failures: until when the operation is not called.
    until: Duration,
}

/// Stops calling an operation for a while after several failures in a row: a circuit breaker.
///
/// After the pause, one call tries the operation again. The other calls fail until it has succeeded, or until the
/// same pause has passed again. So it does no harm if that call is dropped half-way.
pub fn guarded<A, T, E, K>(
    op: impl SmartCall<Result<T, E>, K, (A,), Work: Send> + Send + Sync,
    failures: u32,
    pause: Duration,
    clock: impl Clock,
) -> impl SmartCall<Result<T, E>, kind::Async, (A,), Work: Send> + Clone + Send + Sync
where
    A: Send,
    T: Send,
    E: From<Open> + Send,
{
    let op = Arc::new(op);
    let breaker = Arc::new(Mutex::new(Breaker::default()));
    move |request: A| {
        let (op, breaker, clock) = (Arc::clone(&op), Arc::clone(&breaker), clock.clone());
        Dual::future(async move {
            let breaker = || breaker.lock().unwrap_or_else(PoisonError::into_inner);
            {
                let mut breaker = breaker();
                if breaker.failures >= failures {
                    let now = clock.now();
                    if now < breaker.until {
                        return Err(Open(()).into());
                    }
                    breaker.until = now + pause;
                }
            }
            let done = op.invoke_with((request,)).await;
            let mut breaker = breaker();
            if done.is_ok() {
                breaker.failures = 0;
            } else {
                breaker.failures = breaker.failures.saturating_add(1);
                breaker.until = clock.now() + pause;
            }
            done
        })
    }
}
