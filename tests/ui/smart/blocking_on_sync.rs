//! Make it an `async fn`.

use smartcall::smart;

fn five_blocking() -> u32 {
    5
}

#[smart(blocking = five_blocking)]
fn five() -> u32 {
    5
}

fn main() {
    five().get();
}
