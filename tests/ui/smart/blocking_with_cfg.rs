//! Put `cfg` on two versions of the function.

use smartcall::smart;

fn five_blocking() -> u32 {
    5
}

#[smart(blocking = five_blocking)]
async fn five(#[cfg(any())] n: u32) -> u32 {
    5
}

fn main() {}
