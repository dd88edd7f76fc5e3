//! Put `blocking` on the function.

use smartcall::smart;

struct Client;

#[smart(blocking = len_blocking)]
impl Client {
    async fn len(&self) -> u32 {
        5
    }
}

fn len_blocking(_: &Client) -> u32 {
    5
}

fn main() {}
