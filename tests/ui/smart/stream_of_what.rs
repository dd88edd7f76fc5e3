//! Say where the items come from, or remove `stream`.

use smartcall::{Emit, smart};

#[smart(stream)]
fn concrete(n: u32) -> Vec<u32> {
    vec![n]
}

#[smart(stream)]
async fn one(n: u32) -> u32 {
    n
}

#[smart(stream)]
fn nothing() {}

#[smart(stream)]
fn future() -> impl Future<Output = u32> {
    async { 5 }
}

struct Client;

#[smart(stream)]
impl Client {
    async fn list(&self, mut out: Emit<u32>) {
        out.emit(5).await;
    }

    async fn one(&self) -> u32 {
        5
    }
}

fn main() {}
