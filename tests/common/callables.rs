//! Functions that take operations, as a library would write them.

use smartcall::{Dual, DualOf, SmartCall, SmartCallRef, Work};

/// Calls an operation until it succeeds, or as often as it may.
pub fn retry<T, E, K>(
    op: impl SmartCall<Result<T, E>, K>,
    attempts: u32,
) -> DualOf<impl Work<Output = Result<T, E>>> {
    Dual::future(async move {
        let mut left = attempts;
        loop {
            match op.invoke().await {
                Err(_) if left > 1 => left -= 1,
                done => return done,
            }
        }
    })
}

/// Counts the items that a predicate is true of. The predicate borrows each of them.
pub fn count<T, K>(
    items: Vec<T>,
    is_wanted: impl for<'a> SmartCallRef<bool, K, (&'a T,)>,
) -> DualOf<impl Work<Output = usize>> {
    Dual::future(async move {
        let mut count = 0;
        for item in &items {
            count += usize::from(is_wanted.invoke_ref_with((item,)).await);
        }
        count
    })
}
