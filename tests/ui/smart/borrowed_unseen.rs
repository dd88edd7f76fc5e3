//! The type of the argument borrows, though that can't be seen: take it by value.

use smartcall::smart;

struct Words<'a>(&'a str);

#[smart]
fn count(words: Words) -> usize {
    words.0.len()
}

fn main() {}
