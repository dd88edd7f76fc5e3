//! Blocking code that can't be sent to the pool.

use std::rc::Rc;

use smartcall::Dual;

fn main() {
    let five = Rc::new(5);
    Dual::blocking(move || *five).get();
}
