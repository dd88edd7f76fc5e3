//! Write `self`.

use smartcall::smart;

struct Client {
    n: u32,
}

#[smart]
impl Client {
    async fn n(Client { n }: &self) -> u32 {
        *n
    }
}

fn main() {}
