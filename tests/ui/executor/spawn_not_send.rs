//! A handle that can't move between threads.

use std::rc::Rc;

use smartcall::{Dual, Executor};

fn main() {
    let ex = Executor::new();
    let five = Rc::new(5);
    let task = ex.spawn(Dual::future(async move { *five }));
    ex.block_on(task);
}
