//! Remove the attribute.

use smartcall::smart;

#[smart(skip)]
async fn five() -> u32 {
    5
}

struct Client;

#[smart(skip)]
impl Client {}

#[smart]
impl Client {
    #[smart(skip, boxed)]
    async fn six(&self) -> u32 {
        6
    }
}

fn main() {}
