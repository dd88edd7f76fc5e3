use std::sync::Arc;
use std::time::Duration;

use smartcall::{Dual, SmartCall, kind};

use crate::clock::Clock;

/// How often to try, and how long to wait in between.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The maximum number of attempts. The first attempt is always made.
    pub attempts: u32,
    /// How long to wait before the second attempt. Each later wait is twice as long.
    pub first: Duration,
    /// The maximum wait.
    pub most: Duration,
}

impl Backoff {
    /// Returns the waits, one between every two attempts.
    fn waits(self) -> impl Iterator<Item = Duration> + Send {
        let mut next = self.first;
        (1..self.attempts).map(move |_| {
            let wait = next.min(self.most);
            next = wait.saturating_mul(2);
            wait
        })
    }
}

/// Calls an operation until it succeeds.
pub fn retried<A, T, E, K>(
    op: impl SmartCall<Result<T, E>, K, (A,), Work: Send> + Send + Sync,
    backoff: Backoff,
    clock: impl Clock,
) -> impl SmartCall<Result<T, E>, kind::Async, (A,), Work: Send> + Clone + Send + Sync
where
    A: Clone + Send,
    T: Send,
    E: Send,
{
    let op = Arc::new(op);
    move |request: A| {
        let (op, clock) = (Arc::clone(&op), clock.clone());
        Dual::future(async move {
            for wait in backoff.waits() {
                if let Ok(value) = op.invoke_with((request.clone(),)).await {
                    return Ok(value);
                }
                clock.sleep(wait).await;
            }
            op.invoke_with((request,)).await
        })
    }
}
