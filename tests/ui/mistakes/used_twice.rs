//! A handle is used up by whoever resolves it.

use smartcall::{Dual, DualOf, Work};

fn number() -> DualOf<impl Work<Output = u32>> {
    Dual::future(async { 5 })
}

struct Holds {
    number: Dual<u32>,
}

impl Holds {
    fn by_reference(&self) -> u32 {
        self.number.get()
    }
}

fn twice() -> u32 {
    let number = number();
    number.get() + number.get()
}

fn through_a_reference() -> u32 {
    let number = &number();
    number.get()
}

async fn awaited_twice() -> u32 {
    let number = number();
    number.await + number.await
}

fn of_a_local() -> DualOf<impl Work<Output = usize>> {
    let text = String::from("text");
    let text = &text;
    Dual::future(async move { text.len() })
}

fn main() {}
