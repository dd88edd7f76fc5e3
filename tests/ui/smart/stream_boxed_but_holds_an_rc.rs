//! Use `boxed, local`.

use std::rc::Rc;

use smartcall::{Emit, smart};

#[smart(stream, boxed)]
async fn numbers(mut out: Emit<u32>) {
    let n = Rc::new(5);
    out.emit(*n).await;
}

#[smart(stream, send)]
async fn sends(mut out: Emit<u32>) {
    let n = Rc::new(5);
    out.emit(*n).await;
}

fn main() {}
