//! Use `in_place` or `skip`, or make it async.

use smartcall::smart;

struct Client(u32);

#[smart]
impl Client {
    async fn send(&self) -> u32 {
        self.0
    }

    #[smart]
    fn len(&self) -> u32 {
        self.0
    }
}

fn main() {
    Client(5).len().get();
}
