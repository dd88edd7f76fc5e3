//! Return an `Arc`.

use std::rc::Rc;

use smartcall::smart;

#[smart]
fn read() -> Rc<u32> {
    Rc::new(5)
}

fn main() {}
