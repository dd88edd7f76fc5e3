//! A future where a callable is wanted: it can't be called at all.

use smartcall::{DualOf, SmartCall, Work};

fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

fn main() {
    once(async { 5 });
}
