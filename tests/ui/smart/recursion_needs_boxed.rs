//! Write `#[smart(boxed)]`.

use smartcall::smart;

#[smart]
async fn factorial(n: u64) -> u64 {
    if n < 2 { 1 } else { n * factorial(n - 1).await }
}

fn main() {}
