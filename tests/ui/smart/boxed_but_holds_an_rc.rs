//! Write `boxed, local`, or drop the `Rc` before the `.await`.

use std::rc::Rc;

use smartcall::smart;

#[smart(boxed)]
async fn five(n: &str) -> u32 {
    let n = Rc::new(n.len() as u32);
    six().await;
    *n
}

#[smart]
async fn six() -> u32 {
    6
}

fn main() {}
