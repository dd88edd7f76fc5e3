use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use smartcall::{Dual, SmartCall, kind};

use crate::clock::Clock;

/// Caches the answers of an operation for a while.
///
/// Errors are not cached. Overlapping calls with the same request all call the operation.
pub fn cached<A, T, E, K>(
    op: impl SmartCall<Result<T, E>, K, (A,), Work: Send> + Send + Sync,
    time: Duration,
    clock: impl Clock,
) -> impl SmartCall<Result<T, E>, kind::Async, (A,), Work: Send> + Clone + Send + Sync
where
    A: Clone + Eq + Hash + Send,
    T: Clone + Send,
    E: Send,
{
    let op = Arc::new(op);
    // The answers, with their times.
    let known = Arc::new(Mutex::new(HashMap::<A, (T, Duration)>::new()));
    move |request: A| {
        let (op, known, clock) = (Arc::clone(&op), Arc::clone(&known), clock.clone());
        Dual::future(async move {
            // No lock is held while the operation runs.
            let known = || known.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = |since: Duration| clock.now().saturating_sub(since) < time;
            if let Some((value, since)) = known().get(&request).cloned() {
                if fresh(since) {
                    return Ok(value);
                }
            }
            let value = op.invoke_with((request.clone(),)).await?;
            known().insert(request, (value.clone(), clock.now()));
            Ok(value)
        })
    }
}
