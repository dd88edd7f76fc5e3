//! Make the function public, or leave it to the block.

use smartcall::smart;

struct Client;

#[smart(twin = blocking)]
impl Client {
    pub async fn get(&self) -> u32 {
        self.checked().await;
        5
    }

    async fn checked(&self) {}
}

fn main() {
    let client = blocking::Client::from(Client);
    client.get();
    client.checked();
}
