use std::sync::Arc;
use std::time::Duration;

use smartcall::{Elapsed, SmartCall, kind};

/// Limits how long a call may take.
///
/// Sync code can't be interrupted: it keeps running on a pool, and may check
/// [`is_cancelled`](smartcall::offload::is_cancelled).
pub fn bounded<A, T, E, K>(
    op: impl SmartCall<Result<T, E>, K, (A,), Work: Send> + Send + Sync,
    limit: Duration,
) -> impl SmartCall<Result<T, E>, kind::Async, (A,), Work: Send> + Clone + Send + Sync
where
    T: Send,
    E: From<Elapsed> + Send,
{
    let op = Arc::new(op);
    move |request: A| {
        let called = op.invoke_with((request,)).timeout(limit);
        called.map(|done| done.unwrap_or_else(|elapsed| Err(elapsed.into())))
    }
}
