//! A callable that returns something else than the middleware asks for.

use smartcall::{DualOf, SmartCall, Work};

fn retry<T, E, K>(op: impl SmartCall<Result<T, E>, K>) -> DualOf<impl Work<Output = Result<T, E>>> {
    op.invoke()
}

fn main() {
    retry(|| 5);
    retry(async || 5);
}
