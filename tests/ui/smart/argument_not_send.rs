//! Take an `Arc`.

use std::rc::Rc;

use smartcall::smart;

#[smart]
fn read(n: Rc<u32>) -> u32 {
    *n
}

fn main() {}
