//! Remove the options that are not for this stream.

use smartcall::{Emit, smart};

#[smart(stream, blocking = native, in_place)]
async fn numbers(mut out: Emit<u32>) {
    out.emit(5).await;
}

#[smart(stream, ahead = 5)]
async fn ahead_of_async(mut out: Emit<u32>) {
    out.emit(5).await;
}

#[smart(ahead = 5)]
fn ahead_of_one(n: u32) -> u32 {
    n
}

#[smart(stream, ahead = 0)]
fn none_ahead() -> impl Iterator<Item = u32> {
    0..5
}

#[smart(stream, ahead)]
fn ahead_of_what() -> impl Iterator<Item = u32> {
    0..5
}

#[smart(stream, ahead = "5", ahead = 6, stream)]
fn twice() -> impl Iterator<Item = u32> {
    0..5
}

trait List {
    #[smart(stream, ahead = 5)]
    fn list(self) -> impl Iterator<Item = u32>;
}

#[smart(stream, ahead = 5)]
trait Lists {
    async fn list(&self, out: Emit<u32>);
}

fn main() {}
