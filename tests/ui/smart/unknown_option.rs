//! Write `boxed`.

use smartcall::smart;

#[smart(box)]
async fn five() -> u32 {
    5
}

fn main() {
    five().get();
}
