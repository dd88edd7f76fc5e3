//! A sync callable that can't be cloned for each call.

use smartcall::{DualOf, SmartCall, Work};

fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

struct Connection;

impl Connection {
    fn read(&self) -> u32 {
        5
    }
}

fn main() {
    let connection = Connection;
    once(move || connection.read());
}
