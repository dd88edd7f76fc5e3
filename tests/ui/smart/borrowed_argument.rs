//! Take the argument by value, or use `in_place`, or make it async.

use smartcall::smart;

#[smart]
fn read(path: &str, tries: u32) -> usize {
    path.len() + tries as usize
}

fn main() {
    read("conf.toml", 3).get();
}
