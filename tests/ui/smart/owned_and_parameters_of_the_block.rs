//! Put the attribute on the block, or write `#[smart(owned, use<T>)]`.

use smartcall::smart;

#[derive(Clone)]
struct Client<T>(T);

impl<T: Clone> Client<T> {
    #[smart(owned)]
    async fn get(&self) -> T {
        self.0.clone()
    }
}

fn main() {}
