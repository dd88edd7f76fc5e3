//! Name the twin, once.

use smartcall::smart;

#[smart(twin)]
async fn unnamed() {}

#[smart(twin = crate::blocking)]
async fn by_a_path() {}

#[smart(keep_async)]
async fn alone() {}

#[smart(derive(Clone))]
async fn alone_too() {}

#[smart(twin = derived_blocking, derive(Clone))]
async fn derived() {}

#[smart(twin = kept_blocking, keep_async)]
fn kept() {}

#[smart(twin = sent_blocking, keep_async, send)]
async fn sent() {}

fn main() {
    derived_blocking();
    kept_blocking();
}
