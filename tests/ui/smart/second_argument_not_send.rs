//! Take an `Arc` as the second argument.

use std::rc::Rc;

use smartcall::smart;

#[smart]
fn read(path: String, n: Rc<u32>) -> u32 {
    *n + path.len() as u32
}

fn main() {}
