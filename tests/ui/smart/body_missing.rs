//! Add a body.

use smartcall::smart;

#[smart]
async fn five() -> u32;

fn main() {}
