//! Bound the parameter by `'static`.

use smartcall::smart;

#[smart(owned)]
trait Store {
    async fn load<T: Clone>(&self, key: &T) -> T {
        key.clone()
    }
}

fn main() {}
