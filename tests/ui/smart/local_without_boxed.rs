//! Write `boxed, local`.

use smartcall::smart;

#[smart(local)]
async fn five() -> u32 {
    5
}

fn main() {
    five().get();
}
