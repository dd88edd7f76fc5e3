//! Remove `send`, or `local`.

use smartcall::smart;

#[smart(boxed, send)]
async fn five() -> u32 {
    5
}

#[smart(boxed, local, send)]
async fn six() -> u32 {
    6
}

fn main() {}
