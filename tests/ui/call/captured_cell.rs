//! A counter in a `Cell`, which would start afresh with each clone of the callable.

use std::cell::Cell;

use smartcall::{DualOf, SmartCall, Work};

fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

fn main() {
    let calls = Cell::new(0);
    once(move || calls.replace(calls.get() + 1));
}
