//! Remove the attribute.

use smartcall::{DualStream, DualStreamOf, Source, smart};

#[smart(stream)]
fn numbers() -> DualStreamOf<impl Source<Item = u32>> {
    DualStream::ready(0..5)
}

#[smart(stream)]
async fn named() -> DualStream<u32> {
    DualStream::ready(0..5).boxed()
}

fn main() {}
