//! A handle that is never resolved.

#![deny(unused_must_use)]

use smartcall::{Dual, DualOf, SmartCall, Work};

fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

fn main() {
    Dual::blocking(|| 5);
    once(|| 5);
    once(|| 5).boxed();
}
