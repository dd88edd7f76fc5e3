//! `invoke` on a callable that takes arguments.

use smartcall::SmartCall;

fn double(n: u32) -> u32 {
    n * 2
}

fn main() {
    double.invoke().get();
}
