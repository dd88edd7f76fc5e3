//! Write `Words<'_>`, and see what the error says then: take a type that owns what it holds.

use smartcall::smart;

#[derive(Clone)]
struct Words<'a>(&'a str);

#[smart(owned)]
async fn by_value(words: Words) -> usize {
    words.0.len()
}

#[smart(owned)]
async fn by_reference(words: &Words) -> usize {
    words.0.len()
}

#[smart(owned)]
fn blocking(words: &Words) -> usize {
    words.0.len()
}

fn main() {}
