//! A hand-written future could be the output of a sync callable just as well.

use std::future;

use smartcall::{DualOf, SmartCall, Work};

fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

fn main() {
    once(|| future::ready(5));
}
