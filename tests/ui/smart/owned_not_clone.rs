//! Derive `Clone`.

use std::rc::Rc;

use smartcall::smart;

struct Client;
struct Config;

#[smart(owned)]
impl Client {
    async fn fetch(&self, config: &Config) {
        let _ = config;
    }
}

#[smart(owned)]
async fn generic<T>(item: &T) {
    let _ = item;
}

#[smart(owned)]
fn not_send(item: &Rc<u32>) -> u32 {
    **item
}

fn main() {}
