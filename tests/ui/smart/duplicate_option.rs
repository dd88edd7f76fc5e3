//! Write `boxed` once.

use smartcall::smart;

#[smart(boxed, boxed)]
async fn five() -> u32 {
    5
}

fn main() {}
