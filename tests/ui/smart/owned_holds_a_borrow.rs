//! Take types that own what they hold.

use std::borrow::Cow;
use std::fmt::Debug;

use smartcall::smart;

#[smart(owned)]
async fn option(name: Option<&str>) {
    drop(name);
}

#[smart(owned)]
async fn slice(names: &[&str]) -> usize {
    names.len()
}

#[smart(owned)]
fn cow(name: Cow<'_, str>) -> usize {
    name.len()
}

#[smart(owned)]
async fn object(shown: &dyn Debug) -> String {
    format!("{shown:?}")
}

#[smart(owned)]
async fn opaque<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.count()
}

#[smart(owned)]
async fn output(name: &str) -> &str {
    name
}

fn main() {}
