//! A sync callable that can't be sent to another thread.

use std::rc::Rc;

use smartcall::{DualOf, SmartCall, Work};

fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

fn main() {
    let five = Rc::new(5);
    once(move || *five);
}
