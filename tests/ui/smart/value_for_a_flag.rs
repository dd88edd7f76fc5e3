//! Leave out what follows the flags.

use smartcall::smart;

#[smart(boxed = true, local("yes"))]
async fn five() -> u32 {
    5
}

fn main() {}
