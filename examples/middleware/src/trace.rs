use std::fmt::Display;
use std::sync::Arc;

use smartcall::{Dual, SmartCall, kind};
use tracing::{Instrument, info, info_span, warn};

/// Calls an operation in a span of `tracing`, and logs the result there.
///
/// What the operation logs is in the span, too, on whatever thread its code runs.
pub fn traced<A, T, E, K>(
    name: &'static str,
    op: impl SmartCall<Result<T, E>, K, (A,), Work: Send> + Send + Sync,
) -> impl SmartCall<Result<T, E>, kind::Async, (A,), Work: Send> + Clone + Send + Sync
where
    A: Send,
    T: Send,
    E: Display + Send,
{
    let op = Arc::new(op);
    move |request: A| {
        let op = Arc::clone(&op);
        Dual::future(async move {
            let call = async {
                let done = op.invoke_with((request,)).await;
                match &done {
                    Ok(_) => info!("done"),
                    Err(error) => warn!("failed: {error}"),
                }
                done
            };
            // Not before: a handle that is not resolved leaves no span.
            call.instrument(info_span!("call", name)).await
        })
    }
}
