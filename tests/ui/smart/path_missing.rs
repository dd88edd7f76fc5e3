//! Write `blocking = path`.

use smartcall::smart;

#[smart(blocking)]
async fn five() -> u32 {
    5
}

#[smart(blocking = "six_blocking")]
async fn six() -> u32 {
    6
}

fn main() {}
