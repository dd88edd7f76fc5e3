//! Take one `Emit`, by value, as the last argument, and return nothing or a `Result<(), E>`.

use smartcall::{Emit, smart};

#[smart(stream)]
async fn first(mut out: Emit<u32>, n: u32) {
    out.emit(n).await;
}

#[smart(stream)]
async fn borrowed(n: u32, out: &mut Emit<u32>) {
    out.emit(n).await;
}

#[smart(stream)]
async fn two(_: Emit<u32>, mut out: Emit<u32>) {
    out.emit(5).await;
}

#[smart(stream)]
async fn returns_a_value(mut out: Emit<u32>) -> Result<u32, String> {
    out.emit(5).await;
    Ok(5)
}

fn main() {}
