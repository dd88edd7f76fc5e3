//! Remove the option: what the future borrows is decided.

use std::future::Future;
use std::pin::Pin;

use smartcall::smart;

#[smart(owned, use<>)]
fn owned<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    Box::pin(async move { text.len() })
}

#[smart(in_place)]
fn in_place(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move { n })
}

fn main() {
    owned("text").get();
}
