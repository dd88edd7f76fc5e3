//! Write `#[smart(crate = path)]` with the path of the crate.

use smartcall::smart;

#[smart(crate = sc)]
async fn five() -> u32 {
    5
}

fn main() {}
