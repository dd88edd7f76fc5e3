//! Return an iterator that is `Send`, with items that are.

use std::rc::Rc;

use smartcall::smart;

#[smart(stream)]
fn holds_an_rc() -> impl Iterator<Item = u32> {
    let shared = Rc::new(5);
    (0..3).map(move |n| n + *shared)
}

#[smart(stream)]
fn items_are_rcs(n: u32) -> impl Iterator<Item = Rc<u32>> {
    (0..n).map(Rc::new)
}

#[smart(stream)]
fn tries(n: u32) -> Result<impl Iterator<Item = Result<u32, String>>, String> {
    let shared = Rc::new(n);
    Ok((0..3).map(move |n| Ok(n + *shared)))
}

#[smart(stream)]
fn error_is_an_rc(n: u32) -> Result<impl Iterator<Item = Result<u32, Rc<u32>>>, Rc<u32>> {
    Ok((0..n).map(Ok))
}

#[smart(stream)]
fn not_sendable(n: u32) -> Box<dyn Iterator<Item = u32>> {
    Box::new(0..n)
}

fn main() {}
