//! The items have the type that the signature says, and are results if opening may fail.

use smartcall::{Emit, smart};

#[smart(stream)]
async fn emits_another(mut out: Emit<u32>) -> Result<(), String> {
    out.emit("5").await;
    let n: u32 = "5".parse()?;
    out.emit(n).await;
    Ok(())
}

#[smart(stream)]
fn no_results(n: u32) -> Result<impl Iterator<Item = u32>, String> {
    Ok(0..n)
}

#[smart(stream)]
fn another_error(n: u32) -> Result<impl Iterator<Item = Result<u32, String>>, u32> {
    Ok((0..n).map(Ok))
}

#[smart(stream)]
fn another_item(n: u32) -> impl Iterator<Item = String> {
    0..n
}

#[smart(stream)]
async fn no_stream(n: u32) -> impl futures::Stream<Item = u32> {
    0..n
}

fn main() {}
