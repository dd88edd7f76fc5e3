//! Call `.get()`, or `.await` it.

#![deny(unused_must_use)]

use smartcall::smart;

#[smart]
async fn five() -> u32 {
    5
}

fn main() {
    five();
}
