//! Put `#[smart(skip)]` on the function.

use smartcall::{Dual, DualOf, Work, smart};

struct Client;

#[smart]
impl Client {
    async fn five(&self) -> DualOf<impl Work<Output = u32> + use<>> {
        Dual::ready(5)
    }
}

fn main() {}
