//! A task that is cancelled at once, because nobody keeps it.

#![deny(unused_must_use)]

use smartcall::Executor;

fn main() {
    let ex = Executor::new();
    ex.spawn(async { 5 });
}
