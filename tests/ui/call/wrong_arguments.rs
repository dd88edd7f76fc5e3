//! A callable that takes other arguments than the middleware gives.

use smartcall::{DualOf, SmartCall, Work};

fn sum<K>(op: impl SmartCall<u32, K, (u32, u32)>) -> DualOf<impl Work<Output = u32>> {
    op.invoke_with((2, 3))
}

fn main() {
    sum(|a: u32| a);
    sum(async |a: u32, b: &str| a);
}
