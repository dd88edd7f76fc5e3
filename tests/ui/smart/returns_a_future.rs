//! Make it an `async fn`.

use smartcall::smart;

#[smart]
fn five() -> impl Future<Output = u32> {
    async { 5 }
}

fn main() {}
