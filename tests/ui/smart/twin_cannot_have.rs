//! Leave these functions out of the twin.

use std::sync::Arc;

use smartcall::smart;

struct Client;

#[smart(twin = blocking)]
impl Client {
    pub async fn get(&self) -> u32 {
        5
    }

    pub async fn shared(self: Arc<Self>) -> u32 {
        5
    }

    pub fn set(&mut self) -> &mut Self {
        self
    }

    pub async fn all() -> Vec<Self> {
        vec![Client]
    }

    pub async fn of_all(_: &[Self]) -> u32 {
        5
    }

    pub unsafe fn unchecked(&self) -> u32 {
        5
    }
}

fn main() {
    let client = blocking::Client::from(Client);
    assert_eq!(client.get(), 5);
}
