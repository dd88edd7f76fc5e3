//! Leave these functions out of the twin.

use std::sync::Arc;

use smartcall::{Dual, smart};

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

    pub fn handle(&self) -> Dual<u32> {
        Dual::ready(5).boxed()
    }

    pub fn future(&self) -> impl Future<Output = u32> {
        async { 5 }
    }

    pub unsafe fn unchecked(&self) -> u32 {
        5
    }
}

struct Kept;

#[smart(twin = kept, keep_async)]
impl Kept {
    #[smart(boxed)]
    pub async fn get(&self) -> u32 {
        5
    }
}

#[smart(twin = kept_of, types(Kept = kept::Kept))]
pub async fn all_kept() -> Vec<Kept> {
    vec![Kept]
}

struct Private;

#[smart(twin = private)]
impl Private {
    async fn get(&self) -> u32 {
        5
    }
}

fn main() {
    let client = blocking::Client::from(Client);
    assert_eq!(client.get(), 5);
}
