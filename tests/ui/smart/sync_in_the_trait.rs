//! Put a `#[smart]` on the function in the trait, too.

use smartcall::smart;

#[smart]
trait Store {
    async fn load(&self) -> u32;

    fn name(&self) -> String;
}

struct Memory;

#[smart]
impl Store for Memory {
    async fn load(&self) -> u32 {
        5
    }

    async fn name(&self) -> String {
        "memory".into()
    }
}

fn main() {}
