//! Bound the trait by `Sync`.

use smartcall::smart;

#[smart(boxed)]
trait Store {
    async fn get(&self) -> u32;

    async fn get_twice(&self) -> u32 {
        self.get().await + self.get().await
    }
}

fn main() {}
