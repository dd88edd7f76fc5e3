//! Import `Emit`, and use the argument.

use smartcall::smart;

#[smart(stream)]
async fn missing(mut out: Emit<u32>) {
    out.emit(5).await;
}

#[smart(stream)]
async fn unused(n: u32, mut out: smartcall::Emit<u32>) -> Result<(), String> {
    Err("5".into())
}

fn main() {}
