//! Put the options into one.

use smartcall::smart;

#[smart]
#[smart(boxed)]
async fn five() -> u32 {
    5
}

fn main() {}
