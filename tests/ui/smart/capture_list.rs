//! Write the names of parameters, and no list for a boxed handle.

use smartcall::smart;

#[smart(use)]
async fn none() {}

#[smart(use<'a T>)]
async fn no_comma<'a, T>(a: &'a T) {
    let _ = a;
}

#[smart(boxed, use<'a>)]
async fn boxed<'a>(a: &'a str) {
    let _ = a;
}

#[smart(use<>, use<>)]
async fn twice() {}

#[smart(use<>)]
async fn borrows(text: &str) -> usize {
    text.len()
}

fn main() {}
