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

#[derive(Clone, Debug)]
struct Client;

#[smart(twin = blocking, derive(Clone), derive(Debug))]
impl Client {
    pub async fn get(&self) {}
}

#[smart(types(Client = blocking::Client))]
async fn alone_as_well() {}

#[smart(twin = untyped_blocking, types(Client))]
async fn untyped() {}

#[smart(twin = other_blocking, types(Other = blocking::Client))]
async fn other(_: &Client) {}

#[smart(twin = kept, keep_async, in_runtime = self.runtime)]
impl Runtime {
    pub async fn open() -> Self {
        Runtime
    }
}

struct Runtime;

fn main() {
    derived_blocking();
    kept_blocking();
}
