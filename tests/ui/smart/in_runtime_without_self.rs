// Give `open` a `#[smart(in_runtime = ..)]` of its own, and `close` a runtime.

use smartcall::smart;

pub struct Client {
    pub runtime: Runtime,
}

pub struct Runtime;

#[smart(in_runtime = self.runtime)]
impl Client {
    async fn open() -> Client {
        Client { runtime: Runtime }
    }
}

#[smart(in_runtime)]
async fn close() {}

pub trait Asks {
    #[smart(in_runtime = 5)]
    async fn ask(&self);
}

fn main() {}
