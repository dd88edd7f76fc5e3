//! Put it on a function.

use smartcall::smart;

#[smart]
pub struct Client {
    name: String,
}

fn main() {}
