//! Write `#[smart(boxed)]` on the trait.

use smartcall::smart;

#[smart]
trait Store {
    async fn get(&self, key: &str) -> String;
}

fn use_it(store: &dyn Store) -> String {
    store.get("key").get()
}

fn main() {}
