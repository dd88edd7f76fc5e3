use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use smartcall::{Dual, SmartCall, kind};

use crate::clock::Clock;

/// Calls an operation at most once per interval. A call that comes earlier waits for its turn.
pub fn limited<A, T, E, K>(
    op: impl SmartCall<Result<T, E>, K, (A,), Work: Send> + Send + Sync,
    interval: Duration,
    clock: impl Clock,
) -> impl SmartCall<Result<T, E>, kind::Async, (A,), Work: Send> + Clone + Send + Sync
where
    A: Send,
    T: Send,
    E: Send,
{
    let op = Arc::new(op);
    // The time of the next turn.
    let next = Arc::new(Mutex::new(Duration::ZERO));
    move |request: A| {
        let (op, next, clock) = (Arc::clone(&op), Arc::clone(&next), clock.clone());
        Dual::future(async move {
            let wait = {
                let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                let now = clock.now();
                let turn = now.max(*next);
                *next = turn + interval;
                turn - now
            };
            if wait > Duration::ZERO {
                clock.sleep(wait).await;
            }
            op.invoke_with((request,)).await
        })
    }
}
