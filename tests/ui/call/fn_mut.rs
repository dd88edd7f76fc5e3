//! A closure that changes what it has captured.

use smartcall::{DualOf, SmartCall, Work};

fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

fn main() {
    let mut calls = 0;
    once(move || {
        calls += 1;
        calls
    });
}
