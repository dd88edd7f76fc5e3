//! A sync callable that borrows from its caller.

use smartcall::{DualOf, SmartCall, Work};

fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

fn main() {
    let text = String::from("text");
    once(|| text.len());
}
