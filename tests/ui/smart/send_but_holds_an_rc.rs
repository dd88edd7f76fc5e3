//! Drop the `Rc` before the `.await`.

use std::rc::Rc;

use smartcall::smart;

#[smart(send)]
async fn five() -> u32 {
    let n = Rc::new(5);
    six().await;
    *n
}

#[smart]
async fn six() -> u32 {
    6
}

fn main() {}
