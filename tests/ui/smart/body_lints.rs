//! The lints are those of a plain function.

#![deny(unused, unreachable_code)]

use smartcall::smart;

#[smart]
pub async fn argument(n: u32) {}

#[smart]
pub async fn mutable(mut n: u32) -> u32 {
    n
}

#[smart]
pub async fn pattern((a, b): (u32, u32)) -> u32 {
    a
}

#[smart]
pub async fn unreachable() -> u32 {
    return 5;
    6
}

#[smart]
pub fn sync(n: u32, _m: u32) {
    let unused = 5;
}

#[smart]
pub async fn ignored() {
    "5".parse::<u32>();
}

fn main() {}
