//! Remove the attribute, or return the value.

use smartcall::{Dual, DualOf, Work, smart};

#[smart]
fn five() -> DualOf<impl Work<Output = u32>> {
    Dual::ready(5)
}

#[smart]
async fn six() -> Dual<u32> {
    Dual::ready(6).boxed()
}

fn main() {
    five().get();
}
