//! A `.get()` was forgotten, or an `.await` stands in sync code.

use smartcall::{Dual, DualOf, Work};

fn number() -> DualOf<impl Work<Output = u32>> {
    Dual::blocking(|| 5)
}

fn numbers() -> DualOf<impl Work<Output = Vec<u32>>> {
    Dual::blocking(|| vec![5])
}

fn takes(_: u32) {}

fn returned() -> u32 {
    number()
}

fn passed() {
    takes(number());
}

fn looped() {
    for _ in numbers() {}
}

fn dereferenced() -> u32 {
    *number()
}

fn awaited() -> u32 {
    number().await
}

fn main() {}
