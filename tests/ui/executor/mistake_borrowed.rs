//! A handle that borrows from its client is spawned.

use smartcall::{Dual, DualOf, Executor, Work};

struct Client(String);

impl Client {
    fn fetch(&self) -> DualOf<impl Work<Output = usize>> {
        Dual::future(async { self.0.len() })
    }
}

fn spawned(ex: &Executor) {
    let client = Client(String::new());
    ex.spawn(client.fetch()).detach();
}

fn main() {}
