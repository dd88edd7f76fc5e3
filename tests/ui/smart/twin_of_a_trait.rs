//! Put `twin` on an `impl` block without a trait.

use smartcall::smart;

#[smart(twin = blocking)]
trait Store {
    async fn get(&self) -> u32;
}

#[smart]
trait Other {
    #[smart(twin = get_blocking)]
    async fn get(&self) -> u32;
}

struct Client;

#[smart(twin = blocking)]
impl Other for Client {
    async fn get(&self) -> u32 {
        5
    }
}

fn main() {}
