//! Bound the type by `Send + 'static`.

use smartcall::smart;

#[smart]
fn show<T: ToString>(item: T) -> String {
    item.to_string()
}

fn main() {}
