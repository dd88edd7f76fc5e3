//! Return an iterator, or make it an `async fn`.

use smartcall::{Emit, smart};

#[smart(stream)]
fn numbers(n: u32, mut out: Emit<u32>) {
    for i in 0..n {
        out.emit(i);
    }
}

fn main() {}
